/** Measured values in the form in which outputs of users get them. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type {
  CounterValues,
  GaugeValues,
  OutputSeries,
  RateValues,
  TrendValues,
} from '../../dsl/output/types.ts';
import { Histogram, scaleOf } from '../record/histogram.ts';
import { halfBits, highestOf, lowestOf } from '../record/layout.ts';
import type { Measured, MeasuredTrend } from '../record/measured.ts';

type Of<Type extends Measured['type']> = Extract<Measured, { type: Type }>;

/** Any number of measured parts of one metric as one; none give what no samples are. */
type Values = OutputSeries['total'];

function histogramOf(def: MetricDef, parts: readonly MeasuredTrend[]): Histogram {
  const histogram = new Histogram(def.digits, scaleOf(def.unit));
  for (const part of parts) histogram.mergeDelta({ ...part, id: 0, sumOfSquares: 0 });
  return histogram;
}

/** The histogram is made when it is first asked for: many outputs want counts and sums only. */
function trendValues(def: MetricDef, parts: readonly MeasuredTrend[]): TrendValues {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const sum = parts.reduce((all, part) => all + part.sum, 0);
  let histogram: Histogram | undefined;
  const made = (): Histogram => {
    histogram ??= histogramOf(def, parts);
    return histogram;
  };
  return {
    count,
    sum,
    avg: count === 0 ? Number.NaN : sum / count,
    min: count === 0 ? Number.NaN : Math.min(...parts.map((part) => part.min)),
    max: count === 0 ? Number.NaN : Math.max(...parts.map((part) => part.max)),
    percentile: (p) => made().percentile(p),
    buckets() {
      const bits = halfBits(def.digits);
      const scale = scaleOf(def.unit);
      const buckets: { above: number; upTo: number; count: number }[] = [];
      made().forEachBucket((bucket, inIt) => {
        buckets.push({
          above: (lowestOf(bucket, bits) - 1) / scale,
          upTo: highestOf(bucket, bits) / scale,
          count: inIt,
        });
      });
      return buckets;
    },
  };
}

function counterValues(parts: readonly Of<'counter'>[]): CounterValues {
  return { sum: parts.reduce((sum, part) => sum + part.sum, 0) };
}

function rateValues(parts: readonly Of<'rate'>[]): RateValues {
  const passes = parts.reduce((sum, part) => sum + part.passes, 0);
  const fails = parts.reduce((sum, part) => sum + part.fails, 0);
  return { passes, fails, rate: passes / (passes + fails) };
}

function gaugeValues(parts: readonly Of<'gauge'>[]): GaugeValues {
  if (parts.length === 0) return { value: Number.NaN, min: Number.NaN, max: Number.NaN };
  return {
    value: (parts.at(-1) as Of<'gauge'>).value,
    min: Math.min(...parts.map((part) => part.min)),
    max: Math.max(...parts.map((part) => part.max)),
  };
}

/** `parts` are of the metric's type. */
export function valuesOf(def: MetricDef, parts: readonly Measured[]): Values {
  switch (def.type) {
    case 'trend':
      return trendValues(def, parts as readonly MeasuredTrend[]);
    case 'counter':
      return counterValues(parts as readonly Of<'counter'>[]);
    case 'rate':
      return rateValues(parts as readonly Of<'rate'>[]);
    case 'gauge':
      return gaugeValues(parts as readonly Of<'gauge'>[]);
  }
}

export function outputSeries(
  def: MetricDef,
  tags: Readonly<Record<string, string>>,
  interval: readonly Measured[],
  total: readonly Measured[],
): OutputSeries {
  return {
    metric: def.name,
    type: def.type,
    unit: def.unit,
    tags,
    interval: valuesOf(def, interval),
    total: valuesOf(def, total),
  } as OutputSeries;
}
