/** A pool as one VU sees it: its statements, transactions and sessions, measured. The connections may be everybody's. */

import { InterruptedError } from '../errors.ts';
import type { TagSet, VuHost } from '../host.ts';
import { CODE } from '../http/error-codes.ts';
import { M } from '../metrics.ts';
import { networkFailure } from '../network-failure.ts';
import { readObject, type Tags, withTags, wrongParam } from '../params.ts';
import { Roster } from '../roster.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { SQL_CODE, SqlError } from './error-codes.ts';
import { Lease } from './lease.ts';
import { type PoolSettings, type QueryPlan, readQueryOptions } from './options.ts';
import { type NamedStatement, namedStatement } from './samples.ts';
import { statementName } from './statement-name.ts';
import type {
  Pool,
  PoolUse,
  Queryable,
  QueryOptions,
  SqlDriver,
  SqlResult,
  TransactionOptions,
} from './types.ts';

const ISOLATION: readonly unknown[] = [undefined, 'read committed', 'repeatable read', 'serializable'];

interface Statement {
  readonly text: string;
  readonly params: readonly unknown[] | undefined;
  readonly plan: QueryPlan;
}

/** What goes wrong with a driver's connections, as the script gets it. */
interface Failed {
  readonly error: SqlError;
  readonly fatal: boolean;
}

/** The pool that a VU uses; undefined before its first statement and after it was retired. */
export interface PoolSource {
  readonly driver: SqlDriver;
  readonly settings: PoolSettings;
  /** Opens nothing yet. */
  open(): ConnectionPool;
}

export class VuPool implements Pool {
  readonly #host: VuHost;
  readonly #source: PoolSource;
  readonly #leases = new Roster<Lease>();
  #pool: ConnectionPool | undefined;

