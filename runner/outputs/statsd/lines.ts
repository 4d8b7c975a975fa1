/**
 * A batch in the lines of StatsD.
 *
 *     brunt.http_reqs:12|c|#method:GET,name:GET /cart        a counter: what was added
 *     brunt.checks.passes:7|c    brunt.checks.fails:1|c      a rate: two counters
 *     brunt.vus:50|g                                         a gauge: the latest value
 *     brunt.http_req_duration:12.5|ms|@0.25                  a trend: samples, here one that stands for four
 *     brunt.basket_size:3|h                                  a trend of something else than time
 *
 * Without tags (`tags=name`) they become a part of the name: `brunt.http_reqs.method.GET.name.GET__cart`, and all trends
 * are `|ms`, as simple servers know no `|h`.
 */

import type { MetricDef } from '../../../dsl/metrics.ts';
import type { Measured, OutputBatch } from '../output.ts';
import { mostSamples, samplesOf } from './samples.ts';

export type TagStyle = 'dogstatsd' | 'name';

export interface StatsdStyle {
  readonly prefix: string;
  readonly tags: TagStyle;
  /** Of the run; a series' own come before. */
  readonly runTags: ReadonlyMap<string, string>;
}

/** Datadog cuts longer ones. */
const LONGEST_TAG = 200;

function tagText(key: string, value: string): string {
  const cleanKey = key.replace(/[^A-Za-z0-9_.\-/]/g, '_');
  const cleanValue = value.replace(/[|,#\p{Cc}]/gu, '_');
  return `${cleanKey}:${cleanValue}`.slice(0, LONGEST_TAG);
}

function namePart(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, LONGEST_TAG);
}

interface Names {
  /** Before the colon; `suffix` as in `.passes`. */
  name(suffix?: string): string;
  /** Behind the type and the rate. */
  readonly end: string;
}

function namesOf(def: MetricDef, tags: ReadonlyMap<string, string>, style: StatsdStyle): Names {
  const all = [...new Map([...style.runTags, ...tags])].filter(([, value]) => value !== '');
  const base = `${style.prefix}${def.name}`;
  if (style.tags === 'name') {
    const parts = all.map(([key, value]) => `.${namePart(key)}.${namePart(value)}`).join('');
    return { name: (suffix = '') => `${base}${suffix}${parts}`, end: '' };
  }
  const end = all.length === 0 ? '' : `|#${all.map(([key, value]) => tagText(key, value)).join(',')}`;
  return { name: (suffix = '') => `${base}${suffix}`, end };
}

/** A gauge below 0 would be a step down: it is set to 0 first. */
function gaugeLines(name: string, value: number, end: string): readonly string[] {
  const set = `${name}:${value}|g${end}`;
  return value < 0 ? [`${name}:0|g${end}\n${set}`] : [set];
}

/** Six digits say more than was measured. */
function shown(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function linesOf(
  def: MetricDef,
  measured: Measured,
  names: Names,
  trends: { readonly type: 'ms' | 'h'; readonly most: number },
): readonly string[] {
  const { end } = names;
  switch (measured.type) {
    case 'counter':
      return [`${names.name()}:${measured.sum}|c${end}`];
    case 'rate':
      return [
        `${names.name('.passes')}:${measured.passes}|c${end}`,
        `${names.name('.fails')}:${measured.fails}|c${end}`,
      ];
    case 'gauge':
      return gaugeLines(names.name(), measured.value, end);
    case 'trend': {
      const { type, most } = trends;
      const name = names.name();
      return samplesOf(def, measured, most).map(
        ({ value, weight }) =>
          `${name}:${shown(value)}|${type}${weight === 1 ? '' : `|@${1 / weight}`}${end}`,
      );
    }
  }
}

/** Text without a line break at its end; one of two lines stays together. */
export function batchLines({ series }: OutputBatch, style: StatsdStyle): readonly string[] {
  const most = mostSamples(series.map(({ delta }) => (delta.type === 'trend' ? delta.count : 0)));
  return series.flatMap(({ def, tags, delta }) => {
    const type = style.tags === 'name' || def.unit === 'ms' ? 'ms' : 'h';
    return linesOf(def, delta, namesOf(def, tags, style), { type, most });
  });
}

/** Lines as packets of at most `mostBytes`, but for a line that is longer itself. */
export function packetsOf(lines: readonly string[], mostBytes: number): readonly Buffer[] {
  const packets: Buffer[] = [];
  let parts: string[] = [];
  let length = 0;
  const flush = (): void => {
    if (parts.length > 0) packets.push(Buffer.from(parts.join('\n')));
    parts = [];
    length = 0;
  };
  for (const line of lines) {
    const bytes = Buffer.byteLength(line);
    if (length > 0 && length + 1 + bytes > mostBytes) flush();
    length += bytes + (parts.length > 0 ? 1 : 0);
    parts.push(line);
  }
  flush();
  return packets;
}
