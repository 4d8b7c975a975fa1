/**
 * What is compared. A subject is a statistic of a metric or sub-metric, written as in thresholds but without the limit:
 *
 *     subject := selector [ (':' | ' ') statistic ]      http_req_duration{scenario:buy}:p(99)
 *
 * Without a statistic it is p(95) of a trend, the rate of counters and rates, and the highest value of a gauge.
 */

import type { MetricDef, MetricType } from '../../dsl/metrics.ts';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { percentileOf } from '../aggregate/cells.ts';
import type { Selector } from '../aggregate/types.ts';
import { parseSelector } from '../thresholds/selector.ts';
import { unfitStatistic } from '../thresholds/statistics.ts';

export interface Subject {
  readonly selector: Selector;
  /** Undefined until the metric's type is known. */
  readonly stat: string | undefined;
}

export type SubjectReading =
  | { readonly ok: true; readonly subject: Subject }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const DEFAULT_STAT: Readonly<Record<MetricType, string>> = {
  trend: 'p(95)',
  counter: 'rate',
  rate: 'rate',
  gauge: 'max',
};

export function parseSubject(text: string): SubjectReading {
  // Tags hold colons too, so the statistic is looked for behind them.
  const brace = text.lastIndexOf('}') + 1;
  const tail = /^(.*?)[:\s]\s*(\S+)\s*$/s.exec(text.slice(brace));
  const name = tail === null ? text : text.slice(0, brace) + (tail[1] as string);
  const parsed = parseSelector(name);
  if (!parsed.ok) return { ok: false, message: parsed.problem.message, ...hintOf(parsed.problem.hint) };
  const stat = tail?.[2];
  const def = BUILTIN_METRICS.find((metric) => metric.name === parsed.selector.metric);
  const unfit = stat === undefined ? undefined : unfitStatistic(stat, def);
  if (unfit !== undefined) return { ok: false, message: unfit.message, ...hintOf(unfit.hint) };
  return { ok: true, subject: { selector: parsed.selector, stat } };
}

function hintOf(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

export function statFor(subject: Subject, def: MetricDef): string {
  return subject.stat ?? DEFAULT_STAT[def.type];
}

export const CAPACITY = 'capacity_rate';

/** What a comparison is about where nothing was asked for: the first of each line that both sides have. */
export const USUAL_SUBJECTS: readonly (readonly string[])[] = [
  [
    CAPACITY,
    'http_req_duration',
    'grpc_req_duration',
    'ws_msg_rtt',
    'sql_query_duration',
    'iteration_duration',
  ],
  ['http_req_failed'],
  ['checks'],
];

export const DIFFERENT_DEFINITIONS =
  'the runs define it differently: type, unit or precision of its histogram';

export function sameDefinition(a: MetricDef, b: MetricDef): boolean {
  return a.type === b.type && a.unit === b.unit && a.digits === b.digits;
}

/** Metrics of which more is better; in all others, times and failures above all, less is. */
const MORE_IS_BETTER: ReadonlySet<string> = new Set([
  'checks',
  'iterations',
  'http_reqs',
  'ws_sessions',
  'ws_msgs_sent',
  'ws_msgs_received',
  'data_sent',
  'data_received',
  CAPACITY,
]);

export function higherIsBetter(metric: string, stat: string): boolean {
  return MORE_IS_BETTER.has(metric) && stat !== 'fails';
}

/** Samples below which a high percentile is decided by a handful of them. */
function leastSamples(stat: string): number {
  const p = percentileOf(stat);
  if (p === undefined) return 1;
  if (p >= 99.99) return 10_000;
  return p >= 99.9 ? 1000 : 1;
}

/** Why a run cannot tell a statistic; undefined where it can. */
export function tooFewSamples(run: string, stat: string, samples: number): string | undefined {
  const least = leastSamples(stat);
  return samples < least ? `${stat} needs at least ${least} samples, and ${run} has ${samples}` : undefined;
}

/**
 * Shares are compared by what went wrong: 99 % to 96 % of checks is four times as many failures, not 3 % less. Below
 * this floor one failure more or less in a whole run would be a ratio of any size.
 */
const SHARE_FLOOR = 0.001;

/** The number that ratios are taken of. */
export interface Quantity {
  readonly from: (value: number) => number;
  readonly higherIsBetter: boolean;
}

export function quantityOf(type: MetricType, stat: string, better: boolean): Quantity {
  if (type !== 'rate' || stat !== 'rate') return { from: (value) => value, higherIsBetter: better };
  return { from: (value) => Math.max(SHARE_FLOOR, better ? 1 - value : value), higherIsBetter: false };
}
