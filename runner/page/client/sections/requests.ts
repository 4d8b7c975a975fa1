/** Percentile tables: request names, scenarios, groups. Percentiles only; an average hides what users feel. */

import type { Summary } from '../../../summary/model.ts';
import { formatCount, formatMs, formatPercent, formatRate } from '../../../terminal/format.ts';
import type { Column, PageData, PageRow, RowTimes } from '../../model.ts';
import { type Child, h, svg } from '../dom.ts';
import { rowName } from '../row-choice.ts';
import { drawnSection, type Section } from '../section.ts';
import { type TableColumn, table } from '../table.ts';
import { outside } from '../text.ts';

interface Line {
  readonly name: string;
  readonly count: number;
  readonly rate: number;
  readonly times: RowTimes | null;
  readonly failed: number;
  readonly course?: Column | undefined;
  /** All of them together. */
  readonly whole?: boolean;
}

const SPARK = { width: 96, height: 18 } as const;

/** The p95 over time, small. */
function spark(column: Column | undefined): Child {
  const values = column ?? [];
  const known = values.flatMap((value, i) => (value === null ? [] : [[i, value] as const]));
  if (known.length < 3) return undefined;
  const top = Math.max(...known.map(([, value]) => value)) || 1;
  const points = known.map(([i, value]) => {
    const x = (i / Math.max(1, values.length - 1)) * SPARK.width;
    return `${x.toFixed(1)},${(SPARK.height - 1 - (value / top) * (SPARK.height - 2)).toFixed(1)}`;
  });
  return svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${SPARK.width} ${SPARK.height}`, 'aria-hidden': 'true' },
    svg('polyline', { points: points.join(' ') }),
  );
}

function columns(first: string, sparks: boolean): readonly TableColumn<Line>[] {
  const times = (['p50', 'p95', 'p99', 'max'] as const).map(
    (key): TableColumn<Line> => ({
      title: key,
      kind: 'number',
      cell: ({ times: all }) => formatMs(all?.[key]),
      sort: ({ times: all }) => all?.[key],
    }),
  );
  return [
    { title: first, kind: 'name', cell: ({ name }) => h('span', { dir: 'auto' }, name) },
    { title: 'Count', kind: 'number', cell: ({ count }) => formatCount(count), sort: ({ count }) => count },
    {
      title: '/s',
      about: 'Per second',
      kind: 'number',
      cell: ({ rate }) => formatRate(rate),
      sort: ({ rate }) => rate,
    },
    ...times,
    {
      title: 'Failed',
      kind: 'number',
      cell: ({ failed, count }) => (count === 0 ? '–' : formatPercent(failed / count)),
      tone: ({ failed }) => (failed > 0 ? 'bad' : 'faint'),
      sort: ({ failed, count }) => (count === 0 ? null : failed / count),
    },
    ...(sparks
      ? [
          {
            title: 'p95 over time',
            kind: 'text',
            cell: ({ course }: Line) => spark(course),
          } satisfies TableColumn<Line>,
        ]
      : []),
  ];
}

function tableOf(caption: string, first: string, lines: readonly Line[]): HTMLElement {
  const sparks = lines.some(
    ({ course }) => course !== undefined && course.filter((v) => v !== null).length > 2,
  );
  return table({
    caption,
    rows: lines,
    columns: columns(first, sparks),
    rowTone: ({ whole }) => (whole === true ? 'all' : undefined),
    fixed: lines.filter(({ whole }) => whole === true).length,
  });
}

function lineOf(row: PageRow, seconds: number): Line {
  const { count, failed, times, course } = row;
  return { name: rowName(row), count, rate: count / seconds, times, failed, course: course?.p95 };
}

function secondsOf({ summary, course }: PageData): number {
  return Math.max(1, summary.run.durationMs || course.toMs) / 1000;
}

function allOf(summary: Summary): Line | undefined {
  const { http_reqs: reqs, http_req_duration: duration, http_req_failed: failed } = summary.metrics;
  const count = reqs?.values.count ?? 0;
  if (count === 0) return undefined;
  const values = duration?.values ?? {};
  const times = { p50: values['p(50)'], p95: values['p(95)'], p99: values['p(99)'], max: values.max };
  return {
    name: 'All requests',
    count,
    rate: reqs?.values.rate ?? 0,
    times: times.p50 === undefined ? null : (times as RowTimes),
    failed: failed?.values.passes ?? 0,
  };
}

/** HTTP from the summary, which has every name; the course of those that have one. */
function httpLines(data: PageData): readonly Line[] {
  const { summary, course } = data;
  const all = allOf(summary);
  if (all === undefined) return [];
  const rows = new Map(
    course.rows
      .filter(({ kind, protocol }) => kind === 'request' && protocol === 'http')
      .map((row) => [`${row.method} ${row.name}`, row]),
  );
  const whole = course.metrics.find((one) => one.name === 'http_req_duration');
  return [
    { ...all, whole: true, course: whole?.type === 'trend' ? whole.p95 : undefined },
    ...summary.requests.map(({ method, name, count, rate, duration, failed }) => ({
      name: rowName({ kind: 'request', protocol: 'http', method, name, count, failed, times: duration }),
      count,
      rate,
      times: duration,
      failed,
      course: rows.get(`${method} ${name}`)?.course?.p95,
    })),
  ];
}

const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  grpc: 'gRPC calls',
  sql: 'SQL statements',
  redis: 'Redis commands',
  measure: 'measure()',
};

function otherTables(data: PageData): readonly HTMLElement[] {
  const rows = data.course.rows.filter(({ kind, protocol }) => kind === 'request' && protocol !== 'http');
  const seconds = secondsOf(data);
  return [...new Set(rows.map(({ protocol }) => protocol))].map((protocol) => {
    const title = PROTOCOL_NAMES[protocol] ?? outside(protocol, 60);
    const own = rows.filter((row) => row.protocol === protocol).map((row) => lineOf(row, seconds));
    return h('div', {}, h('h3', {}, title), tableOf(title, 'Name', own));
  });
}

export const requests: Section = drawnSection(
  'requests',
  'Requests',
  (data) => {
    const http = httpLines(data);
    const others = data.course.rows.filter(({ kind, protocol }) => kind === 'request' && protocol !== 'http');
    return http.length + others.length === 0 ? undefined : { http, others };
  },
  ({ http }, data) => {
    const hidden = data.left.requests;
    return [
      http.length === 0 ? undefined : tableOf('Requests by name', 'Name', http),
      hidden > 0 ? h('p', { class: 'note' }, `And ${formatCount(hidden)} more names.`) : undefined,
      otherTables(data),
    ];
  },
);

interface ScenarioLine {
  readonly name: string;
  readonly executor: string;
  readonly complete: number;
  readonly rate: number;
  readonly times: RowTimes | null;
  readonly failed: number;
  readonly interrupted: number;
  readonly dropped: number;
  readonly requests: Line | undefined;
}

export const scenarios: Section = drawnSection(
  'scenarios',
  'Scenarios',
  (data): readonly ScenarioLine[] | undefined => {
    const seconds = secondsOf(data);
    const rows = new Map(
      data.course.rows.filter(({ kind }) => kind === 'scenario').map((row) => [row.name, row]),
    );
    const lines = Object.entries(data.summary.scenarios).map(([name, scenario]) => {
      const row = rows.get(name);
      return {
        name,
        executor: scenario.executor,
        complete: scenario.iterations,
        rate: scenario.iterations / seconds,
        times: row?.iterations?.times ?? null,
        failed: scenario.failed,
        interrupted: scenario.interrupted,
        dropped: scenario.dropped,
        requests: row === undefined ? undefined : lineOf(row, seconds),
      };
    });
    return lines.length === 0 ? undefined : lines;
  },
  (lines, data) => {
    const number = (
      title: string,
      value: (line: ScenarioLine) => number,
      bad = false,
    ): TableColumn<ScenarioLine> => ({
      title,
      kind: 'number',
      cell: (line) => formatCount(value(line)),
      tone: (line) => (value(line) === 0 ? 'faint' : bad ? 'bad' : undefined),
    });
    const withRequests = lines.flatMap(({ requests: own }) =>
      own === undefined || own.count === 0 ? [] : [own],
    );
    const open = data.summary.metrics.iteration_response_time !== undefined;
    return [
      table<ScenarioLine>({
        caption: 'Scenarios: iterations',
        rows: lines,
        columns: [
          {
            title: 'Scenario',
            kind: 'name',
            cell: ({ name, executor }) => [
              h('span', { dir: 'auto' }, outside(name, 120)),
              executor === '' ? undefined : h('small', {}, ` ${outside(executor, 60)}`),
            ],
          },
          number('Complete', ({ complete }) => complete),
          { title: '/s', about: 'Per second', kind: 'number', cell: ({ rate }) => formatRate(rate) },
          ...(['p50', 'p95', 'p99', 'max'] as const).map(
            (key): TableColumn<ScenarioLine> => ({
              title: key,
              kind: 'number',
              cell: ({ times }) => formatMs(times?.[key]),
            }),
          ),
          number('Failed', ({ failed }) => failed, true),
          number('Interrupted', ({ interrupted }) => interrupted),
          number('Dropped', ({ dropped }) => dropped, true),
        ],
      }),
      h(
        'p',
        { class: 'note' },
        open
          ? 'Times of iterations; with arrival rates from the moment at which each should have started.'
          : 'Times of whole iterations, pauses included.',
      ),
      withRequests.length < 2
        ? undefined
        : [h('h3', {}, 'Their requests'), tableOf('Requests by scenario', 'Scenario', withRequests)],
    ];
  },
);

export const groups: Section = drawnSection(
  'groups',
  'Groups',
  (data) => {
    const rows = data.course.rows.filter(({ kind }) => kind === 'group');
    return rows.length === 0 ? undefined : rows;
  },
  (rows, data) => {
    const seconds = secondsOf(data);
    const whole = rows.filter(({ groupTimes }) => groupTimes !== undefined);
    const withRequests = rows.filter(({ count }) => count > 0);
    return [
      whole.length === 0
        ? undefined
        : table<PageRow>({
            caption: 'Groups as a whole',
            rows: whole,
            columns: [
              { title: 'Group', kind: 'name', cell: (row) => h('span', { dir: 'auto' }, rowName(row)) },
              ...(['p50', 'p95', 'p99', 'max'] as const).map(
                (key): TableColumn<PageRow> => ({
                  title: key,
                  kind: 'number',
                  cell: ({ groupTimes }) => formatMs(groupTimes?.[key]),
                }),
              ),
            ],
          }),
      withRequests.length === 0
        ? undefined
        : [
            h('h3', {}, 'Their requests'),
            tableOf(
              'Requests by group',
              'Group',
              withRequests.map((row) => lineOf(row, seconds)),
            ),
          ],
    ];
  },
);
