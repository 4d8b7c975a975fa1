import { expect, test } from 'vitest';
import { BUILTIN_METRICS, M, type MetricDef } from '../../../../dsl/metrics.ts';
import type { MeasuredTrend } from '../../../../runner/outputs/output.ts';
import {
  boundsOf,
  cumulativeCounts,
  NATIVE_SCHEMA,
  nativeBuckets,
} from '../../../../runner/outputs/prometheus/buckets.ts';
import { validateThresholds } from '../../../../runner/thresholds/validate.ts';
import { Histogram, scaleOf } from '../../../../workers/record/histogram.ts';
import { custom } from '../../thresholds/fake-aggregate.ts';

const DURATION = BUILTIN_METRICS[M.http_req_duration] as MetricDef;

/** The same numbers every time: a linear congruential generator. */
function randomValues(count: number): number[] {
  let state = 12345;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 10 ** ((state / 2 ** 31) * 5 - 1);
  });
}

function trendOf(def: MetricDef, values: readonly number[]): MeasuredTrend {
  const histogram = new Histogram(def.digits, scaleOf(def.unit));
  for (const value of values) histogram.add(value);
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => pairs.push(bucket, count));
  const { count, sum, min, max } = histogram;
  return { type: 'trend', count, sum, min, max, buckets: Uint32Array.from(pairs) };
}

/** Values are rounded to whole microseconds. */
const ROUNDING = 5e-7;

/** How many times are at most so many seconds. */
function countUpTo(values: readonly number[], bound: number): number {
  return values.filter((value) => value / 1000 <= bound).length;
}

function rules(...texts: readonly string[]) {
  const thresholds = texts.map((threshold) => ({
    metric: 'http_req_duration',
    threshold,
    abortOnFail: false,
    delayAbortEvalMs: 0,
    noData: 'fail' as const,
  }));
  return validateThresholds(thresholds, [], ['default']).rules;
}

test('limits of thresholds on single values are bounds, in seconds', () => {
  const plain = boundsOf(DURATION, []);
  const added = boundsOf(DURATION, rules('p(95)<417', 'max<2.5s', 'avg<333', 'count<77'));
  expect(added.filter((bound) => !plain.includes(bound))).toEqual([0.417, 2.5]);
  expect(added).toEqual(added.toSorted((a, b) => a - b));
});

test('the greatest limit is never the last bound, at which quantiles end', () => {
  expect(boundsOf(DURATION, rules('p(95)<90s')).slice(-3)).toEqual([60, 90, 180]);
  expect(boundsOf(DURATION, rules('p(95)<1s'), [0.1, 1])).toEqual([0.1, 1, 2]);
});

test('counts are cumulative, and right but for values within a bucket of a bound', () => {
  const values = randomValues(20_000);
  const bounds = boundsOf(DURATION, []);
  const counts = cumulativeCounts(DURATION, trendOf(DURATION, values), bounds);
  bounds.forEach((bound, i) => {
    expect(counts[i]).toBeGreaterThanOrEqual(countUpTo(values, bound * 0.999 - ROUNDING));
    expect(counts[i]).toBeLessThanOrEqual(countUpTo(values, bound + ROUNDING));
  });
});

test('native buckets hold every value, each in its own bucket or the one above', () => {
  const values = [0, ...randomValues(20_000)];
  const { zeroCount, buckets } = nativeBuckets(DURATION, trendOf(DURATION, values));
  expect(zeroCount).toBe(1);
  expect(zeroCount + buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(values.length);
  expect(buckets.map(([index]) => index)).toEqual(buckets.map(([index]) => index).toSorted((a, b) => a - b));
  const positive = values.filter((value) => value > 0);
  let below = 0;
  for (const [index, count] of buckets) {
    below += count;
    const bound = 2 ** (index / 2 ** NATIVE_SCHEMA);
    expect(below).toBeGreaterThanOrEqual(countUpTo(positive, bound * 0.999 - ROUNDING));
    expect(below).toBeLessThanOrEqual(countUpTo(positive, bound + ROUNDING));
  }
});

test('the bound of a native bucket belongs to it, whatever the logarithm says', () => {
  const def = custom('size', 'trend', 'none');
  // Below 2048 millionths every integer has a bucket of its own: 2^-9 is 1953.125, so exact powers are rounded ones.
  const exact = [1, 2, 4, 8, 16].map((power) => power / 1_000_000);
  const { buckets } = nativeBuckets(def, trendOf(def, exact));
  const indexes = exact.map((value) => Math.round(Math.log2(value) * 2 ** NATIVE_SCHEMA * 1e6) / 1e6);
  expect(buckets.map(([index]) => index)).toEqual(indexes.map(Math.ceil));
});

test('trends of bytes and of plain numbers have bounds of their own', () => {
  expect(boundsOf(custom('weight', 'trend', 'bytes'), []).at(-1)).toBe(2 ** 30);
  expect(boundsOf(custom('items', 'trend', 'none'), []).slice(0, 4)).toEqual([0.001, 0.002, 0.005, 0.01]);
});
