import { expect, test } from 'vitest';
import {
  bucketCount,
  bucketOf,
  HIGHEST_UNITS,
  halfBits,
  highestOf,
  lowestOf,
} from '../../../workers/record/layout.ts';

const DIGITS = [2, 3] as const;

test('integers up to twice the precision have a bucket each', () => {
  for (let units = 0; units < 2048; units++) expect(bucketOf(units, halfBits(3))).toBe(units);
  for (let units = 0; units < 256; units++) expect(bucketOf(units, halfBits(2))).toBe(units);
});

test('the table in the header of the layout', () => {
  const bits = halfBits(3);
  expect([2048, 2049, 2050, 4095, 4096, 8191].map((units) => bucketOf(units, bits))).toEqual([
    2048, 2048, 2049, 3071, 3072, 4095,
  ]);
});

test.each(DIGITS)('%i digits: buckets lie side by side and cover every integer once', (digits) => {
  const bits = halfBits(digits);
  expect(lowestOf(0, bits)).toBe(0);
  for (let bucket = 0; bucket < bucketCount(bits) - 1; bucket++) {
    const [low, high] = [lowestOf(bucket, bits), highestOf(bucket, bits)];
    if (lowestOf(bucket + 1, bits) !== high + 1) expect.fail(`a gap after bucket ${bucket}`);
    if (bucketOf(low, bits) !== bucket || bucketOf(high, bits) !== bucket) {
      expect.fail(`the edges ${low} and ${high} of bucket ${bucket} are in others`);
    }
  }
  expect(highestOf(bucketCount(bits) - 1, bits)).toBeGreaterThanOrEqual(HIGHEST_UNITS);
});

test.each(DIGITS)('%i digits: no bucket is wider than the precision allows', (digits) => {
  const bits = halfBits(digits);
  for (let bucket = 2 ** bits; bucket < bucketCount(bits); bucket++) {
    const low = lowestOf(bucket, bits);
    if ((highestOf(bucket, bits) - low) / low >= 10 ** -digits) expect.fail(`bucket ${bucket} is too wide`);
  }
});
