/** REQUESTS: all of them, then the busiest names; and the same for each of the other protocols. */

import { exchangesOf } from '../../summary/calls.ts';
import type { CallRow, MetricSummary, RequestRow, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { DASH, formatCount, formatMs, formatPercent, formatRate } from '../format.ts';
import { COLUMNS, heading, type Item, line, type Row } from '../grid.ts';
import type { Style, Tone } from '../style.ts';

const MOST_NAMES = 20;

interface Times {
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

function failedCell(share: number | undefined): { text: string; tone: Tone } {
  if (share === undefined) return { text: DASH, tone: 'faint' };
  return { text: formatPercent(share), tone: share > 0 ? 'bad' : 'faint' };
}

function requestRow(
  label: string,
  tone: Tone,
  count: number,
  rate: number | undefined,
  times: Times | null,
  failed: number | undefined,
): Row {
  const time = (value: number | undefined) => {
    const text = formatMs(value);
    return text === DASH ? ({ text, tone: 'faint' } as const) : { text };
  };
  return {
    kind: 'row',
    label,
    tone,
    cells: {
      count: { text: formatCount(count) },
      rate: { text: formatRate(rate) },
      p50: time(times?.p50),
      p95: time(times?.p95),
      p99: time(times?.p99),
      max: time(times?.max),
      failed: failedCell(failed),
    },
  };
}

/** `GET /products`; a name that holds its method already is not given it twice. */
export function nameOf(row: RequestRow): string {
  const name = clean(row.name);
  const method = clean(row.method);
  return method === '' || name.startsWith(`${method} `) ? name : `${method} ${name}`;
}

/** `connect /chat`. */
export function callLabel({ kind, name }: CallRow): string {
  return clean(kind === '' ? name : `${kind} ${name}`);
}

const TITLES: Readonly<Record<string, string>> = {
  grpc: 'GRPC',
  sql: 'SQL',
  redis: 'REDIS',
  measure: 'MEASURED',
  ws: 'WEBSOCKETS',
  sse: 'EVENT STREAMS',
};

/** Title of a protocol's table. Names of protocols are words, unless somebody wrote the result by hand. */
export function protocolTitle(protocol: string): string {
  return (
    TITLES[protocol] ??
    protocol
      .replaceAll('_', ' ')
      .replaceAll(/[^\w ]/g, '')
      .toUpperCase()
  );
}

/** Rows by protocol, in their order. */
export function callTables(
  summary: Summary,
): readonly (readonly [protocol: string, rows: readonly CallRow[]])[] {
  const tables = new Map<string, CallRow[]>();
  for (const row of summary.calls ?? []) {
    const rows = tables.get(row.protocol);
    if (rows === undefined) tables.set(row.protocol, [row]);
    else rows.push(row);
  }
  return [...tables];
}

function timesOf(trend: MetricSummary | undefined): Times | null {
  if (trend === undefined || trend.values.count === 0) return null;
  const { values } = trend;
  return { p50: values['p(50)'] ?? values.med, p95: values['p(95)'], p99: values['p(99)'], max: values.max };
}

function share(failed: number | null, count: number): number | undefined {
  return failed === null || count === 0 ? undefined : failed / count;
}

/** The rows that are shown, and a line about the others. */
function withRest<R extends { readonly failed: number | null }>(
  rows: readonly R[],
  full: boolean,
  style: Style,
  show: (row: R) => Row,
): Item[] {
  const shown = full ? rows : rows.slice(0, MOST_NAMES);
  const hidden = rows.slice(shown.length);
  if (hidden.length === 0) return shown.map(show);
  const failing = hidden.filter((row) => (row.failed ?? 0) > 0).length;
  const failures = failing > 0 ? `, ${formatCount(failing)} of them with failures` : '';
  const rest = `and ${formatCount(hidden.length)} more names${failures}`;
  return [...shown.map(show), line(style.paint('faint', rest))];
}

export function requestItems(summary: Summary, full: boolean, style: Style): Item[] {
  const { http_reqs: reqs, http_req_duration: duration, http_req_failed: failed } = summary.metrics;
  const count = reqs?.values.count ?? summary.requests.reduce((sum, row) => sum + row.count, 0);
  if (count === 0) return [];
  const failedShare =
    failed?.values.rate ?? summary.requests.reduce((sum, row) => sum + row.failed, 0) / count;
  return [
    heading('REQUESTS', COLUMNS),
    requestRow('all', 'plain', count, reqs?.values.rate, timesOf(duration), failedShare),
    ...withRest(summary.requests, full, style, (row) =>
      requestRow(nameOf(row), 'plain', row.count, row.rate, row.duration, share(row.failed, row.count)),
    ),
  ];
}

/** A protocol's sum, where its rows are of one kind and there are several. */
function sumOf(summary: Summary, protocol: string, rows: readonly CallRow[]): Row[] {
  const [time, ...otherTimes] = exchangesOf(protocol).times;
  if (rows.length < 2 || rows.some(({ kind }) => kind !== '')) return [];
  // Times of calls and of streams have no sum.
  const mixed = otherTimes.some((metric) => (summary.metrics[metric]?.values.count ?? 0) > 0);
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const rate = rows.reduce((sum, row) => sum + row.rate, 0);
  const failed = rows.reduce((sum, row) => sum + (row.failed ?? 0), 0);
  const times = mixed ? null : timesOf(summary.metrics[time ?? '']);
  return [requestRow('all', 'plain', count, rate, times, share(failed, count))];
}

/** A table for each protocol beside HTTP. */
export function callItems(summary: Summary, full: boolean, style: Style): Item[][] {
  return callTables(summary).map(([protocol, rows]) => [
    heading(protocolTitle(protocol), COLUMNS),
    ...sumOf(summary, protocol, rows),
    ...withRest(rows, full, style, (row) =>
      requestRow(callLabel(row), 'plain', row.count, row.rate, row.duration, share(row.failed, row.count)),
    ),
  ]);
}
