/** `brunt/sql`: pools, by whom they are shared, and their gauges. */

import type { Series, VuHost } from '../host.ts';
import { transportOf } from '../http/transport.ts';
import { M } from '../metrics.ts';
import { ConnectionPool } from './connection-pool.ts';
import { SqlError } from './error-codes.ts';
import { type PoolSettings, readPoolOptions } from './options.ts';
import { postgresDriver } from './postgres.ts';
import type { Pool, PoolOptions, PoolUse, Sql, SqlDriver } from './types.ts';
import { VuPool } from './vu-pool.ts';

const DEFAULT_SIZE = 10;

/** A pool of this thread's, and how many VUs use it. */
interface SharedPool {
  readonly pool: ConnectionPool;
  users: number;
}

/** By target and settings. A pool that nobody uses any more is closed and forgotten. */
const sharedPools = new Map<string, SharedPool>();

/** Sums of this thread over all pools of a name: many VUs with a pool each are one number. */
interface Gauges {
  readonly size: Series;
  readonly inUse: Series;
  readonly waiting: Series;
  sum: { size: number; inUse: number; waiting: number };
}

const gaugesByRecorder = new WeakMap<object, Map<string, Gauges>>();

function gaugesOf(host: VuHost, name: string): Gauges {
  const { recorder } = host;
  let byName = gaugesByRecorder.get(recorder);
  if (byName === undefined) {
    byName = new Map();
    gaugesByRecorder.set(recorder, byName);
  }
  let gauges = byName.get(name);
  if (gauges === undefined) {
    const tags = recorder.root.with('name', name);
    gauges = {
      size: recorder.series(M.sql_pool_size, tags),
      inUse: recorder.series(M.sql_pool_in_use, tags),
      waiting: recorder.series(M.sql_pool_waiting, tags),
      sum: { size: 0, inUse: 0, waiting: 0 },
    };
    byName.set(name, gauges);
  }
  return gauges;
}

function gaugeChange(gauges: Gauges): (change: PoolUse) => void {
  const { sum } = gauges;
  return (change) => {
    sum.size += change.size;
    sum.inUse += change.inUse;
    sum.waiting += change.waiting;
    if (change.size !== 0) gauges.size.add(sum.size);
    if (change.inUse !== 0) gauges.inUse.add(sum.inUse);
    if (change.waiting !== 0) gauges.waiting.add(sum.waiting);
  };
}

/**
 * This thread's place among those that use a pool of the whole run: the order in which they come. Kept per name of the
 * pool, as a thread may use one and not another.
 */
const places = new Map<string, number>();

function placeOf(host: VuHost, key: string): number {
  let place = places.get(key);
  if (place === undefined) {
    place = host.shared.addAndGetPrevious(`sql pool ${key}`, 1);
    places.set(key, place);
  }
  return place;
}

/** Connections that this thread may have: `size` divided over the workers, the first ones getting the rest. */
function sizeOf(host: VuHost, settings: PoolSettings, key: string): number {
  const { scope, size } = settings;
  if (scope === 'vu') return size ?? 1;
  if (scope === 'worker') return size ?? DEFAULT_SIZE;
  const { workers } = host.options;
  const whole = size ?? Math.max(DEFAULT_SIZE, workers);
  if (whole < workers) throw tooSmall(whole, workers);
  const place = placeOf(host, key) % workers;
  return Math.floor(whole / workers) + (place < whole % workers ? 1 : 0);
}

function tooSmall(size: number, workers: number): TypeError {
  return new TypeError(
    `sql.pool: ${size} connections of one pool cannot be divided over ${workers} workers; ` +
      `give --workers ${size}, a larger size, or scope: 'worker'`,
  );
}

function driverOf(target: string | SqlDriver, host: VuHost, settings: PoolSettings): SqlDriver {
  if (typeof target === 'object' && target !== null && typeof target.connect === 'function') return target;
  if (typeof target !== 'string' || target === '') {
    throw new TypeError(
      'sql.pool: a URL such as postgres://user:password@host:5432/database or a driver was expected, ' +
        `not ${JSON.stringify(target) ?? typeof target}`,
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(target)?.[1]?.toLowerCase();
  if (scheme !== 'postgres' && scheme !== 'postgresql') {
    throw new TypeError(
      `sql.pool: there is no driver for ${scheme === undefined ? 'a target without a scheme' : `${scheme}:`}; ` +
        'postgres: is built in, others are given as a SqlDriver',
    );
  }
  return postgresDriver(target, host.scriptDir, {
    statementTimeoutMs: settings.statementTimeoutMs,
    ssl: settings.ssl,
    insecure: () => host.options.insecureSkipTLSVerify,
    reach: (name, port) => transportOf(host).reach(name, port),
  });
}

/** Equal for pools that are the same one to different VUs. */
function keyOf(target: string | SqlDriver, settings: PoolSettings): string {
  if (typeof target === 'string') return `${JSON.stringify(settings)} ${target}`;
  // Every VU makes its own object of a script's driver; its proto and place say which one it is.
  return `${JSON.stringify(settings)} ${target.proto} ${target.place}`;
}

function createPool(host: VuHost, target: string | SqlDriver, options: PoolOptions | undefined): Pool {
  if (!host.initializing) {
    throw new Error('sql.pool is for module code: a pool is made once per VU, not in an iteration');
  }
  const settings = readPoolOptions(options);
  const driver = driverOf(target, host, settings);
  const key = keyOf(target, settings);
  // While options are being read there are no workers yet.
  const { workers } = host.options as Partial<VuHost['options']>;
  if (
    settings.scope === 'run' &&
    settings.size !== undefined &&
    workers !== undefined &&
    settings.size < workers
  ) {
    throw tooSmall(settings.size, workers);
  }

  let own: SharedPool | undefined;
  const make = (): SharedPool => {
    const { maxWaiting, connectTimeoutMs } = settings;
    const limits = { size: sizeOf(host, settings, key), maxWaiting, connectTimeoutMs };
    return {
      pool: new ConnectionPool(driver, limits, gaugeChange(gaugesOf(host, settings.name))),
      users: 0,
    };
  };
  const open = (): ConnectionPool => {
    if (settings.scope === 'vu') own = make();
    else {
      own = sharedPools.get(key) ?? make();
      sharedPools.set(key, own);
    }
    own.users += 1;
    return own.pool;
  };

  const pool = new VuPool(host, { driver, settings, open });
  host.onRetire(async () => {
    pool.retire();
    const used = own;
    own = undefined;
    if (used === undefined) return;
    used.users -= 1;
    if (used.users > 0) return;
    if (sharedPools.get(key) === used) sharedPools.delete(key);
    await used.pool.close();
  });
  return pool;
}

/** What `import … from 'brunt/sql'` is to one VU. */
export function create(host: VuHost): Sql {
  const pool: Sql['pool'] = (target, options) => createPool(host, target, options);
  return { pool, connect: pool, SqlError };
}
