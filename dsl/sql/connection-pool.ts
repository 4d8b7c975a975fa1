/**
 * Connections that several users take in turn, first come, first served.
 *
 *     asked -> idle connection? yes ------------------------------------> granted -> released -> idle | closed
 *                               no  -> waiting (FIFO) --------------------^
 *                                      | room? then one more is opened    | whichever comes first
 *                                      '-> timed out | given up | refused (opening failed)
 *
 * A waiter takes the connection that becomes free first, be it a new one or one that came back. If opening fails, the
 * waiter that has waited longest is told; the next one causes the next attempt. So a server that is away costs each
 * statement one error and nobody waits for the time limit.
 */

import { type Deadlines, deadlinesOf, type Timed } from '../http/deadlines.ts';
import { connectTimeout } from '../network-failure.ts';
import { type Placed, Roster } from '../roster.ts';
import { SQL_CODE, SqlError } from './error-codes.ts';
import { type InLine, Line } from './line.ts';
import type { PoolUse, SqlConnection, SqlDriver } from './types.ts';

export interface PoolLimits {
  readonly size: number;
  readonly maxWaiting: number;
  readonly connectTimeoutMs: number;
}

/** Who asks for a connection. Exactly one of `granted` and `refused` is called, unless the asker gives up before. */
export interface Asker {
  granted(connection: SqlConnection): void;
  refused(error: unknown): void;
  /** A connection was opened on this asker's behalf; it may go to another. */
  opened(tookMs: number): void;
}

interface Slot extends Placed {
  readonly connection: SqlConnection;
  /** It ended by itself while it was in use. */
  lost: boolean;
}

export class ConnectionPool {
  readonly driver: SqlDriver;
  readonly #limits: PoolLimits;
  readonly #changed: (change: PoolUse) => void;
  readonly #waiting = new Line<Waiter>();
  /** The one used last is taken first. */
  readonly #idle: Slot[] = [];
  readonly #inUse = new Roster<Slot>();
  /** Of every connection that is idle or in use. */
  readonly #slots = new Map<SqlConnection, Slot>();
  readonly #opening = new Set<AbortController>();
  /** What is being closed. */
  readonly #closing = new Set<Promise<void>>();
  #closed = false;
  #reported: PoolUse = { size: 0, inUse: 0, waiting: 0 };

  /** `changed` gets the difference to what it got before. */
  constructor(driver: SqlDriver, limits: PoolLimits, changed: (change: PoolUse) => void) {
    this.driver = driver;
    this.#limits = limits;
    this.#changed = changed;
  }

  get use(): PoolUse {
    return {
      size: this.#idle.length + this.#inUse.size + this.#opening.size,
      inUse: this.#inUse.size,
      waiting: this.#waiting.size,
    };
  }

