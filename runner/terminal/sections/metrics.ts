/** Metrics beside HTTP and iterations: of other protocols, of the script, and sub-metrics that were asked for. */

import { M } from '../../../dsl/metrics.ts';
import { metricsInRows } from '../../summary/calls.ts';
import type { MetricSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount, formatPercent, formatStat } from '../format.ts';
import { type Cell, type Column, heading, type Item, line, type Row } from '../grid.ts';
import type { Style } from '../style.ts';
import { callTables } from './requests.ts';

const MOST_METRICS = 30;

/** Built-in metrics that have a section of their own. */
const TOLD_ELSEWHERE =
  /^(http_|iteration|dropped_iterations|checks$|vus|data_|generator_|group_duration|capacity_)/;

function baseOf(name: string): string {
  const brace = name.indexOf('{');
  return brace < 0 ? name : name.slice(0, brace);
}

function isCustom(name: string): boolean {
  return !(baseOf(name) in M);
}

function hasData(metric: MetricSummary): boolean {
  const { values, type } = metric;
  if (type === 'rate') return (values.passes ?? 0) + (values.fails ?? 0) > 0;
  if (type === 'gauge') return values.value !== undefined;
  return (values.count ?? 0) > 0;
}

export function metricRow(name: string, metric: MetricSummary): Row {
  const { values, type } = metric;
  const label = clean(name);
  const cell = (stat: string): Cell => ({ text: formatStat(stat, values[stat], metric) });
  switch (type) {
    case 'trend':
      return {
        kind: 'row',
        label,
        cells: {
          count: cell('count'),
          p50: values['p(50)'] === undefined ? cell('med') : cell('p(50)'),
          p95: cell('p(95)'),
          p99: cell('p(99)'),
          max: cell('max'),
        },
      };
    case 'counter':
      return {
        kind: 'row',
        label,
        cells: { count: cell('count'), rate: { text: cell('rate').text.replace(/\/s$/, '') } },
      };
    case 'rate': {
      const total = (values.passes ?? 0) + (values.fails ?? 0);
      return {
        kind: 'row',
        label,
        cells: { count: { text: formatPercent(values.rate) } },
        note: { text: `${formatCount(values.passes)} of ${formatCount(total)}`, tone: 'faint' },
      };
    }
    case 'gauge':
      return {
        kind: 'row',
        label,
        cells: { count: cell('value') },
        note: { text: `min ${cell('min').text}, max ${cell('max').text}`, tone: 'faint' },
      };
  }
}

function section(
  title: string,
  entries: readonly (readonly [string, MetricSummary])[],
  style: Style,
): Item[] {
  if (entries.length === 0) return [];
  const some = (type: MetricSummary['type']) => entries.some(([, metric]) => metric.type === type);
  const columns: Column[] = [
    ...(some('trend') || some('counter') ? (['count'] as const) : []),
    ...(some('counter') ? (['rate'] as const) : []),
    ...(some('trend') ? (['p50', 'p95', 'p99', 'max'] as const) : []),
  ];
  const shown = entries.slice(0, MOST_METRICS);
  const hidden = entries.length - shown.length;
  return [
    heading(title, columns),
    ...shown.map(([name, metric]) => metricRow(name, metric)),
    ...(hidden > 0 ? [line(style.paint('faint', `and ${formatCount(hidden)} more`))] : []),
  ];
}

/** METRICS of other protocols and of the script; BREAKDOWN: sub-metrics that no threshold shows. */
export function metricItems(summary: Summary, style: Style): Item[][] {
  const entries = Object.entries(summary.metrics).filter(([, metric]) => hasData(metric));
  const inTables = new Set(callTables(summary).flatMap(([protocol]) => metricsInRows(protocol)));
  const whole = entries.filter(([name]) => !name.includes('{') && !inTables.has(name));
  const parts = entries.filter(([name, metric]) => name.includes('{') && metric.thresholds === undefined);
  return [
    section(
      'PROTOCOLS',
      whole.filter(([name]) => !isCustom(name) && !TOLD_ELSEWHERE.test(name)),
      style,
    ),
    section(
      'CUSTOM METRICS',
      whole.filter(([name]) => isCustom(name)),
      style,
    ),
    section('BREAKDOWN', parts, style),
  ];
}
