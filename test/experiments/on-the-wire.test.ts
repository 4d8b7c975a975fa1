/**
 * The experiments that need a server, scaled to a test's time, with the built command. Model, server and tolerances
 * are those of `npm run experiments`, which runs them at full length.
 */

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { arrivals } from '../../bench/experiments/arrivals.ts';
import { pause } from '../../bench/experiments/pause.ts';
import { rampingVus } from '../../bench/experiments/ramping-vus.ts';
import { agrees, type Experiment, type Row } from '../../bench/experiments/rows.ts';
import { stall } from '../../bench/experiments/stall.ts';

const BIN = process.env.BRUNT_TEST_BIN ?? fileURLToPath(new URL('../../dist/runner/bin.js', import.meta.url));

/**
 * Added to the tolerances of times: other tests run beside this one on the same cores. Wide against a hiccup of the
 * machine, narrow against the hundreds of milliseconds that the models predict for p95 and above.
 */
const BUSY_MS = 75;
/** The same for medians, which a hiccup does not move. */
const BUSY_MEDIAN_MS = 10;

/**
 * At ranks where calm requests end and held ones begin: a machine that stands still for 0.15 s holds 15 or 30 requests
 * more, and that moves these ranks by as many places. Higher ranks are those of longer waits, which it doesn't reach.
 */
const BUSY_EDGE_MS = 300;

function fits(row: Row): boolean {
  if (row.what.endsWith('p(50)')) return agrees(row, BUSY_MEDIAN_MS);
  return agrees(row, /p\(9[01]\)$/.test(row.what) ? BUSY_EDGE_MS : BUSY_MS);
}

test.each<{ readonly experiment: Experiment; readonly scale: number }>([
  { experiment: pause, scale: 0.1 },
  { experiment: stall, scale: 0.17 },
  { experiment: arrivals, scale: 0.1 },
  { experiment: rampingVus, scale: 0.3 },
])('$experiment.title', { timeout: 90_000 }, async ({ experiment, scale }) => {
  const rows = await experiment.run({ bin: BIN, scale });
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.filter((row) => !fits(row))).toEqual([]);
});
