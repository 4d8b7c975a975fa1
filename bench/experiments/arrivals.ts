/**
 * Experiment 4 over real sockets: the server's own clock says when requests came, and that is compared with the
 * schedule, computed here from its definition and not by Brunt's code.
 *
 *     uniform, rate r          t_k = k / r
 *     ramp 0 to r in T         t_k = sqrt(2 k T / r), k from 1
 *     Poisson                  r T +- 2 sqrt(r T) in all; in windows of equal length, variance = mean
 *
 * Clocks of two processes share no zero: times are compared after the median difference, which is the way to the
 * server, was taken off.
 */

import { runCommand, type Seen, startServer } from './harness.ts';
import { type Context, count, type Experiment, quantile, type Row, time } from './rows.ts';

/** Per second at full length, and in a test, whose machine does other work that would show at a thousand. */
const RATE = 1000;
const TEST_RATE = 200;
const LENGTH_MS = 60_000;
const VUS = 100;
/** Half of all arrivals reach the server within this of their time, seen from the median. */
const JITTER_MS = 2;
/** The 99th percentile: a timer's millisecond, a collection of garbage, a turn of the kernel's scheduler. */
const TAIL_MS = 20;
/** Of a dozen requests the 90th percentile is the slowest, and that is the first, which opens a connection. */
const FIRST_MS = 80;

interface Arrivals {
  readonly label: string;
  readonly script: 'rate' | 'ramping-rate';
  readonly env: Readonly<Record<string, string | number>>;
  readonly durationMs: number;
  readonly schedule: readonly number[];
}

function uniform(rate: number, durationMs: number): number[] {
  return Array.from({ length: Math.round((rate * durationMs) / 1000) }, (_, k) => (k * 1000) / rate);
}

function ramp(rate: number, durationMs: number): number[] {
  const total = Math.round((rate * durationMs) / 2000);
  return Array.from({ length: total }, (_, i) => Math.sqrt((2 * (i + 1) * durationMs * 1000) / rate));
}

/** k6's vector: rates 0 -> 1/s in 5 s, 1/s for 1 s, 1/s -> 0 in 5 s. */
const K6_STARTS_MS = [3162, 4472, 5500, 6527, 7837, 11_000];

/** How far from their time requests came: |seen - scheduled - median difference|, ascending. */
function deviations(seen: readonly Seen[], schedule: readonly number[]): number[] {
  const differences = seen.map(({ id, atMs }) => atMs - (schedule[Number(id)] ?? Number.NaN));
  const way = quantile(
    differences.toSorted((a, b) => a - b),
    50,
  );
  return differences.map((difference) => Math.abs(difference - way)).sort((a, b) => a - b);
}

async function scheduled(
  { bin, scale }: Context,
  { label, script, env, durationMs, schedule }: Arrivals,
): Promise<Row[]> {
  await using server = await startServer({});
  const { summary } = await runCommand(bin, script, {
    env: { BASE_URL: server.url, VUS, ...env },
    limitMs: durationMs + 30_000,
  });
  const log = await server.log();
  const off = deviations(log, schedule);
  const few = schedule.length < 100;
  const { iterations = 0, dropped = 0 } = summary.scenarios.arrivals ?? {};
  return [
    count(`${label}: started + dropped`, schedule.length, iterations + dropped),
    count(`${label}: distinct arrivals seen`, iterations, new Set(log.map(({ id }) => id)).size),
    time(`${label}: off schedule p(50)`, 0, quantile(off, 50), JITTER_MS),
    time(`${label}: off schedule p(90)`, 0, quantile(off, 90), few ? FIRST_MS : 2 * JITTER_MS),
    ...(few || scale < 1 ? [] : [time(`${label}: off schedule p(99)`, 0, quantile(off, 99), TAIL_MS)]),
  ];
}

/** Long against the jitter of a timer, short against the run. */
const WINDOW_MS = 100;

/** The first second is left out: a cold process holds its first arrivals up by some hundredths of a second. */
const WARM_UP_MS = 1000;

