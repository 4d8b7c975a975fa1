/**
 * A second's histogram as samples for a StatsD server, which makes percentiles of its own. Up to `most` samples go as
 * they are. Of more, neighbours in rank become one sample with their mean that stands for 2^k of them:
 *
 *     rank      1                                      n
 *     weights   1  w w w 2 w w w 4 w w w w/2 w w w …   1
 *
 * - Weights are powers of two: their sample rate (`@0.125`) is exact in decimal and in binary, so a server that computes
 *   1/rate, or truncates it to an integer, counts exactly `n`.
 * - Nearly all are equal, and the rest are spread evenly: a server that ignores rates in percentiles (Etsy's) is right
 *   nonetheless.
 * - The first and the last stand for themselves: minimum and maximum are exact.
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import { scaleOf } from '../../../workers/record/histogram.ts';
import { halfBits, highestOf, lowestOf } from '../../../workers/record/layout.ts';
import type { MeasuredTrend } from '../output.ts';

/** There are at least half as many parts: a percentile is off by less than 0.4 % in rank. */
const MOST = 512;
/** Where there are many series: less than 3 % in rank. */
const LEAST = 64;
/** Of all series in one batch: with usual tags some 1,200 packets. */
const MOST_OF_ALL = 16_384;

/** Most samples of each trend of a batch, by the number of samples of each. */
export function mostSamples(counts: readonly number[]): number {
  const many = counts.filter((count) => count > LEAST).length;
  return Math.max(LEAST, Math.min(MOST, Math.floor(MOST_OF_ALL / Math.max(1, many))));
}

/** The rate of more would have an exponent, which not every server reads. */
const HIGHEST_WEIGHT = 2 ** 19;

export interface Sample {
  readonly value: number;
  /** How many were measured, a power of two. */
  readonly weight: number;
}

/** One part of `weight` and the rest, without the two single samples at the ends: 2, 4, …, and the bits of the rest. */
function unequalParts(weight: number, rest: number): readonly number[] {
  const parts: number[] = [];
  for (let part = 1; part < weight; part *= 2) {
    if (part > 1) parts.push(part);
    if (Math.floor(rest / part) % 2 === 1) parts.push(part);
  }
  return parts;
}

/** Weights by rising rank; their sum is `count`. */
export function weightsOf(count: number, most = MOST): readonly number[] {
  if (count <= most) return new Array<number>(count).fill(1);
  const weight = Math.min(2 ** Math.ceil(Math.log2(count / most)), HIGHEST_WEIGHT);
  const equal = Math.floor(count / weight) - 1;
  const unequal = unequalParts(weight, count % weight);
  const weights = [1];
  for (const [i, part] of unequal.entries()) {
    const from = Math.round((i / (unequal.length + 1)) * equal);
    const to = Math.round(((i + 1) / (unequal.length + 1)) * equal);
    for (let n = from; n < to; n++) weights.push(weight);
    weights.push(part);
  }
  const left = equal - Math.round((unequal.length / (unequal.length + 1)) * equal);
  for (let n = 0; n < left; n++) weights.push(weight);
  weights.push(1);
  return weights;
}

/** The middle of a bucket, in the metric's unit. */
function middleOf(bucket: number, def: MetricDef): number {
  const bits = halfBits(def.digits);
  return (lowestOf(bucket, bits) + highestOf(bucket, bits)) / 2 / scaleOf(def.unit);
}

export function samplesOf(def: MetricDef, trend: MeasuredTrend, most = MOST): readonly Sample[] {
  const { buckets, min, max, count } = trend;
  let at = 0;
  let left = (buckets[1] as number | undefined) ?? 0;
  /** Sum of the next values in rank. */
  const take = (amount: number): number => {
    let sum = 0;
    let wanted = amount;
    while (wanted > 0 && at < buckets.length) {
      const taken = Math.min(wanted, left);
      sum += taken * middleOf(buckets[at] as number, def);
      wanted -= taken;
      left -= taken;
      if (left > 0) continue;
      at += 2;
      left = (buckets[at + 1] as number | undefined) ?? 0;
    }
    return sum;
  };
  const samples = weightsOf(count, most).map((weight) => ({ weight, value: take(weight) / weight }));
  return samples.map(({ weight, value }, i) => {
    if (i === samples.length - 1) return { weight, value: max };
    if (i === 0) return { weight, value: min };
    return { weight, value: Math.min(max, Math.max(min, value)) };
  });
}
