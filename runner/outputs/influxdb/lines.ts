/**
 * A batch in InfluxDB's line protocol: a point per series.
 *
 *     http_req_duration,method=GET,name=GET\ /cart count=12i,sum=90.2,min=3.1,…,p99=21.8 1700000001000
 *     measurement       tags                       fields                                ms since 1970
 *
 *     counter   value                       what was added; their sum is the whole
 *     rate      passes, fails, rate
 *     gauge     value, min, max
 *     trend     count, sum, min, max, avg, p50, p90, p95, p99
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../../workers/record/histogram.ts';
import type { Measured, MeasuredTrend, OutputSeries } from '../output.ts';

export const TREND_PERCENTILES = [50, 90, 95, 99] as const;

/** Names of InfluxDB 2 that a tag cannot have. */
const RESERVED_TAGS = new Set(['time', '_measurement', '_field']);

type Fields = readonly (readonly [name: string, value: number, type: 'float' | 'integer'])[];

/**
 * There is no way to write a line break, nor a backslash before a delimiter that follows the text, which would then be
 * taken for an escaped one.
 */
function escaped(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/\\+$/, '')
    .replace(/[,= ]/g, '\\$&');
}

function tagsOf(tags: Iterable<readonly [string, string]>): string {
  let text = '';
  for (const [key, value] of tags) {
    const shown = escaped(value);
    if (shown === '') continue;
    text += `,${escaped(RESERVED_TAGS.has(key) ? `${key}_` : key)}=${shown}`;
  }
  return text;
}

function trendFields(def: MetricDef, trend: MeasuredTrend): Fields {
  const { count, sum, min, max } = trend;
  const histogram = new Histogram(def.digits, scaleOf(def.unit));
  histogram.mergeDelta({ id: 0, sumOfSquares: 0, ...trend });
  return [
    ['count', count, 'integer'],
    ['sum', sum, 'float'],
    ['min', min, 'float'],
    ['max', max, 'float'],
    ['avg', sum / count, 'float'],
    ...TREND_PERCENTILES.map((p) => [`p${p}`, histogram.percentile(p), 'float'] as const),
  ];
}

function fieldsOf(def: MetricDef, measured: Measured): Fields {
  switch (measured.type) {
    case 'counter':
      return [['value', measured.sum, 'float']];
    case 'rate': {
      const { passes, fails } = measured;
      return [
        ['passes', passes, 'integer'],
        ['fails', fails, 'integer'],
        ['rate', passes / (passes + fails), 'float'],
      ];
    }
    case 'gauge':
      return [
        ['value', measured.value, 'float'],
        ['min', measured.min, 'float'],
        ['max', measured.max, 'float'],
      ];
    case 'trend':
      return trendFields(def, measured);
  }
}

export interface LineStyle {
  /** Of the run; a series' own tags come before. */
  readonly tags: ReadonlyMap<string, string>;
}

/** Undefined where nothing is left that InfluxDB has numbers for. `time`: milliseconds since 1970. */
export function lineOf(
  { def, tags, delta }: OutputSeries,
  time: number,
  style: LineStyle,
): string | undefined {
  const fields = fieldsOf(def, delta).filter(([, value]) => Number.isFinite(value));
  if (fields.length === 0) return undefined;
  const all = new Map([...style.tags, ...tags]);
  const shown = fields.map(([name, value, type]) => `${name}=${value}${type === 'integer' ? 'i' : ''}`);
  return `${def.name}${tagsOf(all)} ${shown.join(',')} ${time}`;
}
