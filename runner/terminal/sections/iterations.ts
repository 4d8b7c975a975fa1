/** ITERATIONS: how many, of which scenario, and how long they took; with arrivals, for the user and by themselves. */

import type { MetricSummary, ScenarioSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount, formatMs } from '../format.ts';
import { heading, type Item, line, type Row } from '../grid.ts';
import type { Style } from '../style.ts';
import { cutMiddle, padEnd, padStart, textWidth, wrap } from '../width.ts';

const OPEN_MODEL: ReadonlySet<string> = new Set([
  'constant-arrival-rate',
  'ramping-arrival-rate',
  'burst',
  'capacity',
]);

/** Scenarios beyond this many are counted only, unless everything was asked for. */
const MOST_SCENARIOS = 8;

const WHICH_IS_WHICH = 'waited = response time, what a user who came on time saw; ran = service time';

type Counts = Pick<ScenarioSummary, 'iterations' | 'failed' | 'interrupted' | 'dropped'>;

/** Everything but the complete ones: zeros are told (faintly) for the whole run, left out for one scenario. */
function othersText(counts: Counts, zeros: 'told' | 'left out', style: Style): string {
  return (
    [
      [counts.failed, 'failed', 'bad'],
      [counts.interrupted, 'interrupted', 'warn'],
      [counts.dropped, 'dropped', 'warn'],
    ] as const
  )
    .filter(([count]) => count > 0 || zeros === 'told')
    .map(
      ([count, word, tone]) =>
        `, ${style.paint(count > 0 ? tone : 'faint', `${formatCount(count)} ${word}`)}`,
    )
    .join('');
}

function scenarioLines(
  scenarios: readonly (readonly [string, ScenarioSummary])[],
  width: number,
  style: Style,
): Item[] {
  const names = scenarios.map(([name]) => cutMiddle(clean(name), Math.max(16, Math.floor(width / 3))));
  const counts = scenarios.map(([, s]) => formatCount(s.iterations));
  const others = scenarios.map(([, s]) => othersText(s, 'left out', style));
  const nameWidth = Math.max('ITERATIONS'.length, ...names.map(textWidth));
  const countWidth = Math.max(...counts.map(textWidth));
  const othersWidth = Math.max(...others.map(textWidth));
  return scenarios.map(([, scenario], i) => {
    const count = `${padStart(counts[i] as string, countWidth)} complete${padEnd(others[i] as string, othersWidth)}`;
    return line(
      `${padEnd(names[i] as string, nameWidth)}  ${count}  ${style.paint('faint', clean(scenario.executor))}`,
    );
  });
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

/** With VU loops beside arrivals the two rows do not speak of the same iterations, and that has to be said. */
function whichIsWhich(response: MetricSummary | undefined, service: MetricSummary | undefined): string {
  const [scheduled, all] = [response?.values.count ?? 0, service?.values.count ?? 0];
  if (scheduled >= all) return WHICH_IS_WHICH;
  return `${WHICH_IS_WHICH}, of all ${formatCount(all)} iterations, ${formatCount(scheduled)} of which had a schedule`;
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

export function iterationItems(summary: Summary, width: number, full: boolean, style: Style): Item[] {
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
  const total = (zeros: 'told' | 'left out') =>
    `${style.paint('strong', 'ITERATIONS')}  ${formatCount(counts.iterations)} complete${othersText(counts, zeros, style)}`;
  return [
    line(textWidth(total('told')) <= width - 2 ? total('told') : total('left out')),
    ...scenarioLines(shown, width, style),
    ...(hidden > 0 ? [line(style.paint('faint', `and ${hidden} more scenarios`))] : []),
    ...(rows.length > 0 ? [heading('', ['p50', 'p95', 'p99', 'max']), ...rows] : []),
    ...(bothTimes
      ? wrap(whichIsWhich(response, service), width - 2).map((text) => line(style.paint('faint', text)))
      : []),
  ];
}
