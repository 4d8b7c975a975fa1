/**
 * The bucket layout of HdrHistogram over the integers 0 … 2^53 - 1.
 *
 * With 2^(bits+1) sub-buckets (2048 for 3 digits, 256 for 2), integers below that number have a bucket each. From there
 * on every power of two is cut into 2^bits buckets of equal width, so that a bucket is never wider than 1/2^bits of its
 * values: 1/1024 for 3 digits, 1/128 for 2.
 *
 *     3 digits      values          width   buckets
 *                   0 …  2047           1   0 … 2047
 *                2048 …  4095           2   2048 … 3071
 *                4096 …  8191           4   3072 … 4095
 *                   …
 *
 * Indexes are those of every other HdrHistogram implementation with a lowest discernible value of 1.
 */

export type Digits = 2 | 3;

/** Largest integer that has a bucket; higher values are counted in the last one. */
export const HIGHEST_UNITS = Number.MAX_SAFE_INTEGER;

const TWO_POW_32 = 2 ** 32;

/** Smallest b such that 2 * 10^digits <= 2^(b+1): half of the sub-buckets are 2^b. */
export function halfBits(digits: Digits): number {
  return digits === 3 ? 10 : 7;
}

/** Bucket of an integer from 0 to `HIGHEST_UNITS`. */
export function bucketOf(units: number, bits: number): number {
  if (units < 2 ** 31) {
    // The mask makes small numbers look as if their highest bit were the one of the last single-unit bucket.
    const shift = 31 - bits - Math.clz32(units | ((2 << bits) - 1));
    return (shift << bits) + (units >>> shift);
  }
  const high = Math.floor(units / TWO_POW_32);
  const exponent = high === 0 ? 31 : 63 - Math.clz32(high);
  const shift = exponent - bits;
  return (shift << bits) + Math.floor(units / 2 ** shift);
}

/** Smallest integer of a bucket. */
export function lowestOf(bucket: number, bits: number): number {
  const shift = Math.max(0, (bucket >> bits) - 1);
  return (bucket - (shift << bits)) * 2 ** shift;
}

/** Largest integer of a bucket. */
export function highestOf(bucket: number, bits: number): number {
  const shift = Math.max(0, (bucket >> bits) - 1);
  return (bucket - (shift << bits) + 1) * 2 ** shift - 1;
}

/** Number of buckets that the layout has. */
export function bucketCount(bits: number): number {
  return bucketOf(HIGHEST_UNITS, bits) + 1;
}
