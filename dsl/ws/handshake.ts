/**
 * From the call to the open socket.
 *
 *     dialing -- lookup, connect, TLS --> upgrading -- 101 --> open
 *        \-------------- failed, timed out, interrupted ---------/
 *
 * The connection is dialed by Brunt (its phases, errors and bytes are HTTP's); the `ws` package speaks over it.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { InterruptedError } from '../errors.ts';
import type { Connection } from '../http/connection.ts';
import { type Deadlines, deadlinesOf, type Timed } from '../http/deadlines.ts';
import { Dial, type DialListener } from '../http/dial.ts';
import { CODE, classify, type Failure, type Stage, timeoutFailure } from '../http/error-codes.ts';
import type { Target } from '../http/url.ts';
import type { Pending } from '../wait.ts';
import { handshakeFailure, refusedHandshake, WsError } from './errors.ts';
import { type WsPlan, wsHref } from './params.ts';
import type { WsSamples } from './samples.ts';
import { OpenSocket } from './socket.ts';
import { CLOSE_MS, type WsWorld } from './world.ts';

function ignore(): void {}

/** The WebSocket handshake has headers of its own; theirs win. */
function handshakeHeaders(world: WsWorld, plan: WsPlan, target: Target): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { ...plan.headers };
  const names = new Map(Object.keys(headers).map((name) => [name.toLowerCase(), name]));
  const { userAgent } = world.session.defaults;
  if (userAgent !== '' && !names.has('user-agent')) headers['User-Agent'] = userAgent;
  if (target.authorization !== undefined && !names.has('authorization'))
    headers.Authorization = target.authorization;
  const jar = plan.jar === undefined ? world.session.jar : plan.jar;
  const cookies = jar === null ? '' : jar.header(target.href);
  if (cookies !== '') {
    const own = names.get('cookie');
    if (own === undefined) headers.Cookie = cookies;
    else headers[own] = `${String(headers[own])}; ${cookies}`;
  }
  return headers;
}

export class Handshake implements DialListener, Pending, Timed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  place = -1;
  readonly #world: WsWorld;
  readonly #plan: WsPlan;
  readonly #target: Target;
  readonly #samples: WsSamples;
  readonly #startedAt = performance.now();
  #deadlines: Deadlines | undefined;
  #dial: Dial | undefined;
  #connection: Connection | undefined;
  #resolve!: (socket: OpenSocket) => void;
  #reject!: (error: Error) => void;
  #settled = false;

  constructor(world: WsWorld, plan: WsPlan, target: Target, samples: WsSamples) {
    this.#world = world;
    this.#plan = plan;
    this.#target = target;
    this.#samples = samples;
  }

  run(): Promise<OpenSocket> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#world.handshakes.add(this);
      const { timeoutMs } = this.#plan;
      if (timeoutMs > 0) {
        this.#deadlines = deadlinesOf(timeoutMs);
        this.#deadlines.add(this, this.#startedAt);
      }
      const { sent, received } = this.#samples;
      const transport = this.#world.session.transport.forTunnels();
      this.#dial = new Dial(this.#target.origin, transport, sent, received, this);
    });
  }

  timeOut(): void {
    this.#deadlines = undefined;
    const { timeoutMs } = this.#plan;
    this.#fail(
      this.#connection === undefined
        ? timeoutFailure(this.#dial?.stage ?? 'exchange', timeoutMs, this.#target.origin)
        : { code: CODE.timeout, message: `the handshake timed out after ${timeoutMs} ms` },
    );
  }

  reject(error: Error): void {
    if (this.#settled) return;
    this.#abandon(error);
    this.#reject(error);
  }

  onDialFailed(error: unknown, stage: Stage): void {
    this.#dial = undefined;
    this.#fail(classify(error, stage, this.#target.origin));
  }

  onDialed(connection: Connection): void {
    this.#dial = undefined;
    this.#connection = connection;
    const plan = this.#plan;
    const target = this.#target;
    let socket: WebSocket;
    try {
      socket = new WebSocket(wsHref(target), [...plan.subprotocols], {
        // No agent of Node's comes between: the connection is there already.
        createConnection: () => connection.stream,
        headers: handshakeHeaders(this.#world, plan, target),
        perMessageDeflate: plan.compressFrom === undefined ? false : { threshold: plan.compressFrom },
        maxPayload: plan.maxPayload,
        closeTimeout: CLOSE_MS,
        followRedirects: false,
      } as ConstructorParameters<typeof WebSocket>[2]);
    } catch (cause) {
      // A header that cannot be written: a mistake of the script.
      const error = new TypeError(`ws.connect: ${(cause as Error).message}`, { cause });
      this.reject(error);
      return;
    }
    let answer: IncomingMessage | undefined;
    // For life: what ws reports after an end that we chose must not be thrown.
    socket.on('error', ignore);
    socket.once('error', (error) => this.#fail(handshakeFailure(error, target.origin)));
    socket.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      this.#storeCookies(response);
      this.#fail(refusedHandshake(status), status);
    });
    socket.once('upgrade', (response: IncomingMessage) => {
      answer = response;
      this.#storeCookies(response);
    });
    socket.once('open', () => {
      if (this.#settled) return;
      this.#settle();
      const open = new OpenSocket({
        world: this.#world,
        plan,
        target,
        samples: this.#samples,
        socket,
        metered: connection.socket,
        stream: connection.stream,
        headers: answer?.headers ?? {},
      });
      const { sessions, connecting } = this.#samples.open;
      sessions.add(1);
      connecting.add(performance.now() - this.#startedAt);
      this.#resolve(open);
    });
  }

  #storeCookies(response: IncomingMessage): void {
    const jar = this.#plan.jar === undefined ? this.#world.session.jar : this.#plan.jar;
    const cookies = response.headers['set-cookie'];
    if (jar !== null && cookies !== undefined) jar.store(this.#target.href, cookies);
  }

  #fail(failure: Failure, status = 0): void {
    if (this.#settled) return;
    const { host } = this.#world;
    const error = new WsError(`${this.#samples.label}: ${failure.message}`, failure.code, status);
    this.#abandon(error);
    this.#samples.failed(host, failure, status);
    this.#reject(error);
  }

  #abandon(reason: Error): void {
    this.#settle();
    this.#dial?.cancel();
    this.#dial = undefined;
    this.#connection?.destroy(reason);
    this.#connection = undefined;
  }

  #settle(): void {
    this.#settled = true;
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
    this.#world.handshakes.delete(this);
  }
}

/** Rejects at once where the iteration was told to end. */
export function openSocket(
  world: WsWorld,
  plan: WsPlan,
  target: Target,
  samples: WsSamples,
): Promise<OpenSocket> {
  if (world.host.interrupted) return Promise.reject(new InterruptedError());
  return new Handshake(world, plan, target, samples).run();
}
