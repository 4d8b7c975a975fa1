/**
 * One client's connection: the library's channel, made so that what it does is what was asked for. It has a connection
 * of its own (the library would share one per process), retries nothing in secret, asks no environment for a proxy and
 * waits for no back-off: a call after a failed connection dials again, as one of HTTP does. Names are resolved here, and
 * the library is given addresses, of one family at a time:
 *
 *     address -> route (`hosts`, block lists, `dns`) -> targets -> first target -> ready
 *                                                                  failed -> next target … -> failed
 */

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { ChannelCredentials, ChannelOptions, Client } from '@grpc/grpc-js';
import { ByteMeter } from '../byte-meter.ts';
import type { TagSet, VuHost } from '../host.ts';
import type { Failure } from '../http/error-codes.ts';
import { M } from '../metrics.ts';
import type { GrpcLibrary } from './library.ts';
import { type Location, locate } from './locate.ts';
import type { GrpcClientOptions, GrpcTls } from './types.ts';

/** Milliseconds of a deadline that is none. */
const NEVER = Number.POSITIVE_INFINITY;

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** A file's or a text's PEM. */
function pem(value: string | Uint8Array | undefined, scriptDir: string): Buffer | null {
  if (value === undefined) return null;
  if (typeof value !== 'string') return Buffer.from(value);
  return value.includes('-----BEGIN') ? Buffer.from(value) : readFileSync(resolve(scriptDir, value));
}

export function credentialsOf(
  grpc: GrpcLibrary,
  options: GrpcClientOptions,
  host: VuHost,
): ChannelCredentials {
  if (options.plaintext === true) return grpc.credentials.createInsecure();
  const tls: GrpcTls = options.tls ?? {};
  const skip = tls.skipVerify ?? host.options.insecureSkipTLSVerify;
  return grpc.credentials.createSsl(
    pem(tls.ca, host.scriptDir),
    pem(tls.key, host.scriptDir),
    pem(tls.cert, host.scriptDir),
    { rejectUnauthorized: !skip },
  );
}

/** `located`: the server is told and checked by the name that the script wrote, not by its address. */
function channelOptions(
  options: GrpcClientOptions,
  userAgent: string,
  address: string,
  located: Location,
): ChannelOptions {
  const serverName = options.tls?.serverName ?? (located.byAddress ? located.name : undefined);
  const authority = options.authority ?? (located.byAddress ? address : undefined);
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    ...(userAgent === '' ? {} : { 'grpc.primary_user_agent': userAgent }),
    ...(authority === undefined ? {} : { 'grpc.default_authority': authority }),
    ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    ...(options.maxReceiveBytes === undefined
      ? {}
      : { 'grpc.max_receive_message_length': options.maxReceiveBytes }),
  };
}

/** Credentials that show each TCP socket before anything passes over it. */
function watched(
  grpc: GrpcLibrary,
  inner: ChannelCredentials,
  onSocket: (socket: Socket) => void,
): ChannelCredentials {
  class Watched extends grpc.ChannelCredentials {
    override _isSecure(): boolean {
      return inner._isSecure();
    }

    override _equals(other: ChannelCredentials): boolean {
      return this === other;
    }

    override _createSecureConnector(
      ...args: Parameters<ChannelCredentials['_createSecureConnector']>
    ): Connector {
      const connector = inner._createSecureConnector(...args);
      return {
        connect: (socket) => {
          onSocket(socket);
          return connector.connect(socket);
        },
        waitForReady: () => connector.waitForReady(),
        getCallCredentials: () => connector.getCallCredentials(),
        destroy: () => connector.destroy(),
      };
    }
  }
  return new Watched();
}

const CLOSED: Failure = { code: 1814, message: 'the client was closed while it connected' };

/** Where the library is to go. */
interface Reached {
  readonly target: string;
  readonly options: ChannelOptions;
}

export class Channel {
  readonly #grpc: GrpcLibrary;
  readonly #address: string;
  readonly #options: GrpcClientOptions;
  readonly #host: VuHost;
  readonly #sockets = new Map<Socket, ByteMeter>();
  #client: Client | undefined;
  #reached: Reached | undefined;
  /** Counts what closes the connection. */
  #epoch = 0;
  #connecting: Promise<Failure | undefined> | undefined;

