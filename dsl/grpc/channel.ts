/**
 * One client's connection: the library's channel, made so that what it does is what was asked for. It has a connection
 * of its own (the library would share one per process), retries nothing in secret, asks no environment for a proxy and
 * waits for no back-off: a call after a failed connection dials again, as one of HTTP does.
 */

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { ChannelCredentials, ChannelOptions, Client } from '@grpc/grpc-js';
import { ByteMeter } from '../byte-meter.ts';
import type { TagSet, VuHost } from '../host.ts';
import { M } from '../metrics.ts';
import type { GrpcLibrary } from './library.ts';
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

export function channelOptions(options: GrpcClientOptions, userAgent: string): ChannelOptions {
  const serverName = options.tls?.serverName;
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    ...(userAgent === '' ? {} : { 'grpc.primary_user_agent': userAgent }),
    ...(options.authority === undefined ? {} : { 'grpc.default_authority': options.authority }),
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

export class Channel {
  readonly #grpc: GrpcLibrary;
  readonly #address: string;
  readonly #options: GrpcClientOptions;
  readonly #host: VuHost;
  readonly #sockets = new Map<Socket, ByteMeter>();
  #client: Client | undefined;
  #connecting: Promise<void> | undefined;

  constructor(grpc: GrpcLibrary, address: string, options: GrpcClientOptions, host: VuHost) {
    this.#grpc = grpc;
    this.#address = address;
    this.#options = options;
    this.#host = host;
  }

  get ready(): boolean {
    return this.#state(false) === this.#grpc.connectivityState.READY;
  }

  /**
   * Settles once there is a connection, or once that has failed: a call then fails with the reason. Never rejects; a
   * deadline that passes shows in the call too. Calls at the same time wait for the same connection.
   */
  connected(deadline: number): Promise<void> {
    if (this.ready) return Promise.resolve();
    if (this.#connecting === undefined) {
      if (this.#state(false) === this.#grpc.connectivityState.TRANSIENT_FAILURE) this.close();
      const connecting = this.#connect(deadline).finally(() => {
        if (this.#connecting === connecting) this.#connecting = undefined;
      });
      this.#connecting = connecting;
    }
    return this.#connecting;
  }

  async #connect(deadline: number): Promise<void> {
    const { READY, TRANSIENT_FAILURE, SHUTDOWN } = this.#grpc.connectivityState;
    const channel = this.client().getChannel();
    const startedAt = performance.now();
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state === READY) {
        const { recorder } = this.#host;
        recorder.series(M.grpc_connecting, this.#host.tags()).add(performance.now() - startedAt);
      }
      if (state === READY || state === TRANSIENT_FAILURE || state === SHUTDOWN) return;
      const late = await new Promise<boolean>((done) => {
        channel.watchConnectivityState(state, deadline, (error) => done(error !== undefined));
      });
      if (late) return;
    }
  }

  /** Books what passed since the last call. */
  bookBytes(tags: TagSet): void {
    for (const meter of this.#sockets.values()) meter.book(this.#host.recorder, tags);
  }

  /** Ends all calls and the connection; the next call opens a new one. */
  close(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#connecting = undefined;
    client?.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #state(connect: boolean): number | undefined {
    return this.#client?.getChannel().getConnectivityState(connect);
  }

  client(): Client {
    if (this.#client === undefined) {
      const credentials = watched(
        this.#grpc,
        credentialsOf(this.#grpc, this.#options, this.#host),
        (socket) => this.#watch(socket),
      );
      const options = channelOptions(this.#options, this.#host.options.userAgent);
      this.#client = new this.#grpc.Client(this.#address, credentials, options);
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
