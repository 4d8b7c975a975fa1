/**
 * Our HDR buckets as the two kinds of histogram that OTLP has.
 *
 * Exponential, at scale s: bucket i holds (base^i, base^(i+1)] with base = 2^(2^-s), so 2^s buckets to every doubling,
 * and reading the middle of a bucket is wrong by at most (base - 1) / (base + 1):
 *
 *     scale   buckets per doubling   wrong by at most
 *       7            128                 0.27 %
 *       6             64                 0.54 %
 *       5             32                 1.1 %
 *       4             16                 2.2 %
 *
 * A bucket of ours counts, as a whole, for its highest value: the value that our percentiles report. At 3 digits it is
 * 1/2048 to 1/1024 of its values wide, narrow against one of scale 7 (1/185), so that this adds 0.1 % at most. At 2
 * digits (1/256 to 1/128) scale 4 is the like. A finer scale would show more digits than were measured.
 *
 * Explicit bounds: the same, so a bound is off by the width of one bucket of ours at most.
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import { scaleOf } from '../../../workers/record/histogram.ts';
import { halfBits, highestOf } from '../../../workers/record/layout.ts';
import type { MeasuredTrend } from '../output.ts';

const HIGHEST_SCALE = { 2: 4, 3: 7 } as const;

/**
 * Most buckets of one histogram, empty ones between included, as they are sent. At scale 7 enough for values of which
 * the greatest is 256 times the smallest, at 6 for 65,536 times.
 */
const MOST_BUCKETS = 1024;

/** Of the OpenTelemetry SDKs, in milliseconds. */
export const DEFAULT_BOUNDS: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
];

export interface ExponentialBuckets {
  readonly scale: number;
  /** Values of 0 (and below, which count as 0 in our buckets too). */
  readonly zeroCount: number;
  /** Index of the first bucket. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/** Visits our buckets with the highest value of each, in the metric's unit, held between minimum and maximum. */
function forEachBucket(
  def: MetricDef,
  { buckets, min, max }: MeasuredTrend,
  visit: (value: number, count: number) => void,
): void {
  const bits = halfBits(def.digits);
  const units = scaleOf(def.unit);
  for (let i = 0; i < buckets.length; i += 2) {
    const highest = highestOf(buckets[i] as number, bits) / units;
    visit(Math.min(max, Math.max(min, highest)), buckets[i + 1] as number);
  }
}

/** Index of the bucket of a value above 0: the greatest i with base^i < value. */
function indexOf(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1;
}

export function exponentialBuckets(def: MetricDef, trend: MeasuredTrend): ExponentialBuckets {
  const highestScale = HIGHEST_SCALE[def.digits];
  const indexes: number[] = [];
  const parts: number[] = [];
  let zeroCount = 0;
  forEachBucket(def, trend, (value, count) => {
    if (value <= 0) {
      zeroCount += count;
      return;
    }
    indexes.push(indexOf(value, highestScale));
    parts.push(count);
  });
  if (indexes.length === 0) return { scale: highestScale, zeroCount, offset: 0, counts: [] };
  // A scale less merges two neighbours: the index is halved.
  const [lowest, highest] = [indexes[0] as number, indexes.at(-1) as number];
  let halvings = 0;
  while ((highest >> halvings) - (lowest >> halvings) >= MOST_BUCKETS) halvings++;
  const offset = lowest >> halvings;
  const counts = new Array<number>((highest >> halvings) - offset + 1).fill(0);
  for (const [i, count] of parts.entries()) {
    const at = ((indexes[i] as number) >> halvings) - offset;
    counts[at] = (counts[at] as number) + count;
  }
  return { scale: highestScale - halvings, zeroCount, offset, counts };
}

/** Counts of (-∞, bounds[0]], (bounds[0], bounds[1]], …, (last, ∞). */
export function explicitBuckets(
  def: MetricDef,
  trend: MeasuredTrend,
  bounds: readonly number[],
): readonly number[] {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let at = 0;
  forEachBucket(def, trend, (value, count) => {
    while (at < bounds.length && value > (bounds[at] as number)) at++;
    counts[at] = (counts[at] as number) + count;
  });
  return counts;
}
