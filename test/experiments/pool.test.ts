/** Experiment 8, with a real PostgreSQL and the built command: a tenth of the time at the high rate. */

import { expect, test } from 'vitest';
import { arrivalTimes, courseOf, poolModel, runPool } from '../../bench/experiments/pool.ts';
import { agrees } from '../../bench/experiments/rows.ts';
import { BIN } from '../helpers/cli.ts';
import { startPostgres } from '../helpers/services.ts';

test('the model gives the numbers that were known before', () => {
  const times = arrivalTimes(60_000);
  const course = courseOf(poolModel(times, 100), 60_000);
  expect(times).toHaveLength(9250);
  // 6,100 of the 9,000 at the high rate, and all 250 after the drop.
  expect(course.served).toBeGreaterThanOrEqual(6340);
  expect(course.served).toBeLessThanOrEqual(6360);
  expect(course.served + course.timeouts).toBe(9250);
  expect(course.firstTimeoutMs).toBeGreaterThan(2000);
  expect(course.firstTimeoutMs).toBeLessThan(2100);
  expect(course.calmAfterMs).toBeGreaterThan(1900);
  expect(course.calmAfterMs).toBeLessThanOrEqual(2000);
  expect(course.timeoutsAfterDrop).toBe(0);
});

/** Other tests run beside this one on the same cores. */
const BUSY_MS = 75;

test('a pool under more load than it can serve', { timeout: 90_000 }, async (context) => {
  const { url } = await startPostgres(context);
  const rows = await runPool(BIN, url, 6000);
  expect(rows.filter((row) => !agrees(row, BUSY_MS))).toEqual([]);
});
