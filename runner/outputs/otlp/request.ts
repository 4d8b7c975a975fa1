/**
 * A batch as an OTLP export request, in the shape of OTLP's JSON.
 *
 *     counter   Sum, monotonic
 *     rate      Sum, monotonic, two points told apart by the attribute `condition`: nonzero (what the rate counts), zero
 *     gauge     Gauge, the latest value
 *     trend     ExponentialHistogram or Histogram, with exact count, sum, minimum and maximum
 *
 * Delta: every point covers the batch's time. Cumulative: every point covers the run so far; what did not change since
 * the last request is not sent again.
 */

import type { MetricDef, MetricUnit } from '../../../dsl/metrics.ts';
import type { Measured, MeasuredTrend, OutputBatch, OutputSeries } from '../output.ts';
import { DEFAULT_BOUNDS, explicitBuckets, exponentialBuckets } from './buckets.ts';
import type { PlainMessage } from './protobuf.ts';

export type Temporality = 'delta' | 'cumulative';
export type HistogramKind = 'exponential' | 'explicit';

/** Of the enum AggregationTemporality. */
const TEMPORALITY = { delta: 1, cumulative: 2 } as const;

/** UCUM, as OpenTelemetry wants it. */
const UNIT: Readonly<Record<MetricUnit, string>> = {
  ms: 'ms',
  bytes: 'By',
  count: '1',
  ratio: '1',
  none: '',
};

export interface RequestStyle {
  readonly temporality: Temporality;
  readonly histograms: HistogramKind;
  /** Of the resource. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly version: string;
}

export interface ExportRequest {
  readonly message: PlainMessage;
  readonly points: number;
}

/** 64-bit integers are strings in JSON where they pass 2^53; numbers are taken too. */
function nanoseconds(time: Date): string {
  return `${time.getTime()}000000`;
}

function keyValues(entries: Iterable<readonly [string, string]>): readonly PlainMessage[] {
  return Array.from(entries, ([key, value]) => ({ key, value: { stringValue: value } }));
}

interface PointTime {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

type Point = (attributes: readonly PlainMessage[]) => PlainMessage;

function histogramPoint(def: MetricDef, trend: MeasuredTrend, style: RequestStyle): PlainMessage {
  const { count, sum, min, max } = trend;
  const exact = { count: String(count), sum, min, max };
  if (style.histograms === 'explicit') {
    const counts = explicitBuckets(def, trend, DEFAULT_BOUNDS);
    return { ...exact, bucketCounts: counts, explicitBounds: DEFAULT_BOUNDS };
  }
  const { scale, zeroCount, offset, counts } = exponentialBuckets(def, trend);
  return {
    ...exact,
    scale,
    zeroCount: String(zeroCount),
    positive: { offset, bucketCounts: counts },
  };
}

function pointsOf(
  def: MetricDef,
  measured: Measured,
  time: PointTime,
  style: RequestStyle,
): readonly Point[] {
  switch (measured.type) {
    case 'counter':
      return [(attributes) => ({ attributes, ...time, asDouble: measured.sum })];
    case 'rate':
      return (['nonzero', 'zero'] as const).map((condition) => (attributes) => ({
        attributes: [...attributes, ...keyValues([['condition', condition]])],
        ...time,
        asDouble: condition === 'nonzero' ? measured.passes : measured.fails,
      }));
    case 'gauge':
      return [(attributes) => ({ attributes, timeUnixNano: time.timeUnixNano, asDouble: measured.value })];
    case 'trend': {
      const point = histogramPoint(def, measured, style);
      return [(attributes) => ({ attributes, ...time, ...point })];
    }
  }
}

function metricOf(def: MetricDef, dataPoints: readonly PlainMessage[], style: RequestStyle): PlainMessage {
  const { name } = def;
  const unit = UNIT[def.unit];
  const aggregationTemporality = TEMPORALITY[style.temporality];
  switch (def.type) {
    case 'counter':
    case 'rate':
      return { name, unit, sum: { dataPoints, aggregationTemporality, isMonotonic: true } };
    case 'gauge':
      return { name, unit, gauge: { dataPoints } };
    case 'trend': {
      const kind = style.histograms === 'explicit' ? 'histogram' : 'exponentialHistogram';
      return { name, unit, [kind]: { dataPoints, aggregationTemporality } };
    }
  }
}

/** `since`: the beginning of the run, for cumulative points. */
export function exportRequest(batch: OutputBatch, since: Date, style: RequestStyle): ExportRequest {
  const cumulative = style.temporality === 'cumulative';
  const time = {
    startTimeUnixNano: nanoseconds(cumulative ? since : batch.from),
    timeUnixNano: nanoseconds(batch.to),
  };
  const byMetric = new Map<MetricDef, PlainMessage[]>();
  let points = 0;
  for (const series of batch.series) {
    const { def, tags } = series;
    const attributes = keyValues(tags);
    const made = pointsOf(def, measuredOf(series, cumulative), time, style).map((point) => point(attributes));
    points += made.length;
    const known = byMetric.get(def);
    if (known === undefined) byMetric.set(def, made);
    else known.push(...made);
  }
  const metrics = [...byMetric].map(([def, dataPoints]) => metricOf(def, dataPoints, style));
  return { message: requestMessage(metrics, style), points };
}

function measuredOf(series: OutputSeries, cumulative: boolean): Measured {
  return cumulative ? series.total : series.delta;
}

/** Valid, and holds nothing: to see whether a receiver would take one. */
export function emptyRequest(): PlainMessage {
  return { resourceMetrics: [] };
}

function requestMessage(metrics: readonly PlainMessage[], style: RequestStyle): PlainMessage {
  return {
    resourceMetrics: [
      {
        resource: { attributes: keyValues(style.attributes) },
        scopeMetrics: [{ scope: { name: 'brunt', version: style.version }, metrics }],
      },
    ],
  };
}
