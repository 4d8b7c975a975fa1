import { createHistogram } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { Histogram, rankOf, scaleOf } from '../../../workers/record/histogram.ts';
import { Random } from '../../../workers/vu/random.ts';

const PERCENTILES = [0, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

function times(values: Iterable<number>, digits: 2 | 3 = 3): Histogram {
  const histogram = new Histogram(digits, scaleOf('ms'));
  for (const value of values) histogram.add(value);
  return histogram;
}

/** The definition itself: the value at the rank in the sorted list. */
function exactPercentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[rankOf(p, values.length) - 1] as number;
}

/** Shapes that latencies have, and some that they do not. */
const SHAPES: Readonly<Record<string, (random: Random) => number>> = {
  uniform: (random) => random.next() * 1000,
  exponential: (random) => -50 * Math.log(1 - random.next()),
  'heavy tail': (random) => (1 - random.next()) ** -1.2,
  'two peaks': (random) => (random.next() < 0.9 ? 10 : 200) + random.next(),
  'nearly all zero': (random) => (random.next() < 0.99 ? 0 : random.next()),
  'eleven decades': (random) => 10 ** (random.next() * 11 - 3),
  constant: () => 42.42,
};

const cases = Object.keys(SHAPES).flatMap((shape) => ([2, 3] as const).map((digits) => ({ shape, digits })));

test.each(cases)('$shape, $digits digits: percentiles agree with the sorted list', ({ shape, digits }) => {
  for (let seed = 1; seed <= 5; seed++) {
    const random = new Random(seed);
    const draw = SHAPES[shape] as (random: Random) => number;
    const values = Array.from({ length: 1 + Math.floor(random.next() * 3000) }, () => draw(random));
    const histogram = times(values, digits);
    for (const p of PERCENTILES) {
      const exact = exactPercentile(values, p);
      // The bucket's width, and half a microsecond of rounding.
      expect(Math.abs(histogram.percentile(p) - exact)).toBeLessThanOrEqual(exact * 10 ** -digits + 0.000_51);
    }
    expect(histogram.percentile(0)).toBe(Math.min(...values));
    expect(histogram.percentile(100)).toBe(Math.max(...values));
  }
});

test('percentiles agree with the histogram of Node', () => {
  const random = new Random(7);
  const node = createHistogram({ lowest: 1, highest: 2 ** 40, figures: 3 });
  const ours = new Histogram(3, scaleOf('ms'));
  for (let i = 0; i < 20_000; i++) {
    const micros = 1 + Math.floor(-20_000 * Math.log(1 - random.next()));
    node.record(micros);
    ours.add(micros / 1000);
  }
  for (const p of [1, 25, 50, 75, 90, 95, 99, 99.9]) {
    expect(ours.percentile(p) * 1000).toBeCloseTo(node.percentile(p), 6);
  }
  // Node's moments are those of the buckets; ours are exact.
  expect(Math.abs(ours.mean * 1000 - node.mean) / node.mean).toBeLessThan(0.001);
  expect(Math.abs(ours.stdev * 1000 - node.stddev) / node.stddev).toBeLessThan(0.001);
});

test('the rank is that of the definition, without what floating point adds', () => {
  expect(rankOf(99.9, 10_000)).toBe(9990);
  expect(rankOf(99.9, 41_000)).toBe(40_959);
  expect(rankOf(95, 2000)).toBe(1900);
  expect(rankOf(99, 100)).toBe(99);
  expect(rankOf(99.99, 10_000)).toBe(9999);
  expect(rankOf(99.9, 1001)).toBe(1000);
  expect(rankOf(50, 1)).toBe(1);
  expect(rankOf(0, 10)).toBe(1);
  expect(rankOf(100, 10)).toBe(10);
  for (let n = 1; n <= 5000; n++) {
    for (const tenths of [1, 500, 900, 950, 990, 999]) {
      const integerCeil = Math.floor((tenths * n + 999) / 1000);
      if (rankOf(tenths / 10, n) !== integerCeil) expect.fail(`rank of ${tenths / 10} % of ${n}`);
    }
  }
});

test('count, sum, minimum, maximum and deviation are exact', () => {
  const values = [0, 0.000_1, 0.25, 3.5, 3.5, 1e-9, 7_200_000.125];
  const histogram = times(values);
  expect(histogram.count).toBe(7);
  expect(histogram.sum).toBe(values.reduce((a, b) => a + b, 0));
  expect(histogram.min).toBe(0);
  expect(histogram.max).toBe(7_200_000.125);
  const pair = times([1, 3]);
  expect(pair.stdev).toBe(1);
  expect(pair.mean).toBe(2);
});

test('the deviation of equal values is 0, never NaN', () => {
  for (const value of [0.1, 1 / 3, 123_456.789, 1e9 + 0.1]) {
    const { stdev } = times(Array.from({ length: 1000 }, () => value));
    expect(stdev).toBeGreaterThanOrEqual(0);
    expect(stdev).toBeLessThanOrEqual(value * 1e-6);
  }
});

test('a percentile is never outside of what was measured', () => {
  const histogram = times([1000.1, 1000.2, 1000.3, 1000.4]);
  for (const p of PERCENTILES) {
    expect(histogram.percentile(p)).toBeGreaterThanOrEqual(1000.1);
    expect(histogram.percentile(p)).toBeLessThanOrEqual(1000.4);
  }
});

test('percentiles never fall when p rises', () => {
  const random = new Random(3);
  const histogram = times(Array.from({ length: 500 }, () => random.next() ** 5 * 1e6));
  let before = 0;
  for (let p = 0; p <= 100; p += 0.1) {
    expect(histogram.percentile(p)).toBeGreaterThanOrEqual(before);
    before = histogram.percentile(p);
  }
});