  constructor(grpc: GrpcLibrary, address: string, options: GrpcClientOptions, host: VuHost) {
    this.#grpc = grpc;
    this.#address = address;
    this.#options = options;
    this.#host = host;
  }

  get ready(): boolean {
    return this.#state(false) === this.#grpc.connectivityState.READY;
  }

  /** What was dialed last. */
  get reached(): Reached {
    return this.#reached as Reached;
  }

  /**
   * Settles once there is a connection, or once that has failed: with the failure where there is nothing to dial, else a
   * call fails with the reason that the library has. Never rejects; a deadline that passes shows in the call too. Calls
   * at the same time wait for the same connection.
   */
  connected(deadline: number): Promise<Failure | undefined> {
    if (this.ready) return Promise.resolve(undefined);
    if (this.#connecting === undefined) {
      if (this.#state(false) === this.#grpc.connectivityState.TRANSIENT_FAILURE) this.close();
      const connecting = this.#connect(deadline).finally(() => {
        if (this.#connecting === connecting) this.#connecting = undefined;
      });
      this.#connecting = connecting;
    }
    return this.#connecting;
  }

  async #connect(deadline: number): Promise<Failure | undefined> {
    const startedAt = performance.now();
    if (this.#client !== undefined) {
      await this.#reach(this.#client, deadline, startedAt);
      return undefined;
    }
    const epoch = this.#epoch;
    const located = await locate(this.#host, this.#address, deadline);
    if ('code' in located) return located;
    const { userAgent } = this.#host.options;
    for (const target of located.targets) {
      if (epoch !== this.#epoch) return CLOSED;
      this.#drop();
      const options = channelOptions(this.#options, userAgent, this.#address, located);
      this.#reached = { target, options };
      if (await this.#reach(this.client(), deadline, startedAt)) located.came(target);
      // Too late for the next one; the calls say so.
      else if (Date.now() < deadline) continue;
      break;
    }
    return undefined;
  }

  /** Whether there is a connection now. */
  async #reach(client: Client, deadline: number, startedAt: number): Promise<boolean> {
    const { READY, TRANSIENT_FAILURE, SHUTDOWN } = this.#grpc.connectivityState;
    const channel = client.getChannel();
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === READY) {
        const { recorder } = this.#host;
        recorder.series(M.grpc_connecting, this.#host.tags()).add(performance.now() - startedAt);
      }
      if (state === READY || state === TRANSIENT_FAILURE || state === SHUTDOWN) return state === READY;
      const late = await new Promise<boolean>((done) => {
        channel.watchConnectivityState(state, deadline, (error) => done(error !== undefined));
      });
      if (late) return false;
    }
  }

  /** Bytes that came over the open connection. */
  get received(): number {
    let bytes = 0;
    for (const socket of this.#sockets.keys()) bytes += socket.bytesRead;
    return bytes;
  }

  /** Books what passed since the last call. */
  bookBytes(tags: TagSet): void {
    for (const meter of this.#sockets.values()) meter.book(this.#host.recorder, tags);
  }

  /** Ends all calls and the connection; the next call opens a new one. */
  close(): void {
    this.#epoch++;
    this.#connecting = undefined;
    this.#drop();
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #state(connect: boolean): number | undefined {
    return this.#client?.getChannel().getConnectivityState(connect);
  }

  /** Of what was reached last. */
  client(): Client {
    if (this.#client === undefined) {
      const credentials = watched(
        this.#grpc,
        credentialsOf(this.#grpc, this.#options, this.#host),
        (socket) => this.#watch(socket),
      );
      const { target, options } = this.reached;
      this.#client = new this.#grpc.Client(target, credentials, options);
    }
    return this.#client;
  }

  #watch(socket: Socket): void {
    const meter = new ByteMeter(socket);
    this.#sockets.set(socket, meter);
    socket.once('close', () => {
      meter.book(this.#host.recorder, this.#host.tags());
      this.#sockets.delete(socket);
    });
  }
}

/** The library takes a moment, not a span. */
export function deadlineAt(startedAtMs: number, limitMs: number): number {
  return limitMs > 0 ? startedAtMs + limitMs : NEVER;
}
