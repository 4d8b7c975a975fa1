/** SLOWEST: with `--trace-slowest`, which requests took longest, when, and how they ended. */

import type { RequestTrace } from '../../../dsl/request-trace.ts';
import type { Summary } from '../../summary/model.ts';
import { shortenNames } from '../../summary/requests.ts';
import { clean } from '../clean.ts';
import { formatCount, formatMs, formatSpan } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { cutEnd, cutMiddle, padEnd, padStart, textWidth } from '../width.ts';

const MOST = 5;

/** Names as the table of requests shows them, by method and full name. */
function labels(traces: readonly RequestTrace[]): (trace: RequestTrace) => string {
  const keyOf = ({ method, name }: RequestTrace): string => `${method} ${name}`;
  const unique = [...new Map(traces.map((trace) => [keyOf(trace), trace])).values()];
  const short = new Map(
    shortenNames(unique.map(({ method, name }) => ({ method, name }))).map(({ method, name }, i) => [
      keyOf(unique[i] as RequestTrace),
      clean(name.startsWith(`${method} `) ? name : `${method} ${name}`),
    ]),
  );
  return (trace) => short.get(keyOf(trace)) ?? '';
}

export function slowestItems(summary: Summary, width: number, full: boolean, style: Style): Item[] {
  const { traces } = summary;
  if (traces === undefined || traces.slowest.length + traces.failed.length === 0) return [];
  const shown = full ? traces.slowest : traces.slowest.slice(0, MOST);
  const labelOf = labels(traces.slowest);
  const rows = shown.map((trace) => ({
    took: formatMs(trace.timings.duration),
    label: labelOf(trace),
    status: String(trace.status),
    at: `at ${formatSpan(trace.atMs)}`,
    failed: trace.error !== '',
  }));
  const widest = (key: 'took' | 'label' | 'at'): number =>
    Math.max(0, ...rows.map((row) => textWidth(row[key])));
  const tookWidth = widest('took');
  const labelWidth = Math.max(
    8,
    Math.min(widest('label'), width - 2 - tookWidth - 2 - 2 - 3 - 2 - widest('at')),
  );
  const hidden = traces.slowest.length - shown.length;
  const notes = [
    ...(hidden > 0 ? [`${formatCount(hidden)} more`] : []),
    ...(traces.failed.length > 0
      ? [
          `${formatCount(traces.failed.length)} failing ${traces.failed.length === 1 ? 'request' : 'requests'}`,
        ]
      : []),
  ];
  const kept = 'with headers and bodies in --report, --save and --summary-export';
  return [
    line(style.paint('strong', 'SLOWEST')),
    ...rows.map(({ took, label, status, at, failed }) =>
      line(
        [
          padStart(took, tookWidth),
          padEnd(cutMiddle(label, labelWidth), labelWidth),
          style.paint(failed ? 'bad' : 'plain', padStart(status, 3)),
          style.paint('faint', at),
        ].join('  '),
      ),
    ),
    line(
      style.paint(
        'faint',
        cutEnd(notes.length === 0 ? kept : `and ${notes.join(' and ')}, ${kept}`, width - 2),
      ),
    ),
  ];
}
