/**
 * Agents for `node:http` and `node:https`, so that clients built on them (axios, got, most SDKs) are measured unchanged.
 * The client speaks; the connections are the VU's: dialed as those of `http`, with its names, addresses, proxies, TLS
 * settings and byte counts, kept alive until the VU ends.
 */

import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { InterruptedError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { Dial, type DialTimes } from './dial.ts';
import { classify, FailureError } from './error-codes.ts';
import { NodeExchange } from './node-exchange.ts';
import { byteSeries } from './samples.ts';
import { refuseWhileLoading } from './send.ts';
import type { Session } from './session.ts';
import type { NodeAgents, RequestNamer } from './types.ts';
import { parseTarget } from './url.ts';

/** What Node's agents have and do not document: every request passes here, whatever made it. */
export interface WithAddRequest {
  addRequest: (this: WithAddRequest, request: ClientRequest, options: unknown, ...rest: unknown[]) => void;
}

/** A connection that an agent keeps, and what making it took until the first request has told it. */
export interface Made {
  readonly connection: Connection;
  times: DialTimes | undefined;
}

interface Place {
  readonly host?: string | null;
  readonly hostname?: string | null;
  readonly port?: string | number | null;
  /** A Unix socket: nothing to dial; its requests are measured, its bytes are not. */
  readonly socketPath?: string | null;
}

type Callback = (error: Error | null, stream?: Duplex) => void;

/** Node's own; kept before `instrument` may change it. */
const { addRequest } = HttpAgent.prototype as unknown as WithAddRequest;

const ours = new WeakSet<object>();

/** Whether an agent is one of these. */
export function isMeasured(agent: object): boolean {
  return ours.has(agent);
}

/** The connections of one VU's agents. */
export class AgentWorld {
  readonly session: Session;
  readonly made = new Map<Duplex, Made>();
  readonly #dials = new Set<Dial>();
  readonly #unix = new Set<Socket>();
  #transport: Session['transport'] | undefined;

  constructor(session: Session) {
    this.session = session;
    const { host } = session;
    host.onInterrupt(() => {
      for (const dial of this.#dials) dial.cancel();
      this.#dials.clear();
    });
    host.onIterationEnd(() => {
      if (host.options.noVUConnectionReuse) this.#close(new Error('closed at the end of the iteration'));
    });
    host.onRetire(() => this.#close(new InterruptedError('the VU was retired')));
  }

  /** Node's `createConnection`, in its form with a callback. */
  dial(secure: boolean, place: Place, callback: Callback): void {
    const { session } = this;
    const host = place.hostname ?? place.host ?? 'localhost';
    const shown = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    const { origin } = parseTarget(
      `${secure ? 'https' : 'http'}://${shown}:${place.port ?? (secure ? 443 : 80)}/`,
    );
    const { sent, received } = byteSeries(session.host.recorder, session.host.tags());
    this.#transport ??= session.transport.forTunnels();
    const dial = new Dial(origin, this.#transport, sent, received, {
      onDialed: (connection, times) => {
        this.#dials.delete(dial);
        const { stream } = connection;
        this.made.set(stream, { connection, times });
        stream.once('close', () => this.made.delete(stream));
        callback(null, stream);
      },
      onDialFailed: (error, stage) => {
        this.#dials.delete(dial);
        const failure = new FailureError(classify(error, stage, origin));
        // Clients look at the system's code (`ECONNREFUSED`) to tell failures apart.
        callback(Object.assign(failure, { code: (error as { code?: unknown }).code }));
      },
    });
    this.#dials.add(dial);
  }

  open(socketPath: string): Socket {
    const socket = connect(socketPath);
    this.#unix.add(socket);
    socket.once('close', () => this.#unix.delete(socket));
    return socket;
  }

  #close(reason: Error): void {
    for (const dial of this.#dials) dial.cancel();
    this.#dials.clear();
    for (const { connection } of this.made.values()) connection.destroy(reason);
    for (const socket of this.#unix) socket.destroy();
  }
}

const worlds = new WeakMap<Session, AgentWorld>();

/** One per VU: listeners of its end are kept for life, and agents may be made again and again. */
function worldOf(session: Session): AgentWorld {
  let world = worlds.get(session);
  if (world === undefined) {
    world = new AgentWorld(session);
    worlds.set(session, world);
  }
  return world;
}

/** Makes the agent measure what goes over it, on connections of the VU. */
function measuring<A extends HttpAgent>(
  agent: A,
  secure: boolean,
  world: AgentWorld,
  name: RequestNamer | undefined,
): A {
  ours.add(agent);
  return Object.assign(agent, {
    createConnection: (place: Place, callback: Callback): Socket | undefined => {
      if (typeof place.socketPath === 'string') return world.open(place.socketPath);
      world.dial(secure, place, callback);
      return undefined;
    },
    addRequest: (request: ClientRequest, options: unknown, ...rest: unknown[]): void => {
      const { host } = world.session;
      refuseWhileLoading(host);
      // Not known before: agents may be made while the script loads, when there are no options yet.
      if (host.options.noConnectionReuse) request.shouldKeepAlive = false;
      new NodeExchange(world, request, secure, name).begin();
      addRequest.call(agent as unknown as WithAddRequest, request, options, ...rest);
    },
  });
}

/** The agents of a VU, or of one of its clients; `name` gives the requests their names. */
export function createAgents(session: Session, name: RequestNamer | undefined): NodeAgents {
  const world = worldOf(session);
  const http = measuring(new HttpAgent({ keepAlive: true }), false, world, name);
  const https = measuring(new HttpsAgent({ keepAlive: true }), true, world, name);
  return { http, https, httpAgent: http, httpsAgent: https };
}
