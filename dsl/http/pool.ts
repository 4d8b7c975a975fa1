/**
 * Open connections by origin: those of one VU, or of a whole thread. A connection serves one request at a time; the
 * one used last is taken first, so that surplus ones fall idle and close. There is no upper bound: who asks for more
 * requests at once gets more connections. One of HTTP/2 serves as many as its server allows, and stays among the idle
 * ones as long as it has room.
 */

import type { Series } from '../host.ts';
import { Roster } from '../roster.ts';
import type { Connection } from './connection.ts';
import { Dial, type Dialing, type DialListener } from './dial.ts';
import type { MeteredSocket } from './metered-socket.ts';
import { SharedDial } from './shared-dial.ts';
import type { Transport } from './transport.ts';
import type { Origin } from './url.ts';

export class ConnectionPool {
  /** By the connection's key: how it was made, and the origin's href. */
  readonly #idle = new Map<string, Connection[]>();
  /** Every socket that is not closed yet. */
  readonly #sockets = new Roster<MeteredSocket>();
  readonly #transport: Transport;
  readonly #shares: boolean;
  /** Dials under way whose connections may come to be shared. */
  readonly #dials = new Map<string, SharedDial>();
  /** Places that were asked for HTTP/2 and do not speak it. */
  readonly #withoutHttp2 = new Set<string>();
  #whenEmpty: (() => void)[] = [];

  /** `transport`: of requests that say nothing else. `shares`: a connection may serve several requests. */
  constructor(transport: Transport, shares: boolean) {
    this.#transport = transport;
    this.#shares = shares;
  }

  /** Number of sockets that are not closed yet. */
  get size(): number {
    return this.#sockets.size;
  }

  takeIdle(origin: Origin, transport = this.#transport): Connection | undefined {
    const idle = this.#idle.get(transport.key === '' ? origin.href : transport.key + origin.href);
    if (idle === undefined) return undefined;
    for (;;) {
      const connection = idle.pop();
      if (connection === undefined) return undefined;
      if (!connection.open) {
        connection.listed = false;
        continue;
      }
      if (!connection.multiplexes) return connection;
      connection.listed = connection.hasRoom;
      if (!connection.listed) continue;
      idle.push(connection);
      return connection;
    }
  }

  dial(
    origin: Origin,
    sent: Series,
    received: Series,
    listener: DialListener,
    transport = this.#transport,
  ): Dialing {
    const key = transport.key + origin.href;
    const mayMultiplex = transport.http2 === true || (transport.http2 === 'auto' && origin.secure);
    if (!mayMultiplex || !this.#shares || this.#withoutHttp2.has(key)) {
      return this.#dial(key, origin, sent, received, listener, transport);
    }
    const underWay = this.#dials.get(key);
    if (underWay !== undefined) return underWay.join(listener);
    const shared = new SharedDial(
      (other) => this.dial(origin, sent, received, other, transport),
      (connection) => {
        this.#dials.delete(key);
        if (connection?.multiplexes === false) this.#withoutHttp2.add(key);
      },
    );
    this.#dials.set(key, shared);
    const waiter = shared.join(listener);
    shared.begin(this.#dial(key, origin, sent, received, shared, transport));
    return waiter;
  }

  #dial(
    key: string,
    origin: Origin,
    sent: Series,
    received: Series,
    listener: DialListener,
    transport: Transport,
  ): Dial {
    const dial = new Dial(origin, transport, sent, received, listener);
    const { socket } = dial;
    if (socket === undefined) return dial;
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const idle = this.#idle.get(key);
      const place = idle?.findIndex((connection) => connection.socket === socket) ?? -1;
      if (place !== -1) idle?.splice(place, 1);
      if (this.#sockets.size > 0) return;
      const listeners = this.#whenEmpty;
      this.#whenEmpty = [];
      for (const done of listeners) done();
    });
    return dial;
  }

  adopt(connection: Connection): void {
    connection.socket.carries = connection;
    if (!connection.multiplexes || !this.#shares) return;
    connection.whenRoom(() => this.release(connection));
    this.release(connection);
  }

  release(connection: Connection): void {
    if (!connection.open) return;
    if (connection.multiplexes) {
      if (connection.listed || !connection.hasRoom) return;
      connection.listed = true;
    }
    const idle = this.#idle.get(connection.key);
    if (idle === undefined) this.#idle.set(connection.key, [connection]);
    else idle.push(connection);
  }

  /** Forgets a connection that broke or was aborted; of HTTP/2 it was one stream only, unless the connection broke. */
  drop(connection: Connection, reason: Error): void {
    if (!connection.multiplexes || !this.#shares) connection.destroy(reason);
    else this.release(connection);
  }

  closeIdle(reason: Error): void {
    for (const idle of this.#idle.values()) for (const connection of idle) connection.retire(reason);
    this.#idle.clear();
  }

  /** Closes everything; settles when the last socket is closed and its bytes are booked. */
  close(reason: Error): Promise<void> {
    this.closeIdle(reason);
    for (const socket of this.#sockets.all()) {
      if (socket.carries === undefined) socket.destroy();
      else socket.carries.destroy(reason);
    }
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }
}
