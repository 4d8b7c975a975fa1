/** REQUESTS: all of them, then the busiest names. */

import type { RequestRow, Summary } from '../../summary/model.ts';
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

export function requestItems(summary: Summary, full: boolean, style: Style): Item[] {
  const { http_reqs: reqs, http_req_duration: duration, http_req_failed: failed } = summary.metrics;
  const count = reqs?.values.count ?? summary.requests.reduce((sum, row) => sum + row.count, 0);
  if (count === 0) return [];
  const values = duration !== undefined && duration.values.count !== 0 ? duration.values : undefined;
  const times: Times | null =
    values === undefined
      ? null
      : { p50: values['p(50)'] ?? values.med, p95: values['p(95)'], p99: values['p(99)'], max: values.max };
  const failedShare =
    failed?.values.rate ?? summary.requests.reduce((sum, row) => sum + row.failed, 0) / count;
  const shown = full ? summary.requests : summary.requests.slice(0, MOST_NAMES);
  const hidden = summary.requests.slice(shown.length);
  const hiddenFailed = hidden.filter((row) => row.failed > 0).length;
  return [
    heading('REQUESTS', COLUMNS),
    requestRow('all', 'plain', count, reqs?.values.rate, times, failedShare),
    ...shown.map((row) =>
      requestRow(
        nameOf(row),
        'plain',
        row.count,
        row.rate,
        row.duration,
        row.count === 0 ? undefined : row.failed / row.count,
      ),
    ),
    ...(hidden.length > 0
      ? [
          line(
            style.paint(
              'faint',
              `and ${formatCount(hidden.length)} more names${hiddenFailed > 0 ? `, ${formatCount(hiddenFailed)} of them with failures` : ''}`,
            ),
          ),
        ]
      : []),
  ];
}
