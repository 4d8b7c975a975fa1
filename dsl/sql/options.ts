/** From what a script writes into `sql.pool(target, options)` to what a pool needs. Mistakes are TypeErrors that name the key. */

import { readMs, readObject, readWhole, type Tags, wrongParam } from '../params.ts';
import type { PoolOptions, QueryOptions } from './types.ts';

export interface PoolSettings {
  readonly scope: 'vu' | 'worker' | 'run';
  /** undefined: by scope. */
  readonly size: number | undefined;
  readonly name: string;
  readonly acquireTimeoutMs: number;
  readonly maxWaiting: number;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly statementTimeoutMs: number | undefined;
  readonly prepare: boolean;
  readonly ssl: PoolOptions['ssl'];
}

const POOL_KEYS = [
  'scope',
  'size',
  'name',
  'acquireTimeout',
  'maxWaiting',
  'connectTimeout',
  'timeout',
  'statementTimeout',
  'prepare',
  'ssl',
] as const satisfies readonly (keyof PoolOptions)[];

const QUERY_KEYS = ['name', 'tags', 'timeout', 'prepare'] as const satisfies readonly (keyof QueryOptions)[];

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

export function readPoolOptions(options: PoolOptions | undefined): PoolSettings {
  const verb = 'sql.pool';
  const given = readObject<PoolOptions>(verb, options, POOL_KEYS);
  const { scope = 'run', name = 'default', size, ssl, statementTimeout, prepare = false } = given;
  if (scope !== 'vu' && scope !== 'worker' && scope !== 'run') {
    throw wrongParam(verb, 'scope', scope, "'vu', 'worker' or 'run'");
  }
  if (typeof name !== 'string' || name === '') throw wrongParam(verb, 'name', name, 'a text');
  if (typeof prepare !== 'boolean') throw wrongParam(verb, 'prepare', prepare, 'true or false');
  return {
    scope,
    size: size === undefined ? undefined : readWhole(verb, 'size', size, 0, 1),
    name,
    acquireTimeoutMs: readMs(verb, 'acquireTimeout', given.acquireTimeout, DEFAULT_TIMEOUT_MS),
    maxWaiting: readWhole(verb, 'maxWaiting', given.maxWaiting, Number.POSITIVE_INFINITY),
    connectTimeoutMs: readMs(verb, 'connectTimeout', given.connectTimeout, DEFAULT_CONNECT_TIMEOUT_MS),
    timeoutMs: readMs(verb, 'timeout', given.timeout, DEFAULT_TIMEOUT_MS),
    statementTimeoutMs:
      statementTimeout === undefined ? undefined : readMs(verb, 'statementTimeout', statementTimeout, 0),
    prepare,
    ssl,
  };
}

/** What one statement asks for. */
export interface QueryPlan {
  readonly name: string | undefined;
  readonly tags: Tags | undefined;
  readonly timeoutMs: number;
  readonly prepare: boolean;
}

export function readQueryOptions(options: QueryOptions | undefined, settings: PoolSettings): QueryPlan {
  const { timeoutMs, prepare } = settings;
  if (options === undefined) return { name: undefined, tags: undefined, timeoutMs, prepare };
  const {
    name,
    tags,
    timeout,
    prepare: own = prepare,
  } = readObject<QueryOptions>('sql', options, QUERY_KEYS);
  return { name, tags, timeoutMs: readMs('sql', 'timeout', timeout, timeoutMs), prepare: own };
}
