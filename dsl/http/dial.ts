/**
 * From an origin to an open connection. Exactly one of the listener's methods is called, later, unless `cancel` came
 * first.
 *
 *     lookup -> connect (to the proxy, if any: TLS with it, tunnel) -> TLS with the origin -> open
 */

import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Series } from '../host.ts';
import { Connection } from './connection.ts';
import { classify, FailureError, type Stage } from './error-codes.ts';
import { names } from './lookup.ts';
import { MeteredSocket } from './metered-socket.ts';
import { type ProxyServer, tunnel } from './proxy.ts';
import type { Route, Transport } from './transport.ts';
import type { Origin } from './url.ts';

export interface DialTimes {
  readonly lookupMs: number;
  /** Of a tunnel through a proxy: until it is open. */
  readonly connectMs: number;
  readonly tlsMs: number;
}

export interface DialListener {
  onDialed(connection: Connection, times: DialTimes): void;
  onDialFailed(error: unknown, stage: Stage): void;
}

/** A connection that is being made, by this request or by another one that it will be shared with. */
export interface Dialing {
  readonly stage: Stage;
  /** Undefined where another request makes it. */
  readonly socket: MeteredSocket | undefined;
  cancel(): void;
}

export class Dial implements Dialing {
  /** Undefined where it was not even begun: the origin is blocked. */
  readonly socket: MeteredSocket | undefined;
  readonly #origin: Origin;
  readonly #transport: Transport;
  #route: Route | undefined;
  /** Undefined once it was told: the socket keeps this object for life, and must not keep a finished request. */
  #listener: DialListener | undefined;
  readonly #startedAt = performance.now();
  #lookedUpAt = 0;
  #connectedAt = 0;
  #stream: TLSSocket | undefined;

  constructor(origin: Origin, transport: Transport, sent: Series, received: Series, listener: DialListener) {
    this.#origin = origin;
    this.#transport = transport;
    this.#listener = listener;
    let route: Route;
    try {
      route = transport.route(origin);
    } catch (error) {
      queueMicrotask(() => this.#fail(error));
      return;
    }
    this.#route = route;
    const { host, proxy } = route;
    // HTTP/2 takes the socket's handle for itself, a tunnel is spoken on before its owner reads.
    const plain =
      proxy === undefined ? !origin.secure && transport.http2 !== true : !this.#needsTunnel && !proxy.secure;
    const socket = new MeteredSocket(sent, received, plain);
    this.socket = socket;
    // For life: the connection listens only from its first request on.
    socket.on('error', (error) => this.#fail(error));
    socket.once('lookup', (error) => {
      if (error === null) this.#lookedUpAt = performance.now();
    });
    socket.once('connect', () => {
      if (this.#listener === undefined) return;
      const now = performance.now();
      if (this.#lookedUpAt === 0) this.#lookedUpAt = this.#startedAt;
      if (isIP(host) === 0) names.preferFamily(host, socket.remoteFamily === 'IPv6' ? 6 : 4);
      if (proxy === undefined) this.#connected(now, socket);
      else this.#reach(socket, proxy);
    });
    socket.connect(transport.connectOptions(route));
  }

  /** Whether a proxy is to pass bytes on, and not requests. */
  get #needsTunnel(): boolean {
    return this.#origin.secure || this.#transport.http2 === true || this.#transport.tunnels;
  }

  get stage(): Stage {
    if (this.#connectedAt > 0) return 'tls';
    return this.#lookedUpAt > 0 || this.#route === undefined || isIP(this.#route.host) !== 0
      ? 'connect'
      : 'lookup';
  }

  cancel(): void {
    this.#listener = undefined;
    this.#stream?.destroy();
    this.socket?.destroy();
  }

  /** Through a proxy: plain http needs no tunnel. */
  #reach(socket: MeteredSocket, proxy: ProxyServer): void {
    const onward = (stream: MeteredSocket | TLSSocket): void => {
      if (!this.#needsTunnel) {
        this.#connected(performance.now(), stream);
        return;
      }
      tunnel(stream, proxy, this.#origin, (error) => {
        if (this.#listener === undefined) return;
        if (error === undefined) this.#connected(performance.now(), stream);
        else this.#fail(error);
      });
    };
    if (!proxy.secure) {
      onward(socket);
      return;
    }
    this.#encrypt(socket, proxy.host, undefined, ['http/1.1'], onward);
  }

  #connected(now: number, stream: MeteredSocket | TLSSocket): void {
    this.#connectedAt = now;
    const { secure, host } = this.#origin;
    if (!secure) {
      this.#succeed(stream, now);
      return;
    }
    this.#encrypt(stream, host, this.#transport.serverName, this.#transport.protocols, (encrypted) => {
      if (this.#transport.http2 === true && encrypted.alpnProtocol !== 'h2') {
        this.#fail(Object.assign(new Error('the server does not speak HTTP/2'), { code: 'NO_HTTP2' }));
      } else this.#succeed(encrypted, performance.now());
    });
  }

  #encrypt(
    socket: MeteredSocket | TLSSocket,
    host: string,
    serverName: string | undefined,
    protocols: string[],
    done: (stream: TLSSocket) => void,
  ): void {
    const name = serverName ?? (isIP(host) === 0 ? host : undefined);
    let stream: TLSSocket;
    try {
      stream = connectTls({
        socket,
        host,
        ...(name === undefined ? {} : { servername: name }),
        ALPNProtocols: protocols,
        secureContext: this.#transport.context(host),
        rejectUnauthorized: !this.#transport.insecure,
      });
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#stream = stream;
    stream.on('error', (error) => this.#fail(error));
    stream.once('secureConnect', () => {
      if (this.#listener !== undefined) done(stream);
    });
  }

  #succeed(stream: MeteredSocket | TLSSocket, now: number): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    const { proxy } = this.#route as Route;
    listener.onDialed(
      new Connection(this.#origin, this.socket as MeteredSocket, stream, {
        key: this.#transport.key,
        http2: this.#transport.http2 === true || (stream as TLSSocket).alpnProtocol === 'h2',
        proxy: this.#needsTunnel ? undefined : proxy,
      }),
      {
        lookupMs: this.#lookedUpAt - this.#startedAt,
        connectMs: this.#connectedAt - this.#lookedUpAt,
        tlsMs: now - this.#connectedAt,
      },
    );
  }

  #fail(error: unknown): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    const { stage } = this;
    const proxy = this.#route?.proxy;
    this.cancel();
    if (proxy === undefined || stage === 'tls' || error instanceof FailureError) {
      listener.onDialFailed(error, stage);
      return;
    }
    // It was the proxy that could not be reached, not the origin.
    const { host, port, name, secure } = proxy;
    const failure = classify(error, stage, { href: name, secure, host, port, authority: name });
    listener.onDialFailed(
      new FailureError({ code: failure.code, message: `proxy: ${failure.message}` }),
      stage,
    );
  }
}
