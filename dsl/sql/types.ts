/** What `brunt/sql` gives to scripts, and what a driver for another database has to be. */

import type { Duration } from '../duration.ts';
import type { Tags } from '../params.ts';
import type { SqlError } from './error-codes.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  /** Replaces the statement's text as the tag `name`. */
  readonly name?: string;
  /** Tags of this statement's samples. */
  readonly tags?: Tags;
  /** From the moment that the connection is there to the last row; default: the pool's `timeout`. */
  readonly timeout?: Duration;
  /** Whether the server keeps the parsed statement; default: the pool's `prepare`. */
  readonly prepare?: boolean;
}

export interface Queryable {
  /**
   * Runs a statement and gives its rows. `params` are what `$1`, `$2` … stand for. Rejects with a `SqlError`.
   *
   * As a template, values become parameters: ``db.query`select * from users where id = ${id}` ``.
   */
  query<R extends object = Row>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<R[]>;
  query<R extends object = Row>(text: TemplateStringsArray, ...values: readonly unknown[]): Promise<R[]>;
  /** Runs a statement and gives the number of rows that it changed; several, separated by `;`, without `params`. */
  exec(text: string, params?: readonly unknown[], options?: QueryOptions): Promise<number>;
  exec(text: TemplateStringsArray, ...values: readonly unknown[]): Promise<number>;
}

export interface TransactionOptions {
  /** Tag `name` of `sql_transaction_duration`; default `transaction`. */
  readonly name?: string;
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

/** How a pool is used at this moment. */
export interface PoolUse {
  /** Connections that are open or being opened. */
  readonly size: number;
  readonly inUse: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
}

export interface Pool extends Queryable {
  /** Runs `fn` on one connection between `begin` and `commit`; rolls back if it throws, and throws the same. */
  transaction<T>(fn: (tx: Queryable) => T | Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs `fn` on one connection, for what belongs to a session: `set`, temporary tables, advisory locks. */
  session<T>(fn: (session: Queryable) => T | Promise<T>, options?: { readonly name?: string }): Promise<T>;
  /** Of this thread's part of the pool. */
  use(): PoolUse;
}

export interface PoolOptions {
  /**
   * Who shares the connections: all VUs of the run (default; each worker thread has an equal part of `size`), those of
   * one worker thread, or nobody (`vu`).
   */
  readonly scope?: 'vu' | 'worker' | 'run';
  /** Most connections at once, per scope; default 1 for `vu`, else 10. */
  readonly size?: number;
  /** Tells pools with the same target and options apart; the tag `name` of the pool's gauges. Default `default`. */
  readonly name?: string;
  /** Longest wait for a connection; default 60s. */
  readonly acquireTimeout?: Duration;
  /** Most statements that may wait at once; a further one fails at once. Default: any number. */
  readonly maxWaiting?: number;
  /** Longest time for opening a connection, with TLS and login; default 10s. */
  readonly connectTimeout?: Duration;
  /** Longest time for a statement; it is cancelled on the server and its connection closed. Default 60s, 0: no limit. */
  readonly timeout?: Duration;
  /** The server's own limit (`statement_timeout`): the statement fails, its connection stays. Default: the server's. */
  readonly statementTimeout?: Duration;
  /** Whether the server keeps parsed statements per connection; default false. */
  readonly prepare?: boolean;
  /** TLS: true, or options of `node:tls`. Default: what the URL says (`?sslmode=require`). */
  readonly ssl?: boolean | import('node:tls').ConnectionOptions;
}

export interface Sql {
  /** A pool of measured connections; module code only. `target`: `postgres://user:password@host:5432/db`, or a driver. */
  readonly pool: (target: string | SqlDriver, options?: PoolOptions) => Pool;
  /** The same as `pool`. */
  readonly connect: Sql['pool'];
  readonly SqlError: typeof SqlError;
}

// The seam for other databases.

export interface SqlResult {
  readonly rows: readonly object[];
  /** Rows changed. */
  readonly affected: number;
}

/** What a driver knows of an error. */
export interface SqlFailure {
  /** A number of the table in `docs/sql.md`. */
  readonly code: number;
  /** Without anything that differs from statement to statement, so that equal failures group. */
  readonly message: string;
  readonly sqlState?: string;
  /** Whether the connection is of no use any more. */
  readonly fatal: boolean;
}

/** One connection; runs one statement at a time. */
export interface SqlConnection {
  query(text: string, params: readonly unknown[] | undefined, prepare: boolean): Promise<SqlResult>;
  /** Says goodbye and closes. */
  close(): Promise<void>;
  /** Closes at once; what runs is cancelled on the server too. Settles when nothing is left of it. */
  abort(): Promise<void>;
  /** Called once if the connection ends by itself. */
  onLost(listener: () => void): void;
  /** The socket under it, whose bytes are counted. */
  readonly socket?: import('node:net').Socket;
}

export interface SqlDriver {
  /** Tag `proto` of its samples: `postgresql`. */
  readonly proto: string;
  /** Where it connects to, without secrets, for messages. */
  readonly place: string;
  /** `signal` fires when the connection is not wanted any more or takes too long. */
  connect(signal: AbortSignal): Promise<SqlConnection>;
  /** What went wrong; undefined where the driver does not know the error. */
  failureOf?(error: unknown): SqlFailure | undefined;
  /** The statement that begins a transaction; default `begin`, without options. */
  begin?(options: TransactionOptions): string;
}
