/** Which statistic can be asked of which type of metric, and in which unit its limit is written. */

import type { MetricDef, MetricType } from '../../dsl/metrics.ts';
import { nearest } from '../config/nearest.ts';
import type { Measure } from './rule.ts';

/** Unit of a limit. `any`: the metric is unknown, so every unit may be right. */
export type Dimension = 'ms' | 'bytes' | 'share' | 'plain' | 'any';

const STATISTICS: Readonly<Record<MetricType, readonly string[]>> = {
  trend: ['avg', 'min', 'med', 'max', 'stdev', 'sum', 'count', 'p(N)'],
  counter: ['count', 'rate'],
  rate: ['rate', 'passes', 'fails'],
  gauge: ['value', 'min', 'max', 'growth', 'slope'],
};

const EVERY: readonly string[] = [...new Set(Object.values(STATISTICS).flat())];

/** What people write who know another tool; the first that the metric has is proposed. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  mean: ['avg'],
  average: ['avg'],
  median: ['med'],
  minimum: ['min'],
  maximum: ['max'],
  std: ['stdev'],
  stddev: ['stdev'],
  sd: ['stdev'],
  total: ['count', 'sum'],
  sum: ['count', 'value'],
  value: ['count', 'rate', 'avg'],
  last: ['value'],
  count: ['passes', 'value'],
  rate: ['count', 'avg', 'value'],
  rps: ['rate'],
  successes: ['passes'],
  failures: ['fails'],
  increase: ['growth'],
  trend: ['slope'],
};

const PERCENTILE_LOOKALIKE = /^(?:p|perc|percentile|pct|q)_?(\d{1,2})(?:[._]?(\d+))?$/i;

/** Statistics that only ever rise while the run goes on. */
export const RISING_STATISTICS: ReadonlySet<string> = new Set(['count', 'passes', 'fails']);

/** `avg, min or p(N)`: names for a sentence. */
function sentence(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Why a statistic cannot be used, with the nearest right one; undefined where it can. `def` undefined: any metric. */
export function unfitStatistic(
  name: string,
  def: MetricDef | undefined,
): { readonly message: string; readonly hint?: string } | undefined {
  const allowed = def === undefined ? EVERY : STATISTICS[def.type];
  if (allowed.includes(name) && name !== 'p(N)') return undefined;
  if (/^p\(/.test(name) && allowed.includes('p(N)')) return undefined;
  const known = EVERY.includes(name) || /^p\(/.test(name);
  const list = sentence(allowed);
  const message =
    def === undefined
      ? `\`${name}\` is no statistic; there are ${list}.`
      : known
        ? `\`${name}\` does not fit ${def.name}, which is a ${def.type}: it has ${list}.`
        : `\`${name}\` is no statistic; ${def.name}, a ${def.type}, has ${list}.`;
  const hint = proposal(name, allowed);
  return hint === undefined ? { message } : { message, hint: `Did you mean \`${hint}\`?` };
}

function proposal(name: string, allowed: readonly string[]): string | undefined {
  const lookalike = PERCENTILE_LOOKALIKE.exec(name);
  if (lookalike !== null && allowed.includes('p(N)')) {
    return `p(${lookalike[1]}${lookalike[2] === undefined ? '' : `.${lookalike[2]}`})`;
  }
  const other = OTHER_NAMES[name.toLowerCase()]?.find((n) => allowed.includes(n));
  if (other !== undefined) return other;
  return nearest(
    name,
    allowed.filter((n) => n !== 'p(N)'),
  );
}

/** Unit of the limit of a measure, and whether it is per second. */
export function dimensionOf(
  measure: Measure,
  def: MetricDef | undefined,
): { readonly dimension: Dimension; readonly perSecond: boolean } {
  if (def === undefined) return { dimension: 'any', perSecond: true };
  if (measure.kind === 'stat') {
    if (measure.stat === 'passes' || measure.stat === 'fails') return plain;
    if (measure.stat === 'count' && def.type === 'trend') return plain;
    if (def.type === 'rate') return { dimension: 'share', perSecond: false };
  }
  const perSecond =
    measure.kind === 'slope' ||
    (measure.kind === 'stat' && def.type === 'counter' && measure.stat === 'rate');
  switch (def.unit) {
    case 'ms':
      return { dimension: 'ms', perSecond };
    case 'bytes':
      return { dimension: 'bytes', perSecond };
    case 'ratio':
      // A growth or slope of a share may be outside 0 to 1.
      return measure.kind === 'stat' ? { dimension: 'share', perSecond } : { dimension: 'plain', perSecond };
    case 'count':
    case 'none':
      return { dimension: 'plain', perSecond };
  }
}

const plain = { dimension: 'plain', perSecond: false } as const;
