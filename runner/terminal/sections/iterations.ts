/** ITERATIONS: how many, of which scenario, and how long they took; with arrivals, for the user and by themselves. */

import type { MetricSummary, ScenarioSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount, formatMs } from '../format.ts';
import { heading, type Item, line, type Row } from '../grid.ts';
import type { Style } from '../style.ts';

const OPEN_MODEL: ReadonlySet<string> = new Set(['constant-arrival-rate', 'ramping-arrival-rate', 'burst']);

/** Scenarios beyond this many are counted only, unless everything was asked for. */
const MOST_SCENARIOS = 8;

type Counts = Pick<ScenarioSummary, 'iterations' | 'failed' | 'interrupted' | 'dropped'>;

function countsText(counts: Counts, style: Style): string {
  const part = (count: number, word: string, tone: 'bad' | 'warn') =>
    style.paint(count > 0 ? tone : 'faint', `${formatCount(count)} ${word}`);
  return [
    `${formatCount(counts.iterations)} complete`,
    part(counts.failed, 'failed', 'bad'),
    part(counts.interrupted, 'interrupted', 'warn'),
    part(counts.dropped, 'dropped', 'warn'),
  ].join(', ');
}

function timesRow(label: string, metric: MetricSummary | undefined): Row[] {
  if (metric === undefined || metric.values.count === undefined || metric.values.count === 0) return [];
  const { values } = metric;
  return [
    {
      kind: 'row',
      label,
      cells: {
        p50: { text: formatMs(values['p(50)'] ?? values.med) },
        p95: { text: formatMs(values['p(95)']) },
        p99: { text: formatMs(values['p(99)']) },
        max: { text: formatMs(values.max) },
      },
    },
  ];
}

function sum(scenarios: readonly ScenarioSummary[]): Counts {
  const total = (field: keyof Counts) => scenarios.reduce((all, s) => all + s[field], 0);
  return {
    iterations: total('iterations'),
    failed: total('failed'),
    interrupted: total('interrupted'),
    dropped: total('dropped'),
  };
}

export function iterationItems(summary: Summary, full: boolean, style: Style): Item[] {
  const entries = Object.entries(summary.scenarios);
  const counts = sum(entries.map(([, s]) => s));
  const started = counts.iterations + counts.failed + counts.interrupted + counts.dropped;
  if (started === 0) return [];
  const { iteration_response_time: response, iteration_duration: service } = summary.metrics;
  const open = entries.some(([, s]) => OPEN_MODEL.has(s.executor));
  const bothTimes = open && (response?.values.count ?? 0) > 0;
  const rows = bothTimes
    ? [...timesRow('waited, from the schedule', response), ...timesRow('ran, from the start', service)]
    : timesRow('duration', service);
  const shown = entries.length < 2 ? [] : full ? entries : entries.slice(0, MOST_SCENARIOS);
  const hidden = entries.length < 2 ? 0 : entries.length - shown.length;
  return [
    line(`${style.paint('strong', 'ITERATIONS')}  ${countsText(counts, style)}`),
    ...shown.map(
      ([name, scenario]): Row => ({
        kind: 'row',
        label: clean(name),
        cells: {},
        note: { text: `${countsText(scenario, style)}  ${style.paint('faint', clean(scenario.executor))}` },
      }),
    ),
    ...(hidden > 0 ? [line(style.paint('faint', `and ${hidden} more scenarios`))] : []),
    ...(rows.length > 0 ? [heading('', ['p50', 'p95', 'p99', 'max']), ...rows] : []),
    ...(bothTimes
      ? [
          line(
            style.paint(
              'faint',
              'waited = response time, what a user who came on time saw; ran = service time',
            ),
          ),
        ]
      : []),
  ];
}