  constructor(host: VuHost, source: PoolSource) {
    this.#host = host;
    this.#source = source;
    host.onInterrupt((reason) => {
      const error = reason instanceof InterruptedError ? reason : new InterruptedError(reason.message);
      for (const lease of this.#leases.all()) lease.abort(error);
    });
    this.query = this.query.bind(this);
    this.exec = this.exec.bind(this);
  }

  query<R extends object>(text: string | TemplateStringsArray, ...rest: readonly unknown[]): Promise<R[]> {
    return this.#single(text, rest).then(({ rows }) => rows as R[]);
  }

  exec(text: string | TemplateStringsArray, ...rest: readonly unknown[]): Promise<number> {
    return this.#single(text, rest).then(({ affected }) => affected);
  }

  async #single(text: string | TemplateStringsArray, rest: readonly unknown[]): Promise<SqlResult> {
    const statement = readStatement(text, rest, this.#source.settings);
    const named = this.#named(statement.text, statement.plan);
    const lease = await this.#lease(named);
    try {
      return await this.#run(lease, named, statement);
    } finally {
      this.#leases.delete(lease);
      lease.release(true);
    }
  }

  async session<T>(
    fn: (session: Queryable) => T | Promise<T>,
    options: { readonly name?: string } = {},
  ): Promise<T> {
    if (typeof fn !== 'function') throw new TypeError('session(fn): fn is not a function');
    readObject('session', options, ['name']);
    const lease = await this.#lease(this.#special(options.name ?? 'session', 'SESSION'));
    try {
      return await fn(this.#queryable(lease));
    } finally {
      // What the function did not wait for must not be the next one's.
      await lease.idle();
      this.#leases.delete(lease);
      lease.release(true);
    }
  }

  async transaction<T>(fn: (tx: Queryable) => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (typeof fn !== 'function') throw new TypeError('transaction(fn): fn is not a function');
    const begin = this.#begin(options);
    const plan = readQueryOptions(undefined, this.#source.settings);
    const { recorder } = this.#host;
    const tags = this.#special(options.name ?? 'transaction', 'TRANSACTION').tags;
    const command = (lease: Lease, text: string, name: string): Promise<SqlResult> =>
      this.#run(lease, this.#special(name, name.toUpperCase()), { text, params: undefined, plan });
    const lease = await this.#lease(this.#special('begin', 'BEGIN'));
    const started = performance.now();
    const ended = (status: string): void =>
      recorder
        .series(M.sql_transaction_duration, tags.with('status', status))
        .add(performance.now() - started);
    // Without a word from the server about its end, a transaction's connection is of no use to the next one.
    let usable = false;
    try {
      await command(lease, begin, 'begin');
      let result: T;
      try {
        result = await fn(this.#queryable(lease));
      } catch (error) {
        if (!lease.isOver && !this.#host.interrupted) {
          usable = await command(lease, 'rollback', 'rollback').then(
            () => true,
            () => false,
          );
          ended('rollback');
        }
        throw error;
      }
      await command(lease, 'commit', 'commit');
      usable = true;
      ended('commit');
      return result;
    } finally {
      this.#leases.delete(lease);
      lease.release(usable);
    }
  }

  use(): PoolUse {
    return this.#pool?.use ?? { size: 0, inUse: 0, waiting: 0 };
  }

  /** Ends what this VU has under way. */
  retire(): void {
    for (const lease of this.#leases.all()) lease.abort(new InterruptedError('the VU was retired'));
    this.#pool = undefined;
  }

  #begin(options: TransactionOptions): string {
    readObject('transaction', options, ['name', 'isolation', 'readOnly']);
    const { isolation, readOnly } = options;
    if (!ISOLATION.includes(isolation)) {
      throw wrongParam('transaction', 'isolation', isolation, `one of ${ISOLATION.slice(1).join(', ')}`);
    }
    const { driver } = this.#source;
    if (driver.begin !== undefined) return driver.begin(options);
    if (isolation === undefined && readOnly === undefined) return 'begin';
    throw new TypeError(`the driver for ${driver.proto} has no options for transactions`);
  }

  #queryable(lease: Lease): Queryable {
    const run = (text: string | TemplateStringsArray, rest: readonly unknown[]): Promise<SqlResult> => {
      const statement = readStatement(text, rest, this.#source.settings);
      return this.#run(lease, this.#named(statement.text, statement.plan), statement);
    };
    return {
      query: <R extends object>(text: string | TemplateStringsArray, ...rest: readonly unknown[]) =>
        run(text, rest).then(({ rows }) => rows as R[]),
      exec: (text: string | TemplateStringsArray, ...rest: readonly unknown[]) =>
        run(text, rest).then(({ affected }) => affected),
    };
  }

  #tags(tags?: Tags): TagSet {
    return withTags(this.#host.tags(), tags);
  }

  #named(text: string, plan: QueryPlan): NamedStatement {
    const { name, method } = statementName(text);
    const given = plan.name ?? plan.tags?.name ?? name;
    return namedStatement(
      this.#host.recorder,
      this.#tags(plan.tags),
      String(given),
      method,
      this.#source.driver.proto,
    );
  }

  #special(name: string, method: string): NamedStatement {
    return namedStatement(this.#host.recorder, this.#tags(), name, method, this.#source.driver.proto);
  }

  /** Waits for a connection. A failure counts as one of the statement that needed it. */
  async #lease(named: NamedStatement): Promise<Lease> {
    const host = this.#host;
    if (host.initializing) {
      throw new Error(
        'statements cannot be sent while the script loads; send them in setup() or in an iteration',
      );
    }
    if (host.interrupted) throw new InterruptedError();
    this.#pool ??= this.#source.open();
    const lease = new Lease(this.#pool, host.recorder.series(M.sql_connecting, named.tags));
    this.#leases.add(lease);
    const asked = performance.now();
    try {
      await lease.acquire(this.#source.settings.acquireTimeoutMs);
    } catch (error) {
      this.#leases.delete(lease);
      if (error instanceof InterruptedError) throw error;
      throw this.#failed(named, error).error;
    }
    named.acquire.add(performance.now() - asked);
    return lease;
  }

  async #run(lease: Lease, named: NamedStatement, { text, params, plan }: Statement): Promise<SqlResult> {
    if (this.#host.interrupted) throw new InterruptedError();
    const started = performance.now();
    let result: SqlResult;
    try {
      result = await lease.run(text, params, plan.prepare, plan.timeoutMs);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const failed = this.#failed(named, error, lease);
      if (failed.fatal) lease.release(false);
      throw failed.error;
    }
    const outcome = named.outcome(0);
    outcome.succeeded(performance.now() - started, result.rows.length);
    lease.book(this.#host.recorder, outcome.tags);
    return result;
  }

  /** Counts a failure and gives it the form that the script gets. */
  #failed(named: NamedStatement, thrown: unknown, lease?: Lease): Failed {
    const failed = this.#failureOf(thrown, lease !== undefined);
    const { recorder, errors } = this.#host;
    const { code, message } = failed.error;
    const outcome = named.outcome(code);
    outcome.failed();
    lease?.book(recorder, outcome.tags);
    if (code === SQL_CODE.poolTimeout || code === SQL_CODE.poolFull) {
      recorder.series(M.sql_pool_timeouts, outcome.tags).add(1);
    } else if (code === SQL_CODE.timeout) {
      recorder.series(M.sql_query_timeouts, outcome.tags).add(1);
    }
    errors.count(named.label, code, message);
    return failed;
  }

  #failureOf(thrown: unknown, inUse: boolean): Failed {
    if (thrown instanceof SqlError) return { error: thrown, fatal: thrown.code === SQL_CODE.timeout };
    const { driver } = this.#source;
    const known = driver.failureOf?.(thrown);
    if (known !== undefined) {
      return { error: new SqlError(known.message, known.code, known.sqlState, thrown), fatal: known.fatal };
    }
    const network = networkFailure(thrown, driver.place);
    if (network !== undefined && inUse) {
      const how = network.code === CODE.reset ? 'reset' : 'closed';
      return {
        error: new SqlError(`connection ${how} by the server`, SQL_CODE.lost, '', thrown),
        fatal: true,
      };
    }
    if (network !== undefined)
      return { error: new SqlError(network.message, network.code, '', thrown), fatal: true };
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { error: new SqlError(message, SQL_CODE.other, '', thrown), fatal: false };
  }
}

/** `query(text, params?, options?)`, or the tag of a template whose values become `$1`, `$2` … */
function readStatement(
  text: string | TemplateStringsArray,
  rest: readonly unknown[],
  settings: PoolSettings,
): Statement {
  if (Array.isArray(text) && 'raw' in text) {
    const parts = text as TemplateStringsArray;
    const joined = parts.slice(1).reduce((sql, part, i) => `${sql}$${i + 1}${part}`, parts[0] ?? '');
    return { text: joined, params: rest, plan: readQueryOptions(undefined, settings) };
  }
  if (typeof text !== 'string' || text.trim() === '') {
    throw new TypeError(
      `sql: a statement was expected (a text, or a template), not ${JSON.stringify(text) ?? typeof text}`,
    );
  }
  const [params, options] = rest as [unknown, QueryOptions | undefined];
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    throw new TypeError(
      `sql: parameters are a list such as [1, 'a'], not ${JSON.stringify(params) ?? typeof params}`,
    );
  }
  return {
    text,
    params: (params as readonly unknown[] | null) ?? undefined,
    plan: readQueryOptions(options, settings),
  };
}
