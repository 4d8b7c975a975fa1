/**
 * A second's histogram as samples for a StatsD server, which makes percentiles of its own. Up to `MOST` samples go as
 * they are. Of more, neighbours in rank become one sample with their mean that stands for 2^k of them:
 *
 *     rank      1                                                             n
 *     weights   1 1 2 4 … w/2   w   w   w   …   w   w   rest   w/2 … 4 2 1 1
 *
 * - Weights are powers of two: their sample rate (`@0.125`) is exact in decimal and in binary, so a server that computes
 *   1/rate, or truncates it to an integer, counts exactly `n`.
 * - All but a few weights are equal: a server that ignores rates in percentiles (Etsy's) is right nonetheless.
 * - The ends are finer: minimum and maximum are exact, and high percentiles keep their tail.
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import { scaleOf } from '../../../workers/record/histogram.ts';
import { halfBits, highestOf, lowestOf } from '../../../workers/record/layout.ts';
import type { MeasuredTrend } from '../output.ts';

/** With this many equal parts a percentile is off by less than 0.4 % in rank. */
const MOST = 256;

/** The rate of more would have an exponent, which not every server reads. */
const HIGHEST_WEIGHT = 2 ** 19;

export interface Sample {
  readonly value: number;
  /** How many were measured, a power of two. */
  readonly weight: number;
}

/** Weights by rising rank; their sum is `count`. */
export function weightsOf(count: number): readonly number[] {
  const exact = count <= MOST ? 1 : 2 ** Math.ceil(Math.log2(count / MOST));
  const weight = Math.min(exact, HIGHEST_WEIGHT);
  if (weight === 1) return new Array<number>(count).fill(1);
  const end = [1];
  for (let part = 1; part < weight; part *= 2) end.push(part);
  const rest: number[] = [];
  for (let left = count % weight, part = weight / 2; part >= 1; part /= 2) {
    if (left < part) continue;
    rest.push(part);
    left -= part;
  }
  const equal = new Array<number>(Math.floor(count / weight) - 2).fill(weight);
  return [...end, ...equal, ...rest, ...end.toReversed()];
}

/** The middle of a bucket, in the metric's unit. */
function middleOf(bucket: number, def: MetricDef): number {
  const bits = halfBits(def.digits);
  return (lowestOf(bucket, bits) + highestOf(bucket, bits)) / 2 / scaleOf(def.unit);
}

export function samplesOf(def: MetricDef, trend: MeasuredTrend): readonly Sample[] {
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
  const samples = weightsOf(count).map((weight) => ({ weight, value: take(weight) / weight }));
  return samples.map(({ weight, value }, i) => {
    if (weight === 1 && i === 0) return { weight, value: min };
    if (weight === 1 && i === samples.length - 1) return { weight, value: max };
    return { weight, value: Math.min(max, Math.max(min, value)) };
  });
}
