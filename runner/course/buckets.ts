/**
 * Times of one step, small enough that thousands of steps fit into memory: pairs of (bucket, count) in the layout of 2
 * digits, by rising bucket. Its buckets are made of whole buckets of 3 digits (both cut powers of two), so what is merged
 * here is exactly what recording with 2 digits would have given: percentiles within 1 %, minimum and maximum exact.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { type Histogram, rankOf } from '../../workers/record/histogram.ts';
import { bucketOf, halfBits, highestOf, lowestOf } from '../../workers/record/layout.ts';

/** Pairs of bucket and count. */
export type Pairs = Uint32Array | Float64Array;

const FINE_BITS = halfBits(3);
const BITS = halfBits(2);
const MOST_IN_32_BITS = 0xffff_ffff;

function packed(pairs: readonly number[]): Pairs {
  for (let i = 1; i < pairs.length; i += 2) {
    if ((pairs[i] as number) > MOST_IN_32_BITS) return Float64Array.from(pairs);
  }
  return Uint32Array.from(pairs);
}

/** The pairs of a delta, in the layout of 2 digits. */
export function coarsened(pairs: Pairs, digits: MetricDef['digits']): Pairs {
  if (digits === 2) return pairs.slice();
  const result: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const bucket = bucketOf(lowestOf(pairs[i] as number, FINE_BITS), BITS);
    const count = pairs[i + 1] as number;
    const last = result.length - 2;
    if (last >= 0 && result[last] === bucket) result[last + 1] = (result[last + 1] as number) + count;
    else result.push(bucket, count);
  }
  return packed(result);
}

export function mergedPairs(a: Pairs, b: Pairs): Pairs {
  const result: number[] = [];
  let i = 0;
  let k = 0;
  while (i < a.length || k < b.length) {
    const left = i < a.length ? (a[i] as number) : Number.POSITIVE_INFINITY;
    const right = k < b.length ? (b[k] as number) : Number.POSITIVE_INFINITY;
    const bucket = Math.min(left, right);
    let count = 0;
    if (left === bucket) {
      count += a[i + 1] as number;
      i += 2;
    }
    if (right === bucket) {
      count += b[k + 1] as number;
      k += 2;
    }
    result.push(bucket, count);
  }
  return packed(result);
}

export interface TrendStep {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly pairs: Pairs;
}

/** What a histogram holds, in its own layout; undefined without samples. */
export function packedStep(histogram: Histogram): TrendStep | undefined {
  const { count, min, max } = histogram;
  if (count === 0) return undefined;
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, samples) => pairs.push(bucket, samples));
  return { count, min, max, pairs: packed(pairs) };
}

export function mergedSteps(a: TrendStep | undefined, b: TrendStep | undefined): TrendStep | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    pairs: mergedPairs(a.pairs, b.pairs),
  };
}

/** Values at these percentiles (rising), by the rule of `Histogram.percentile`, in one pass. */
export function percentilesOf(
  step: TrendStep,
  percentiles: readonly number[],
  scale: number,
  digits: MetricDef['digits'] = 2,
): number[] {
  const bits = halfBits(digits);
  const { count, min, max, pairs } = step;
  let seen = 0;
  let at = 0;
  return percentiles.map((p) => {
    const rank = rankOf(p, count);
    if (rank === 1) return min;
    if (rank === count) return max;
    while (at < pairs.length && seen + (pairs[at + 1] as number) < rank) {
      seen += pairs[at + 1] as number;
      at += 2;
    }
    return Math.min(max, Math.max(min, highestOf(pairs[at] as number, bits) / scale));
  });
}
