/** Measurements as outputs get them. */

import { BUILTIN_METRICS, type BuiltinMetric, M, type MetricDef } from '../../dsl/metrics.ts';
import type { Measured, MeasuredTrend, OutputBatch, OutputSeries } from '../../runner/outputs/output.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';

export function metric(name: BuiltinMetric): MetricDef {
  return BUILTIN_METRICS[M[name]] as MetricDef;
}

export function trendOf(def: MetricDef, values: readonly number[]): MeasuredTrend {
  const histogram = new Histogram(def.digits, scaleOf(def.unit));
  for (const value of values) histogram.add(value);
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => {
    pairs.push(bucket, count);
  });
  const { count, sum, min, max } = histogram;
  return { type: 'trend', count, sum, min, max, buckets: Float64Array.from(pairs) };
}

/** `total` is `delta` unless it is told. */
export function series(
  def: MetricDef,
  tags: Readonly<Record<string, string>>,
  delta: Measured,
  total: Measured = delta,
): OutputSeries {
  return { def, tags: new Map(Object.entries(tags)), delta, total };
}

/** From one second to the next. */
export function batch(all: readonly OutputSeries[], second = 1): OutputBatch {
  const at = (n: number): Date => new Date(Date.UTC(2026, 0, 1) + n * 1000);
  return { from: at(second - 1), to: at(second), series: all };
}
