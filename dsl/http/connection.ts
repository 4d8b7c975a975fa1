/**
 * One connection, from when it is open to its end: a metered TCP socket, TLS over it where the origin is secure, and
 * HTTP/1.1 or HTTP/2 on it.
 *
 *     dialing -- lookup, connect, TLS --> open <-> in use (HTTP/1.1: one request at a time) --> closed
 */

import type { TLSSocket } from 'node:tls';
import { Http2Connection } from './http2.ts';
import { endedByReset, type MeteredSocket } from './metered-socket.ts';
import type { ProxyServer } from './proxy.ts';
import type { Origin } from './url.ts';
import type { WireExchange, WireHandler } from './wire/exchange.ts';
import { WireConnection } from './wire/wire-connection.ts';

/** What the handshake with the origin has agreed on. */
export interface TlsFacts {
  /** As the option `tlsVersion` names it: `tls1.3`. */
  readonly version: string;
  /** IANA's name. */
  readonly cipherSuite: string;
}

function factsOf(stream: TLSSocket): TlsFacts {
  return {
    version: stream.getProtocol()?.replace(/^TLSv1(?:\.(\d))?$/, (_, minor) => `tls1.${minor ?? 0}`) ?? '',
    cipherSuite: stream.getCipher()?.standardName ?? '',
  };
}

/** How a connection was made. */
export interface Manner {
  /** Of its transport. */
  readonly key: string;
  readonly http2: boolean;
  /** The proxy that is asked for whole URLs; a tunnel is not seen any more. */
  readonly proxy: ProxyServer | undefined;
}

/** The first to hear of the end, so that whoever speaks over the stream finds it broken. */
function tellReset(this: MeteredSocket | TLSSocket): void {
  if (endedByReset(this)) this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
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
  /** By what the pool keeps it. */
  readonly key: string;
  /** As k6 spells it. */
  readonly proto: 'HTTP/1.1' | 'HTTP/2.0';
  /** Undefined where it is plain; that with a proxy is none of it. */
  readonly tls: TlsFacts | undefined;
  /** Of HTTP/2: whether it is among those that have room. */
  listed = false;
  readonly #http2: Http2Connection | undefined;
  readonly #proxy: ProxyServer | undefined;
  #wire: WireConnection | undefined;

  constructor(origin: Origin, socket: MeteredSocket, stream: MeteredSocket | TLSSocket, manner: Manner) {
    this.origin = origin;
    this.key = manner.key === '' ? origin.href : manner.key + origin.href;
    this.proto = manner.http2 ? 'HTTP/2.0' : 'HTTP/1.1';
    this.#proxy = manner.proxy;
    this.#http2 = manner.http2
      ? new Http2Connection(origin.href, origin.authority, origin.secure, stream)
      : undefined;
    this.socket = socket;
    this.stream = stream;
    this.tls = origin.secure ? factsOf(stream as TLSSocket) : undefined;
    stream.once('end', tellReset);
    this.remoteIp = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? origin.port;
  }

  get open(): boolean {
    return !this.stream.destroyed && !this.socket.destroyed && this.#http2?.open !== false;
  }

  /** Whether several requests can be under way on it. */
  get multiplexes(): boolean {
    return this.#http2 !== undefined;
  }

  get hasRoom(): boolean {
    return this.#http2?.hasRoom === true;
  }

  /** Calls `listener` when a request of HTTP/2 has ended. */
  whenRoom(listener: () => void): void {
    if (this.#http2 !== undefined) this.#http2.onRoom = listener;
  }

  /** Whether everything written so far was handed to the network. */
  get flushed(): boolean {
    return !this.stream.writableNeedDrain;
  }

  whenFlushed(listener: () => void): void {
    this.stream.once('drain', listener);
  }

  dispatch(request: WireExchange, handler: WireHandler): void {
    if (this.#http2 !== undefined) {
      this.#http2.dispatch(request, handler);
      return;
    }
    // Made at the first request: a WebSocket over this connection needs none.
    this.#wire ??= new WireConnection(this.stream, this.origin.authority);
    this.#wire.dispatch(
      this.#proxy === undefined ? request : this.#asForProxy(request, this.#proxy),
      handler,
    );
  }

  #asForProxy(request: WireExchange, proxy: ProxyServer): WireExchange {
    const headers = [...request.headers];
    if (proxy.authorization !== undefined) headers.push('proxy-authorization', proxy.authorization);
    return { ...request, path: this.origin.href + request.path, headers };
  }

  /** Closes as soon as nothing is under way. */
  retire(reason: Error): void {
    if (this.#http2 !== undefined && this.#http2.active > 0) this.#http2.close();
    else this.destroy(reason);
  }

  /** Closes at once; a request under way fails with `reason`. Safe to call again. */
  destroy(reason: Error): void {
    this.#wire?.destroy(reason);
    this.#http2?.destroy(reason);
    this.stream.destroy();
    this.socket.destroy();
  }
}