  /** Asks for a connection; the function that is returned gives up waiting. `timeoutMs` 0: no limit. */
  ask(asker: Asker, timeoutMs: number): () => void {
    if (this.#closed) {
      asker.refused(new SqlError('the pool is closed', SQL_CODE.poolClosed));
      return () => undefined;
    }
    const idle = this.#waiting.size === 0 ? this.#idle.pop() : undefined;
    if (idle !== undefined) {
      this.#inUse.add(idle);
      asker.granted(idle.connection);
      this.#report();
      return () => undefined;
    }
    const opens = this.#hasRoom(this.#waiting.size + 1);
    if (!opens && this.#waiting.size >= this.#limits.maxWaiting) {
      asker.refused(
        new SqlError(
          `more than ${this.#limits.maxWaiting} wait for a connection of the pool`,
          SQL_CODE.poolFull,
        ),
      );
      return () => undefined;
    }
    const waiter = new Waiter(asker, timeoutMs, () => {
      this.#waiting.delete(waiter);
      this.#report();
      asker.refused(this.#timeoutError(timeoutMs));
    });
    this.#waiting.push(waiter);
    if (opens) void this.#open(asker);
    this.#report();
    return () => {
      if (!this.#waiting.delete(waiter)) return;
      waiter.stop();
      this.#report();
    };
  }

  /** Gives a connection back; `usable` false closes it. */
  release(connection: SqlConnection, usable: boolean): void {
    const slot = this.#slots.get(connection);
    if (slot === undefined || !this.#inUse.delete(slot)) return;
    if (this.#closed || !usable || slot.lost) {
      this.#slots.delete(connection);
      this.#close(usable ? connection.close() : connection.abort());
    } else this.#idle.push(slot);
    this.#serve();
  }

  /** Ends everything; settles when the last connection is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.all()) {
      this.#waiting.delete(waiter);
      waiter.stop();
      waiter.asker.refused(new SqlError('the pool is closed', SQL_CODE.poolClosed));
    }
    for (const opening of this.#opening)
      opening.abort(new SqlError('the pool is closed', SQL_CODE.poolClosed));
    for (const { connection } of this.#idle.splice(0)) this.#close(connection.close());
    for (const slot of this.#inUse.all()) {
      this.#inUse.delete(slot);
      this.#close(slot.connection.abort());
    }
    this.#slots.clear();
    this.#report();
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  /** Whether one more should be opened for so many that wait. */
  #hasRoom(waiting: number): boolean {
    return this.#opening.size < waiting && this.use.size < this.#limits.size;
  }

  #timeoutError(timeoutMs: number): SqlError {
    const { place } = this.driver;
    // Where connections are free to be opened, it is the server that is slow, not the pool that is exhausted.
    const why =
      this.#inUse.size < this.#limits.size && this.#opening.size > 0
        ? `${place} does not accept one`
        : `${this.#limits.size} of ${this.#limits.size} are in use`;
    return new SqlError(`no connection of the pool within ${timeoutMs} ms: ${why}`, SQL_CODE.poolTimeout);
  }

  async #open(asker: Asker): Promise<void> {
    const abort = new AbortController();
    this.#opening.add(abort);
    const { connectTimeoutMs } = this.#limits;
    const started = performance.now();
    const limit =
      connectTimeoutMs > 0
        ? setTimeout(() => abort.abort(connectTimeout(this.driver.place, connectTimeoutMs)), connectTimeoutMs)
        : undefined;
    let settled: () => void = () => undefined;
    this.#close(
      new Promise<void>((resolve) => {
        settled = resolve;
      }),
    );
    try {
      const connection = await this.driver.connect(abort.signal);
      this.#opening.delete(abort);
      if (this.#closed) await connection.abort();
      else {
        asker.opened(performance.now() - started);
        const slot: Slot = { connection, place: -1, lost: false };
        connection.onLost(() => this.#forget(slot));
        this.#slots.set(connection, slot);
        this.#idle.push(slot);
      }
    } catch (error) {
      this.#opening.delete(abort);
      const oldest = this.#waiting.shift();
      if (oldest !== undefined) {
        oldest.stop();
        oldest.asker.refused(abort.signal.aborted ? (abort.signal.reason as unknown) : error);
      }
    } finally {
      clearTimeout(limit);
      settled();
      this.#serve();
    }
  }

  /** A connection that ended by itself. */
  #forget(slot: Slot): void {
    slot.lost = true;
    const place = this.#idle.indexOf(slot);
    if (place === -1) return;
    this.#idle.splice(place, 1);
    this.#slots.delete(slot.connection);
    this.#close(slot.connection.abort());
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.size > 0) {
      const slot = this.#idle.pop();
      if (slot === undefined) break;
      const waiter = this.#waiting.shift() as Waiter;
      waiter.stop();
      this.#inUse.add(slot);
      waiter.asker.granted(slot.connection);
    }
    if (!this.#closed && this.#hasRoom(this.#waiting.size)) {
      // On behalf of those for whom none is being opened yet.
      const unserved = this.#waiting.all().slice(this.#opening.size);
      for (const { asker } of unserved) if (this.#hasRoom(this.#waiting.size)) void this.#open(asker);
    }
    this.#report();
  }

  #close(closing: Promise<void>): void {
    const known = closing.catch(() => undefined).finally(() => this.#closing.delete(known));
    this.#closing.add(known);
  }

  #report(): void {
    const now = this.use;
    const { size, inUse, waiting } = this.#reported;
    this.#reported = now;
    this.#changed({ size: now.size - size, inUse: now.inUse - inUse, waiting: now.waiting - waiting });
  }
}

class Waiter implements Timed, InLine {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  ahead: InLine | undefined;
  behind: InLine | undefined;
  waits = false;
  readonly asker: Asker;
  readonly #deadlines: Deadlines | undefined;
  readonly #timedOut: () => void;

  constructor(asker: Asker, timeoutMs: number, timedOut: () => void) {
    this.asker = asker;
    this.#timedOut = timedOut;
    if (timeoutMs <= 0) return;
    this.#deadlines = deadlinesOf(timeoutMs);
    this.#deadlines.add(this, performance.now());
  }

  timeOut(): void {
    this.#timedOut();
  }

  stop(): void {
    this.#deadlines?.remove(this);
  }
}
