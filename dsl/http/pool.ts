/**
 * Open connections by origin: those of one VU, or of a whole thread. A connection serves one request at a time; the
 * one used last is taken first, so that surplus ones fall idle and close. There is no upper bound: who asks for more
 * requests at once gets more connections.
 */

import type { Series } from '../host.ts';
import { type Connection, Dial, type DialListener } from './connection.ts';
import type { MeteredSocket } from './metered-socket.ts';
import type { Origin } from './url.ts';

export class ConnectionPool {
  /** By the origin's href. */
  readonly #idle = new Map<string, Connection[]>();
  /** Every socket that is not closed yet, with its connection unless it is still dialing. */
  readonly #sockets = new Map<MeteredSocket, Connection | undefined>();
  readonly #insecure: boolean;
  #whenEmpty: (() => void)[] = [];

  constructor(insecure: boolean) {
    this.#insecure = insecure;
  }

  /** Number of sockets that are not closed yet. */
  get size(): number {
    return this.#sockets.size;
  }

  takeIdle(origin: Origin): Connection | undefined {
    const idle = this.#idle.get(origin.href);
    if (idle === undefined) return undefined;
    for (;;) {
      const connection = idle.pop();
      if (connection === undefined) return undefined;
      if (connection.open) return connection;
    }
  }

  dial(origin: Origin, sent: Series, received: Series, listener: DialListener): Dial {
    const dial = new Dial(origin, this.#insecure, sent, received, listener);
    const { socket } = dial;
    this.#sockets.set(socket, undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      const idle = this.#idle.get(origin.href);
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
    this.#sockets.set(connection.socket, connection);
  }

  release(connection: Connection): void {
    if (!connection.open) return;
    const idle = this.#idle.get(connection.origin.href);
    if (idle === undefined) this.#idle.set(connection.origin.href, [connection]);
    else idle.push(connection);
  }

  /** Forgets a connection that broke or was aborted. */
  drop(connection: Connection, reason: Error): void {
    connection.destroy(reason);
  }

  closeIdle(reason: Error): void {
    for (const idle of this.#idle.values()) for (const connection of idle) connection.destroy(reason);
    this.#idle.clear();
  }

  /** Closes everything; settles when the last socket is closed and its bytes are booked. */
  close(reason: Error): Promise<void> {
    this.closeIdle(reason);
    for (const [socket, connection] of this.#sockets) {
      if (connection === undefined) socket.destroy();
      else connection.destroy(reason);
    }
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }
}
