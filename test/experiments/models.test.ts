/** The models of the experiments give the numbers that can be worked out by hand. */

import { expect, test } from 'vitest';
import { responseTimes } from '../../bench/experiments/pause.ts';
import { agrees, quantile, time, trendRows } from '../../bench/experiments/rows.ts';
import { startLags } from '../../bench/experiments/stall.ts';

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

test('a quantile is the value at rank ceil(p*N/100)', () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([0, 10, 10.1, 50, 90, 91, 100].map((p) => quantile(ten, p))).toEqual([1, 1, 2, 5, 9, 10, 10]);
  // 99.9 * 1000 / 100 is a little more than 999 in binary.
  expect(
    quantile(
      Array.from({ length: 1000 }, (_, i) => i + 1),
      99.9,
    ),
  ).toBe(999);
});

test('server pause: 10 s at 45 s of 100, at 100/s', () => {
  const times = sorted(responseTimes(1));
  expect(times).toHaveLength(10_000);
  expect([50, 90].map((p) => quantile(times, p))).toEqual([1, expect.closeTo(1, 6)]);
  const waits = [91, 95, 97.5, 99, 99.9, 100].map((p) => quantile(times, p) - 1);
  expect(waits).toEqual([1000, 5000, 7500, 9000, 9900, 10_000].map((ms) => expect.closeTo(ms, 6)));
  expect(mean(times)).toBeCloseTo(501.5, 6);
});

test('a tenth of it: all times by ten, but the service', () => {
  const times = sorted(responseTimes(0.1));
  expect(times).toHaveLength(1000);
  expect([95, 99, 100].map((p) => quantile(times, p) - 1)).toEqual(
    [500, 900, 1000].map((ms) => expect.closeTo(ms, 6)),
  );
});

test('generator stall: 500 ms every 5 s at 200/s, two milliseconds before an arrival', () => {
  const lags = sorted(startLags(60_000));
  expect(lags).toHaveLength(12_000);
  // Of a stall that begins with an arrival the lags are 500, 495, … 5; this one begins 2 ms before.
  expect([50, 90].map((p) => quantile(lags, p))).toEqual([0, 0]);
  expect([95, 99, 99.9, 100].map((p) => quantile(lags, p))).toEqual([248, 448, 493, 498]);
  expect(mean(lags) + 1).toBeCloseTo(26.05, 6);
});

test('a row disagrees when a tail is missing, and counts allow nothing', () => {
  expect(agrees(time('p99', 9000, 9008, 0))).toBe(true);
  expect(agrees(time('p99', 9000, 1, 260), 75)).toBe(false);
  expect(agrees(time('p50', 1, 3.2, 2))).toBe(false);
  const rows = trendRows('t', [1, 2, 3], { count: 2 }, { calmUpTo: 50, burst: 0 });
  expect(rows.filter((row) => agrees(row, 1e9)).map(({ what }) => what)).toEqual([]);
});
