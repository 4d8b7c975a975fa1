import { expect, test } from 'vitest';
import { Histogram } from '../../../workers/record/histogram.ts';

/** A closed loop with one stall: 10,000 x 1 ms and then 100 s, one sample expected every 10 ms. */
function stalled(): Histogram {
  const histogram = new Histogram(3, 1000);
  histogram.addTimes(1, 10_000);
  histogram.add(100_000);
  return histogram;
}

function within(actual: number, expected: number): void {
  expect(Math.abs(actual - expected) / expected).toBeLessThanOrEqual(0.001);
}

test('the raw histogram hides the stall', () => {
  const raw = stalled();
  expect(raw.count).toBe(10_001);
  within(raw.percentile(99), 1);
  within(raw.mean, 10.999);
});

test('the corrected one shows what users would have waited', () => {
  const corrected = stalled().correctedFor(10);
  expect(corrected.count).toBe(20_000);
  within(corrected.percentile(50), 1);
  within(corrected.percentile(75), 50_000);
  within(corrected.percentile(90), 80_000);
  within(corrected.percentile(99), 98_000);
  within(corrected.percentile(99.9), 99_800);
  expect(corrected.max).toBe(100_000);
  within(corrected.mean, 25_003);
});

test('the raw histogram stays as it is, and nothing is added below the interval', () => {
  const raw = stalled();
  raw.correctedFor(10);
  expect(raw.count).toBe(10_001);
  expect(raw.correctedFor(200_000).count).toBe(10_001);
  expect(() => raw.correctedFor(0)).toThrow(RangeError);
});
