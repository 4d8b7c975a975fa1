/** A history of runs as a table, the newest last, where one looks first. */

import { basename } from 'node:path';
import type { History, HistoryRow } from '../compare/history.ts';
import { clean } from './clean.ts';
import { DASH, formatMs, formatPercent, formatRate } from './format.ts';
import type { Style, Tone } from './style.ts';
import { clip, cutMiddle, padEnd, padStart, textWidth } from './width.ts';

const VERDICTS: Readonly<Record<HistoryRow['verdict'], Tone>> = {
  passed: 'good',
  failed: 'bad',
  invalid: 'warn',
  aborted: 'bad',
  interrupted: 'warn',
  error: 'bad',
  partial: 'warn',
};

const HEAD = ['started (UTC)', 'file', 'p50', 'p95', 'p99', '/s', 'failed', 'p95, before', 'verdict'];
/** Texts; the others are numbers. */
const LEFT = new Set([0, 1, 8]);
const FILE = 1;
const LEAST_FILE = 10;

/** `+4.2 %`: worse above 0. */
function changeText({ effect }: HistoryRow): string {
  if (effect === null) return '';
  if (effect === 0) return 'same';
  return `${effect > 0 ? '+' : '-'}${formatPercent(Math.abs(effect))}`;
}

function cellsOf(row: HistoryRow): readonly string[] {
  return [
    row.startedAt.slice(0, 16).replace('T', ' '),
    clean(basename(row.file)),
    formatMs(row.p50),
    formatMs(row.p95),
    formatMs(row.p99),
    formatRate(row.perSecond),
    row.failed === null ? DASH : formatPercent(row.failed),
    changeText(row),
    row.judged === 'regression' ? `${row.verdict}, REGRESSION` : row.verdict,
  ];
}

/** `last`: how many rows; all others are counted only. */
export function renderHistory(
  { metric, rows, unread }: History,
  last: number,
  width: number,
  style: Style,
): string[] {
  const shown = rows.slice(-last);
  const hidden = rows.length - shown.length;
  const table = [HEAD, ...shown.map(cellsOf)];
  const widths = HEAD.map((_, i) => Math.max(...table.map((cells) => textWidth(cells[i] ?? ''))));
  const others = widths.reduce((sum, w, i) => sum + (i === FILE ? 0 : w + 2), 2);
  widths[FILE] = Math.max(LEAST_FILE, Math.min(widths[FILE] ?? 0, width - others));
  const lineOf = (cells: readonly string[], tone: (i: number) => Tone): string =>
    cells
      .map((cell, i) => {
        const w = widths[i] as number;
        const text = cutMiddle(cell, w);
        return style.paint(tone(i), LEFT.has(i) ? padEnd(text, w) : padStart(text, w));
      })
      .join('  ');
  const lines = [
    `${style.paint('strong', 'HISTORY')}  ${style.paint('faint', `${metric}; each run beside those before it that are like it`)}`,
    ...(hidden === 0 ? [] : [style.paint('faint', `${hidden} older`)]),
    lineOf(HEAD, () => 'faint'),
    ...shown.map((row) =>
      lineOf(cellsOf(row), (i) => {
        if (i === 8) return row.judged === 'regression' ? 'bad' : VERDICTS[row.verdict];
        return i === 7 && row.judged === 'regression' ? 'bad' : 'plain';
      }),
    ),
    ...unread.map(({ reason }) => style.paint('warn', clean(reason))),
  ];
  return ['', ...lines.map((line) => clip(`  ${line}`, width)), ''].map((line) =>
    style.encode(line.trimEnd()),
  );
}
