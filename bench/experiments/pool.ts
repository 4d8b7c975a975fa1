/**
 * Experiment 8: a pool of 10 connections to a real PostgreSQL, each held 100 ms, so it serves 100/s. Offered are 150/s
 * for 60 s, then 50/s; who waits longer than 1 s gives up.
 *
 *     wait
 *     1 s   .-----------------.        grows by 0.5 s per second, is cut at 1 s by those who give up,
 *          /                   \       and shrinks by 0.5 s per second
 *     0   /                     \_____
 *         0 2                  60 62
 *
 * The model gets the time that a connection was really held (the server's sleep and the way there and back), as 1 ms
 * more is 1 % less capacity, which is a matter of the server and not of the pool.
 */

import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../test/helpers/services.ts';
import { runCommand } from './harness.ts';
import { count, type Experiment, quantile, type Row, time } from './rows.ts';

const SIZE = 10;
const HOLD_MS = 100;
const TIMEOUT_MS = 1000;
const HIGH = { rate: 150, durationMs: 60_000 };
const LOW = { rate: 50, durationMs: 5000 };
/** Shorter, and the queue would not be full when the rate drops. */
const SHORTEST_HIGH_MS = 6000;
/** Below, a wait is the way to the connection and no queue. */
const NO_WAIT_MS = 10;

/** When the rate drops, the line is as long as the limit: the next one or two may still just miss it. */
const SETTLING_MS = 2 * HOLD_MS;

export interface Arrival {
  readonly atMs: number;
  readonly waitMs: number;
  readonly served: boolean;
}

/** First come, first served, on `SIZE` connections; who would have to wait longer than the limit takes none. */
export function poolModel(times: readonly number[], holdMs: number): Arrival[] {
  const freeAt = Array.from({ length: SIZE }, () => 0);
  return times.map((atMs) => {
    const next = freeAt.indexOf(Math.min(...freeAt));
    const waitMs = Math.max(0, (freeAt[next] as number) - atMs);
    if (waitMs > TIMEOUT_MS) return { atMs, waitMs: TIMEOUT_MS, served: false };
    freeAt[next] = atMs + waitMs + holdMs;
    return { atMs, waitMs, served: true };
  });
}

export function arrivalTimes(highMs: number): number[] {
  const phase = (rate: number, durationMs: number, startMs: number): number[] =>
    Array.from({ length: Math.round((durationMs * rate) / 1000) }, (_, n) => startMs + (n * 1000) / rate);
  return [...phase(HIGH.rate, highMs, 0), ...phase(LOW.rate, LOW.durationMs, highMs)];
}

export interface Course {
  readonly served: number;
  readonly timeouts: number;
  readonly firstTimeoutMs: number;
  /** From the drop of the rate to the first arrival after which nobody waits any more. */
  readonly calmAfterMs: number;
  readonly timeoutsAfterDrop: number;
}

export function courseOf(arrivals: readonly Arrival[], highMs: number): Course {
  const timedOut = arrivals.filter(({ served }) => !served);
  const lastWaiting = arrivals.findLast(({ waitMs }) => waitMs > NO_WAIT_MS);
  return {
    served: arrivals.length - timedOut.length,
    timeouts: timedOut.length,
    firstTimeoutMs: timedOut[0]?.atMs ?? Number.NaN,
    calmAfterMs: (lastWaiting?.atMs ?? Number.NaN) - highMs,
    timeoutsAfterDrop: timedOut.filter(({ atMs }) => atMs >= highMs + SETTLING_MS).length,
  };
}

async function readLog(file: string, highMs: number): Promise<Arrival[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines
    .map((line) => {
      const [phase, n, waitMs, served] = JSON.parse(line) as [string, number, number, boolean];
      const atMs = phase === 'high' ? (n * 1000) / HIGH.rate : highMs + (n * 1000) / LOW.rate;
      return { atMs, waitMs, served };
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** A server at DATABASE_URL, or one that is started here; `use` gets its URL. */
async function withPostgres<T>(use: (url: string) => Promise<T>): Promise<T> {
  const given = process.env.DATABASE_URL;
  if (given !== undefined) return use(given);
  const stops: (() => Promise<void>)[] = [];
  const { url } = await startPostgres({
    skip: (note) => {
      throw new Error(note);
    },
    onTestFinished: (stop) => void stops.push(stop),
  });
  try {
    return await use(url);
  } finally {
    for (const stop of stops) await stop();
  }
}

export async function runPool(bin: string, url: string, highMs: number): Promise<readonly Row[]> {
  const log = join(tmpdir(), `brunt-pool-${process.pid}-${Date.now()}.jsonl`);
  try {
    const { code, values } = await runCommand(bin, 'pool', {
      env: {
        DATABASE_URL: url,
        LOG: log,
        SIZE,
        HOLD_MS,
        TIMEOUT_MS,
        HIGH_MS: highMs,
        HIGH_RATE: HIGH.rate,
        LOW_MS: LOW.durationMs,
        LOW_RATE: LOW.rate,
      },
      // One queue: over two threads the pool would be two of five connections.
      flags: ['--workers', '1'],
      limitMs: highMs + 60_000,
    });
    const measured = await readLog(log, highMs);
    const holdMs = values('sql_query_duration').avg ?? Number.NaN;
    const model = poolModel(arrivalTimes(highMs), holdMs);
    const [expected, seen] = [courseOf(model, highMs), courseOf(measured, highMs)];
    const waits = model.flatMap(({ waitMs, served }) => (served ? [waitMs] : [])).sort((a, b) => a - b);
    // Between giving a connection back and the next statement on it passes a moment that the model leaves out.
    const turnover = 0.01 * expected.served + SIZE;
    return [
      time('connection held', HOLD_MS, holdMs, 10),
      count('arrivals', model.length, measured.length),
      count('served', expected.served, seen.served, turnover),
      count('timed out', expected.timeouts, seen.timeouts, turnover),
      count('sql_pool_timeouts', seen.timeouts, values('sql_pool_timeouts').count ?? 0),
      time('wait p(99)', quantile(waits, 99), values('sql_acquire_duration')['p(99)'] ?? Number.NaN, 15),
      time('first who gave up came at', expected.firstTimeoutMs, seen.firstTimeoutMs, 150),
      time('no wait after the drop', expected.calmAfterMs, seen.calmAfterMs, 250),
      count('gave up after the drop', expected.timeoutsAfterDrop, seen.timeoutsAfterDrop),
      count('connections', SIZE, values('sql_pool_size').max ?? 0),
      count('exit code', 0, code ?? -1),
    ];
  } finally {
    await rm(log, { force: true });
  }
}

export const pool: Experiment = {
  name: 'pool',
  title: 'Connection pool (experiment 8)',
  run: ({ bin, scale }) =>
    withPostgres((url) => runPool(bin, url, Math.max(SHORTEST_HIGH_MS, HIGH.durationMs * scale))),
};