/** Arrivals in each whole window but the last, which the run's end may cut. */
function windowCounts(seen: readonly Seen[], durationMs: number): number[] {
  const startMs = seen[0]?.atMs ?? 0;
  const counts = new Array<number>(Math.floor(durationMs / WINDOW_MS)).fill(0);
  for (const { atMs } of seen) {
    const window = Math.floor((atMs - startMs) / WINDOW_MS);
    if (window < counts.length) counts[window] = (counts[window] ?? 0) + 1;
  }
  return counts.slice(WARM_UP_MS / WINDOW_MS, -1);
}

async function poisson(bin: string, rate: number, durationMs: number): Promise<Row[]> {
  await using server = await startServer({});
  const { summary } = await runCommand(bin, 'rate', {
    env: { BASE_URL: server.url, VUS, RATE: rate, DURATION_MS: durationMs, ARRIVALS: 'poisson' },
    flags: ['--seed', '7'],
    limitMs: durationMs + 30_000,
  });
  const windows = windowCounts(await server.log(), durationMs);
  const mean = windows.reduce((sum, n) => sum + n, 0) / windows.length;
  const variance = windows.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (windows.length - 1);
  const expected = (rate * durationMs) / 1000;
  const { iterations = 0, dropped = 0 } = summary.scenarios.arrivals ?? {};
  return [
    count(
      'Poisson: started + dropped',
      expected,
      iterations + dropped,
      Math.ceil(1.96 * Math.sqrt(expected)),
    ),
    // Evenly spaced arrivals have 0. The ratio's own standard deviation is sqrt(2 / windows).
    count('Poisson: variance / mean of windows', 1, variance / mean, 2.6 * Math.sqrt(2 / windows.length)),
  ];
}

async function blocked({ bin }: Context): Promise<Row[]> {
  const { summary } = await runCommand(bin, 'blocking-vus', { limitMs: 30_000 });
  const { iterations = 0, dropped = 0 } = summary.scenarios.arrivals ?? {};
  return [
    count('10/s for 950 ms, 5 VUs: run', 5, iterations),
    count('10/s for 950 ms, 5 VUs: dropped', 5, dropped),
  ];
}

export const arrivals: Experiment = {
  name: 'arrivals',
  title: 'Arrivals, by the clock of the server (experiment 4)',
  async run(context) {
    const { bin, scale } = context;
    const rate = scale < 1 ? TEST_RATE : RATE;
    const durationMs = LENGTH_MS * scale;
    const constant: Arrivals = {
      label: `${rate}/s`,
      script: 'rate',
      env: { RATE: rate, DURATION_MS: durationMs },
      durationMs,
      schedule: uniform(rate, durationMs),
    };
    const rising: Arrivals = {
      label: `0 to ${rate}/s`,
      script: 'ramping-rate',
      env: { STAGES: `${rate}:${durationMs}` },
      durationMs,
      schedule: ramp(rate, durationMs),
    };
    const k6: Arrivals = {
      label: "k6's vector",
      script: 'ramping-rate',
      // A time unit that shrinks with the stages keeps the number of arrivals.
      env: {
        TIME_UNIT_MS: 1000 * scale,
        STAGES: `1:${5000 * scale} 1:${1000 * scale} 0:${5000 * scale}`,
      },
      durationMs: 11_000 * scale,
      schedule: K6_STARTS_MS.map((ms) => ms * scale),
    };
    const seldom: Arrivals = {
      label: '0.2/s',
      script: 'rate',
      env: { RATE: 1, TIME_UNIT_MS: 5000 * scale, DURATION_MS: durationMs },
      durationMs,
      schedule: Array.from({ length: 12 }, (_, k) => k * 5000 * scale),
    };
    const rows: Row[] = [];
    for (const one of [constant, rising, k6, seldom]) rows.push(...(await scheduled(context, one)));
    rows.push(...(await poisson(bin, rate, durationMs)), ...(await blocked(context)));
    return rows;
  },
};
