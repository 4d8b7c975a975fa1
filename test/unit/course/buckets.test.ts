import { expect, test } from 'vitest';
import { coarsened, mergedPairs, percentilesOf } from '../../../runner/course/buckets.ts';
import { Histogram } from '../../../workers/record/histogram.ts';

function pairsOf(histogram: Histogram): Uint32Array {
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => pairs.push(bucket, count));
  return Uint32Array.from(pairs);
}

/** From parts of a microsecond to hours, on both sides of every edge of a bucket. */
const VALUES = Array.from({ length: 4000 }, (_, i) => 0.0004 * 1.006 ** i).filter((ms) => ms < 1e7);

test('buckets of three digits fall into the buckets of two digits to which their values belong', () => {
  const fine = new Histogram(3, 1000);
  const coarse = new Histogram(2, 1000);
  for (const value of VALUES) {
    fine.add(value);
    coarse.add(value);
  }
  expect([...coarsened(pairsOf(fine), 3)]).toEqual([...pairsOf(coarse)]);
});

test('merging is adding, in any order and cut', () => {
  const parts = [0, 1, 2].map((rest) => {
    const part = new Histogram(2, 1000);
    for (const [i, value] of VALUES.entries()) if (i % 3 === rest) part.add(value);
    return pairsOf(part);
  }) as [Uint32Array, Uint32Array, Uint32Array];
  const whole = new Histogram(2, 1000);
  for (const value of VALUES) whole.add(value);
  const [a, b, c] = parts;
  expect([...mergedPairs(mergedPairs(a, b), c)]).toEqual([...pairsOf(whole)]);
  expect([...mergedPairs(a, mergedPairs(c, b))]).toEqual([...pairsOf(whole)]);
});

test('counts beyond 32 bits stay exact', () => {
  const most = Uint32Array.from([5, 0xffff_ffff]);
  expect([...mergedPairs(most, most)]).toEqual([5, 2 * 0xffff_ffff]);
});

test('percentiles are those of a histogram of two digits; the first and last ranks are exact', () => {
  const histogram = new Histogram(2, 1000);
  for (const value of VALUES) histogram.add(value);
  const step = {
    count: histogram.count,
    min: histogram.min,
    max: histogram.max,
    pairs: pairsOf(histogram),
  };
  const asked = [0, 1, 25, 50, 90, 95, 99, 99.9, 100];
  expect(percentilesOf(step, asked, 1000)).toEqual(asked.map((p) => histogram.percentile(p)));
  const one = { count: 1, min: 3.21, max: 3.21, pairs: Uint32Array.from([400, 1]) };
  expect(percentilesOf(one, [0, 50, 100], 1000)).toEqual([3.21, 3.21, 3.21]);
});
