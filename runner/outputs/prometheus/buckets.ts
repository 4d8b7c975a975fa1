/**
 * Our HDR buckets as Prometheus' two kinds of histogram. A bucket of ours counts, as a whole, for its highest value:
 * the value that our percentiles report. So a classic histogram says of every bound what a threshold says of it, and a
 * bound is off by the width of one bucket of ours at most (0.1 % at 3 digits, 0.8 % at 2).
 *
 * Classic: cumulative counts up to fixed bounds. A quantile is interpolated between two bounds, so it is in the right
 * bucket and no nearer; limits of thresholds are bounds too, so that what is above a limit is known exactly.
 *
 * Native (exponential): bucket i holds (base^(i-1), base^i] with base = 2^(2^-schema). At schema 5 there are 32 buckets
 * to every doubling, each 2.2 % wide.
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import { scaleOf } from '../../../workers/record/histogram.ts';
import { halfBits, highestOf } from '../../../workers/record/layout.ts';
import type { ThresholdRule } from '../../thresholds/rule.ts';
import type { MeasuredTrend } from '../output.ts';
import { toBaseUnit } from './names.ts';

/** Six to a power of ten: a bound is at most 1.7 times the one before it. */
const TIME_BOUNDS: readonly number[] = [
  0.001, 0.0015, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5,
  0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 60,
];

/** 64 B to 1 GiB. */
const BYTE_BOUNDS: readonly number[] = Array.from({ length: 13 }, (_, i) => 64 * 4 ** i);

/** Of anything: 0.001 to 1,000,000, three to a power of ten. */
const PLAIN_BOUNDS: readonly number[] = Array.from({ length: 28 }, (_, i) =>
  Number(`${[1, 2, 5][i % 3]}e${Math.floor(i / 3) - 3}`),
);

export const NATIVE_SCHEMA = 5;
const NATIVE_PER_DOUBLING = 2 ** NATIVE_SCHEMA;

/** Bounds of a trend, ascending, in Prometheus' unit. `times`: in place of the default ones for times. */
export function boundsOf(
  def: MetricDef,
  rules: readonly ThresholdRule[],
  times: readonly number[] = TIME_BOUNDS,
): readonly number[] {
  const standard = def.unit === 'ms' ? times : def.unit === 'bytes' ? BYTE_BOUNDS : PLAIN_BOUNDS;
  const limits = rules
    .filter((rule) => rule.selector.metric === def.name && isOfValues(rule))
    .map((rule) => toBaseUnit(rule.limit, def))
    .filter(Number.isFinite);
  // A quantile above the last bound is told as that bound: none of the limits may be it.
  const beyond = limits.filter((limit) => limit >= (standard.at(-1) as number)).map((limit) => limit * 2);
  return [...new Set([...standard, ...limits, ...beyond])].sort((a, b) => a - b);
}

/** Whether the limit is compared with single values: the count of those beyond it then tells all. */
export function isOfValues({ measure }: ThresholdRule): boolean {
  return measure.kind === 'stat' && /^(?:med|min|max|p\(.*\))$/.test(measure.stat);
}

/** Visits our buckets, ascending, with the highest value of each in Prometheus' unit. */
function forEachBucket(
  def: MetricDef,
  { buckets }: MeasuredTrend,
  visit: (value: number, count: number) => void,
) {
  const bits = halfBits(def.digits);
  const units = scaleOf(def.unit) * (def.unit === 'ms' ? 1000 : 1);
  for (let i = 0; i < buckets.length; i += 2) {
    visit(highestOf(buckets[i] as number, bits) / units, buckets[i + 1] as number);
  }
}

/** How many values are at or below each bound; all of them is the trend's count. */
export function cumulativeCounts(
  def: MetricDef,
  trend: MeasuredTrend,
  bounds: readonly number[],
): Float64Array {
  const counts = new Float64Array(bounds.length);
  let at = 0;
  let below = 0;
  forEachBucket(def, trend, (value, count) => {
    while (at < bounds.length && value > (bounds[at] as number)) counts[at++] = below;
    below += count;
  });
  counts.fill(below, at);
  return counts;
}

export interface NativeBuckets {
  /** Values of 0 (and below, which count as 0 in our buckets too). */
  readonly zeroCount: number;
  /** Index of a bucket and its count, ascending by index, no count 0. */
  readonly buckets: readonly (readonly [index: number, count: number])[];
}

export function nativeBuckets(def: MetricDef, trend: MeasuredTrend): NativeBuckets {
  const buckets: [number, number][] = [];
  let zeroCount = 0;
  forEachBucket(def, trend, (value, count) => {
    if (value <= 0) {
      zeroCount += count;
      return;
    }
    // A hair below, so that a power of two itself is not pushed over its bound by rounding.
    const index = Math.ceil(Math.log2(value) * NATIVE_PER_DOUBLING - 1e-9);
    const last = buckets.at(-1);
    if (last?.[0] === index) last[1] += count;
    else buckets.push([index, count]);
  });
  return { zeroCount, buckets };
}