test('small fractions of a unit-less metric keep their precision', () => {
  const histogram = new Histogram(3, scaleOf('none'));
  for (let i = 1; i <= 1000; i++) histogram.add(0.01 + i * 0.000_01);
  const exact = 0.01 + 500 * 0.000_01;
  expect(Math.abs(histogram.percentile(50) - exact) / exact).toBeLessThan(0.001);
});

test('values past the last bucket are counted in it, with an exact maximum', () => {
  const histogram = times([1, 1e300, Number.MAX_VALUE]);
  expect(histogram.count).toBe(3);
  expect(histogram.max).toBe(Number.MAX_VALUE);
  expect(histogram.percentile(100)).toBe(Number.MAX_VALUE);
  expect(histogram.percentile(1)).toBe(1);
});

test('what is no finite number is not recorded', () => {
  const histogram = times([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(histogram.count).toBe(0);
  expect(histogram.percentile(50)).toBeNaN();
  histogram.add(5);
  expect([histogram.sum, histogram.min, histogram.max]).toEqual([5, 5, 5]);
});

test('negative values enter sum and minimum as they are, and the lowest bucket', () => {
  const histogram = times([-5, 1, 2]);
  expect([histogram.sum, histogram.min, histogram.max]).toEqual([-2, -5, 2]);
  expect(histogram.percentile(1)).toBe(-5);
  const buckets: number[] = [];
  histogram.forEachBucket((bucket) => buckets.push(bucket));
  expect(buckets[0]).toBe(0);
});

test('counts do not wrap at 2^32', () => {
  const histogram = new Histogram(3, 1000);
  histogram.addTimes(1, 2 ** 32 - 1);
  histogram.add(1);
  histogram.add(1);
  histogram.addTimes(2, 2 ** 33);
  expect(histogram.count).toBe(2 ** 32 + 1 + 2 ** 33);
  const counts: number[] = [];
  histogram.forEachBucket((_, count) => counts.push(count));
  expect(counts).toEqual([2 ** 32 + 1, 2 ** 33]);

  const merged = new Histogram(3, 1000);
  merged.add(1);
  merged.merge(histogram);
  merged.merge(histogram);
  expect(merged.count).toBe(2 * (2 ** 32 + 1 + 2 ** 33) + 1);
  expect(merged.percentile(33)).toBeCloseTo(1, 3);
  expect(merged.percentile(34)).toBeCloseTo(2, 3);
});

test('a cleared histogram is as new', () => {
  const histogram = times([1, 2, 3]);
  histogram.clear();
  expect([histogram.count, histogram.sum, histogram.percentile(50)]).toEqual([0, 0, Number.NaN]);
  histogram.add(9);
  expect([histogram.min, histogram.max, histogram.percentile(50)]).toEqual([9, 9, 9]);
});

test('a histogram that is cleared takes memory for its busiest filling, not for all places ever hit', () => {
  const histogram = new Histogram(3, 1000);
  const fill = (from: number): void => {
    for (let i = 0; i < 500; i++) histogram.add(from * (1 + i / 2000));
  };
  fill(1);
  for (let from = 1; from < 1e6; from *= 1.1) {
    histogram.clear();
    fill(from);
    const expected = new Histogram(3, 1000);
    for (let i = 0; i < 500; i++) expected.add(from * (1 + i / 2000));
    expect([histogram.count, histogram.percentile(50), histogram.percentile(99)]).toEqual([
      500,
      expected.percentile(50),
      expected.percentile(99),
    ]);
  }
  // Some dozen blocks of 128 bytes, and the table of all there could be; not the hundreds that were hit.
  expect(histogram.byteLength).toBeLessThan(30 * 128 + 4096);
});

test('subtracting leaves what the rest holds', () => {
  const random = new Random(11);
  const parts = Array.from({ length: 6 }, () =>
    times(Array.from({ length: 300 }, () => random.next() * 100)),
  );
  const all = new Histogram(3, 1000);
  for (const part of parts) all.merge(part);
  const rest = parts.slice(2);
  all.subtract(parts.slice(0, 2), rest);
  const expected = new Histogram(3, 1000);
  for (const part of rest) expected.merge(part);
  const buckets = (histogram: Histogram) => {
    const pairs: number[][] = [];
    histogram.forEachBucket((...pair) => pairs.push(pair));
    return pairs;
  };
  expect(buckets(all)).toEqual(buckets(expected));
  expect([all.count, all.sum, all.min, all.max]).toEqual([
    expected.count,
    expected.sum,
    expected.min,
    expected.max,
  ]);
});

test('histograms of another precision or scale are not merged', () => {
  expect(() => times([1], 2).merge(times([1], 3))).toThrow(TypeError);
  expect(() => new Histogram(3, 1).merge(new Histogram(3, 1000))).toThrow(TypeError);
});

test('a bucket outside of the layout is refused', () => {
  const delta = { id: 0, type: 'trend', count: 1, sum: 1, sumOfSquares: 1, min: 1, max: 1 } as const;
  for (const bucket of [4e9, 45_056]) {
    const buckets = new Uint32Array([bucket, 1]);
    expect(() => new Histogram(3, 1000).mergeDelta({ ...delta, buckets })).toThrow(RangeError);
  }
});

test('memory follows the spread of the values, not their number', () => {
  const random = new Random(5);
  const histogram = times(Array.from({ length: 200_000 }, () => 10 + random.next() * 10));
  expect(histogram.byteLength).toBeLessThan(16_000);
});
