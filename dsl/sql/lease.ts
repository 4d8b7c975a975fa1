/**
 * One VU's hold on a connection, from asking for it to giving it back. An interruption ends it in any state:
 *
 *     waiting -> held -> over        over: refused, timed out, released or interrupted
 */

import { ByteMeter } from '../byte-meter.ts';
import type { Recorder, Series, TagSet } from '../host.ts';
import { type Deadlines, deadlinesOf, type Timed } from '../http/deadlines.ts';
import type { Placed } from '../roster.ts';
import type { Asker, ConnectionPool } from './connection-pool.ts';
import { SQL_CODE, SqlError } from './error-codes.ts';
import type { SqlConnection, SqlResult } from './types.ts';

/** One per connection, over all who hold it in turn. */
const meters = new WeakMap<SqlConnection, ByteMeter>();

function meterOf(connection: SqlConnection): ByteMeter | undefined {
  let meter = meters.get(connection);
  if (meter === undefined && connection.socket !== undefined) {
    meter = new ByteMeter(connection.socket);
    meters.set(connection, meter);
  }
  return meter;
}

export class Lease implements Asker, Timed, Placed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  place = -1;
  readonly #pool: ConnectionPool;
  readonly #connecting: Series;
  #connection: SqlConnection | undefined;
  #giveUp: (() => void) | undefined;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  /** Why nothing can be done with it any more. */
  #over: Error | undefined;
  #timeoutMs = 0;
  #underWay: Promise<void> | undefined;
  /** The list of time limits that it is in while a statement runs. */
  #deadlines: Deadlines | undefined;

  constructor(pool: ConnectionPool, connecting: Series) {
    this.#pool = pool;
    this.#connecting = connecting;
  }

  /** Whether it ended before it was released: by a time limit, an interruption, a broken connection. */
  get isOver(): boolean {
    return this.#connection === undefined;
  }

  acquire(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#giveUp = this.#pool.ask(this, timeoutMs);
    });
  }

  granted(connection: SqlConnection): void {
    this.#connection = connection;
    this.#resolve();
  }

  refused(error: unknown): void {
    this.#reject(error);
  }

  opened(tookMs: number): void {
    this.#connecting.add(tookMs);
  }

  /** Settles when no statement is under way. Those that were asked for at once run one after the other, in order. */
  async idle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  /** `timeoutMs` 0: no limit. */
  async run(
    text: string,
    params: readonly unknown[] | undefined,
    prepare: boolean,
    timeoutMs: number,
  ): Promise<SqlResult> {
    // In this function, so that the first one to go on has the connection before the next one looks.
    while (this.#underWay !== undefined) await this.#underWay;
    const connection = this.#connection;
    if (this.#over !== undefined || connection === undefined) {
      throw this.#over ?? new Error('the connection was given back: its function has ended');
    }
    const result = new Promise<SqlResult>((resolve, reject) => {
      this.#reject = reject;
      if (timeoutMs > 0) {
        this.#timeoutMs = timeoutMs;
        this.#deadlines = deadlinesOf(timeoutMs);
        this.#deadlines.add(this, performance.now());
      }
      connection.query(text, params, prepare).then(resolve, reject);
    });
    const ended = (): void => {
      this.#underWay = undefined;
    };
    this.#underWay = result.then(ended, ended);
    try {
      return await result;
    } finally {
      this.#stopTimer();
    }
  }

  #stopTimer(): void {
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
  }

  timeOut(): void {
    this.#deadlines = undefined;
    const error = new SqlError(
      `statement timed out after ${this.#timeoutMs} ms; it was cancelled and its connection closed`,
      SQL_CODE.timeout,
    );
    this.#end(error);
  }

  /** Ends it at once: a statement under way rejects with the reason. */
  abort(reason: Error): void {
    if (this.#over !== undefined) return;
    if (this.#connection === undefined) {
      this.#over = reason;
      this.#giveUp?.();
      this.#reject(reason);
      return;
    }
    this.#stopTimer();
    this.#end(reason);
  }

  #end(reason: Error): void {
    this.#over = reason;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) this.#pool.release(connection, false);
    this.#reject(reason);
  }

  /** Books the bytes since the last statement. */
  book(recorder: Recorder, tags: TagSet): void {
    if (this.#connection !== undefined) meterOf(this.#connection)?.book(recorder, tags);
  }

  /** Gives the connection back; `usable` false closes it. */
  release(usable: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) this.#pool.release(connection, usable);
  }
}
