/** Checks by group, errors counted, and the metrics of the script. */

import { judgeCheck } from '../../../ci/report.ts';
import type { CheckSummary, ErrorGroup, MetricSummary, Summary } from '../../../summary/model.ts';
import { formatCount, formatPercent, formatStat } from '../../../terminal/format.ts';
import { type Child, code, h } from '../dom.ts';
import { rowName } from '../row-choice.ts';
import { drawnSection } from '../section.ts';
import { type TableColumn, table } from '../table.ts';
import { outside } from '../text.ts';

function more(count: number, noun: string): Child {
  return count > 0 && h('p', { class: 'note' }, `And ${formatCount(count)} more ${noun}.`);
}

function groupName(group: string): string {
  return group === ''
    ? 'outside any group'
    : rowName({ kind: 'group', protocol: '', method: '', name: group, count: 0, failed: 0, times: null });
}

export const checks = drawnSection(
  'checks',
  'Checks',
  ({ summary }) => (summary.checks.length === 0 ? undefined : summary.checks),
  (all, { summary, left }) => {
    const byGroup = new Map<string, CheckSummary[]>();
    for (const check of all) byGroup.set(check.group, [...(byGroup.get(check.group) ?? []), check]);
    return [
      [...byGroup].map(([group, own]) => [
        byGroup.size > 1 || group !== '' ? h('h3', { dir: 'auto' }, groupName(group)) : undefined,
        table<CheckSummary>({
          caption: `Checks ${groupName(group)}`,
          rows: own.toSorted((a, b) => Number(b.fails > 0) - Number(a.fails > 0)),
          rowTone: (check) => (judgeCheck(check, summary).ok ? undefined : 'bad'),
          columns: [
            {
              title: 'Check',
              kind: 'name',
              cell: (check) => [
                h(
                  'span',
                  {
                    class: `mark ${check.fails === 0 ? 'good' : 'bad'}`,
                    role: 'img',
                    'aria-label': check.fails === 0 ? 'always passed' : 'failed at times',
                  },
                  check.fails === 0 ? '✓' : '✗',
                ),
                ' ',
                h('span', { dir: 'auto' }, outside(check.name)),
              ],
            },
            {
              title: 'Passed',
              kind: 'number',
              cell: ({ passes, fails }) => formatPercent(passes / Math.max(1, passes + fails)),
            },
            {
              title: 'Failed',
              kind: 'number',
              cell: ({ fails }) => formatCount(fails),
              tone: ({ fails }) => (fails > 0 ? 'bad' : 'faint'),
            },
            { title: 'Of', kind: 'number', cell: ({ passes, fails }) => formatCount(passes + fails) },
          ],
        }),
      ]),
      more(left.checks, 'checks'),
    ];
  },
);

export const errors = drawnSection(
  'errors',
  'Errors',
  ({ summary }) => (summary.errors.length === 0 ? undefined : summary.errors),
  (all, { left }) => {
    return [
      table<ErrorGroup>({
        caption: 'Errors, equal ones counted',
        rows: all,
        columns: [
          {
            title: 'What',
            kind: 'name',
            cell: ({ label }) => h('span', { dir: 'auto' }, outside(label)),
          },
          { title: 'Count', kind: 'number', cell: ({ count }) => formatCount(count), tone: () => 'bad' },
          { title: 'Code', kind: 'number', cell: ({ code: number }) => (number === 0 ? '' : String(number)) },
          { title: 'Message', kind: 'text', cell: errorText, tone: () => 'wide' },
        ],
      }),
      more(left.errors, 'errors'),
    ];
  },
);

function errorText({ label, code: number, message, stack }: ErrorGroup): Child {
  const text = h('span', { class: 'message', dir: 'auto' }, outside(message, 2000));
  if (stack === undefined || stack.trim() === '') return text;
  return [
    text,
    h(
      'details',
      { id: `stack ${number} ${outside(label)} ${outside(message)}` },
      h('summary', {}, 'Where'),
      h(
        'pre',
        { dir: 'ltr' },
        stack
          .split('\n')
          .map((line) => outside(line))
          .join('\n'),
      ),
    ),
  ];
}

/** Metrics that no other section tells. */
const TOLD =
  /^(?:http_reqs|http_req_(?:duration|failed)|iterations|iteration_errors|checks|dropped_iterations|vus|vus_max|group_duration|generator_.*|capacity_rate)$/;

const STATS: Readonly<Record<MetricSummary['type'], readonly string[]>> = {
  trend: ['count', 'p(50)', 'p(95)', 'p(99)', 'max'],
  counter: ['count', 'rate'],
  rate: ['rate', 'passes', 'fails'],
  gauge: ['value', 'min', 'max'],
};

const TITLES: Readonly<Record<string, string>> = { 'p(50)': 'p50', 'p(95)': 'p95', 'p(99)': 'p99' };

function hasData({ type, values }: MetricSummary): boolean {
  if (type === 'gauge') return values.value !== undefined;
  return type === 'rate' ? (values.passes ?? 0) + (values.fails ?? 0) > 0 : (values.count ?? 0) > 0;
}

type NamedMetric = readonly [name: string, metric: MetricSummary];

function metricsShown(summary: Summary): readonly NamedMetric[] {
  return Object.entries(summary.metrics).filter(
    ([name, metric]) => hasData(metric) && !(TOLD.test(name) && !name.includes('{')),
  );
}

export const metrics = drawnSection(
  'metrics',
  'Other metrics',
  ({ summary }) => {
    const shown = metricsShown(summary);
    return shown.length === 0 ? undefined : shown;
  },
  (all, { left }) => [
    (['trend', 'rate', 'counter', 'gauge'] as const).map((type) => {
      const own = all.filter(([, metric]) => metric.type === type);
      if (own.length === 0) return undefined;
      const title = {
        trend: 'Times and other distributions',
        rate: 'Shares',
        counter: 'Counts',
        gauge: 'Gauges',
      }[type];
      return [
        h('h3', {}, title),
        table<NamedMetric>({
          caption: title,
          rows: own,
          columns: [
            { title: 'Metric', kind: 'name', cell: ([name]) => code(name) },
            ...STATS[type].map(
              (stat): TableColumn<NamedMetric> => ({
                title: TITLES[stat] ?? stat,
                kind: 'number',
                cell: ([, metric]) => formatStat(stat, metric.values[stat], metric),
              }),
            ),
          ],
        }),
      ];
    }),
    more(left.metrics, 'metrics'),
  ],
);
