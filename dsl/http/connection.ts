/**
 * One connection, from dialing to its end: a metered TCP socket, TLS over it where the origin is secure, and an undici
 * Client that speaks HTTP/1.1 on this one socket and never dials itself.
 *
 *     dialing -- lookup, connect, TLS --> open <-> in use (one request at a time) --> closed
 */

import { isIP } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import type { Series } from '../host.ts';
import type { Stage } from './error-codes.ts';
import { preferFamily, sharedLookup } from './lookup.ts';
import { MeteredSocket } from './metered-socket.ts';
import type { Origin } from './url.ts';

/** Longest time that an idle connection is kept; a server's Keep-Alive hint shortens it. Undici's own bound. */
const IDLE_MS = 600_000;
/** Taken off the server's hint, so that we close before it does. Undici's 2 s would make `timeout=2` useless. */
const IDLE_MARGIN_MS = 500;
/** As much as Chrome takes; Node's 16 KB is a server's limit. */
const MAX_HEADERS_BYTES = 262_144;

/** The socket went away while the connection was idle: nothing of the request was sent. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

export interface DialTimes {
  readonly lookupMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
}

export interface DialListener {
  onDialed(connection: Connection, times: DialTimes): void;
  onDialFailed(error: unknown, stage: Stage): void;
}

export class Connection {
  readonly origin: Origin;
  readonly socket: MeteredSocket;
  readonly remoteIp: string;
  readonly remotePort: number;
  /** End of the last response. */
  usedAt = 0;
  /** What is spoken over: the socket itself, or TLS over it. */
  readonly stream: MeteredSocket | TLSSocket;
  #client: Client | undefined;
  #attached = false;

  constructor(origin: Origin, socket: MeteredSocket, stream: MeteredSocket | TLSSocket) {
    this.origin = origin;
    this.socket = socket;
    this.stream = stream;
    this.remoteIp = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? origin.port;
  }

  get open(): boolean {
    return !this.stream.destroyed && !this.socket.destroyed;
  }

  /** Whether everything written so far was handed to the network. */
  get flushed(): boolean {
    return !this.stream.writableNeedDrain;
  }

  whenFlushed(listener: () => void): void {
    this.stream.once('drain', listener);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: object): void {
    this.#client ??= this.#createClient();
    this.#client.dispatch(options, handler);
  }

  /** Closes at once; a request under way fails with `reason`. Safe to call again. */
  destroy(reason: Error): void {
    this.#client?.destroy(reason, ignore);
    this.stream.destroy();
    this.socket.destroy();
  }

  /** Made at the first request: a WebSocket over this connection needs none. */
  #createClient(): Client {
    return new Client(this.origin.href, {
      pipelining: 1,
      // Time limits are the request's own; undici's two timers per request would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      keepAliveTimeoutThreshold: IDLE_MARGIN_MS,
      maxHeaderSize: MAX_HEADERS_BYTES,
      connect: (_options, callback) => {
        if (this.#attached || this.stream.destroyed) {
          callback(new StaleConnectionError('the connection was closed while it was idle'), null);
          return;
        }
        this.#attached = true;
        // Undici ignores a socket that it is given before its own connect call has returned.
        queueMicrotask(() => callback(null, this.stream));
      },
    });
  }
}

function ignore(): void {}

let secureContext: SecureContext | undefined;

/** Dials an origin; exactly one of the listener's methods is called, later, unless `cancel` came first. */
export class Dial {
  readonly socket: MeteredSocket;
  readonly #origin: Origin;
  /** Undefined once it was told: the socket keeps this object for life, and must not keep a finished request. */
  #listener: DialListener | undefined;
  readonly #startedAt = performance.now();
  #lookedUpAt = 0;
  #connectedAt = 0;
  #stream: TLSSocket | undefined;

  constructor(origin: Origin, insecure: boolean, sent: Series, received: Series, listener: DialListener) {
    this.#origin = origin;
    this.#listener = listener;
    this.socket = new MeteredSocket(sent, received, !origin.secure);
    // For life: undici listens only while the socket is its own.
    this.socket.on('error', (error) => this.#fail(error));
    this.socket.once('lookup', (error) => {
      if (error === null) this.#lookedUpAt = performance.now();
    });
    this.socket.once('connect', () => {
      this.#connectedAt = performance.now();
      if (this.#listener === undefined) return;
      if (this.#lookedUpAt === 0) this.#lookedUpAt = this.#startedAt;
      if (isIP(origin.host) === 0) preferFamily(origin.host, this.socket.remoteFamily === 'IPv6' ? 6 : 4);
      if (origin.secure) this.#secure(insecure);
      else this.#succeed(this.socket, this.#connectedAt);
    });
    this.socket.connect({
      host: origin.host,
      port: origin.port,
      lookup: sharedLookup,
      noDelay: true,
      autoSelectFamily: true,
    });
  }

  get stage(): Stage {
    if (this.#connectedAt > 0) return 'tls';
    return this.#lookedUpAt > 0 || isIP(this.#origin.host) !== 0 ? 'connect' : 'lookup';
  }

  cancel(): void {
    this.#listener = undefined;
    this.#stream?.destroy();
    this.socket.destroy();
  }

  #secure(insecure: boolean): void {
    // Reading the system's certificates takes milliseconds and memory: once per thread.
    secureContext ??= createSecureContext();
    const { host } = this.#origin;
    const stream = connectTls({
      socket: this.socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ALPNProtocols: ['http/1.1'],
      secureContext,
      rejectUnauthorized: !insecure,
    });
    this.#stream = stream;
    stream.on('error', (error) => this.#fail(error));
    stream.once('secureConnect', () => this.#succeed(stream, performance.now()));
  }

  #succeed(stream: MeteredSocket | TLSSocket, now: number): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    listener.onDialed(new Connection(this.#origin, this.socket, stream), {
      lookupMs: this.#lookedUpAt - this.#startedAt,
      connectMs: this.#connectedAt - this.#lookedUpAt,
      tlsMs: now - this.#connectedAt,
    });
  }

  #fail(error: Error): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const { stage } = this;
    this.cancel();
    listener.onDialFailed(error, stage);
  }
}
