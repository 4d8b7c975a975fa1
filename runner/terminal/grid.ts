/**
 * One grid for all tables of the summary, so that p95 stands in the same column from top to bottom:
 *
 *     label                 count      /s      p50      p95      p99      max   failed
 *
 * A label may run on over empty cells to its right; a note starts where the last cell ends.
 */

import type { Style, Tone } from './style.ts';
import { clip, cutMiddle, padEnd, padStart, textWidth } from './width.ts';

export const COLUMNS = ['count', 'rate', 'p50', 'p95', 'p99', 'max', 'failed'] as const;

export type Column = (typeof COLUMNS)[number];

/** Columns that go first where the width does not suffice for all. */
const DISPENSABLE: readonly Column[] = ['max', 'rate', 'p50', 'failed', 'count', 'p99'];

/** Under this a name says nothing: columns are left out before it gets shorter. */
const LEAST_LABEL = 14;
const GAP = 2;
const INDENT = 2;

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Row {
  readonly kind: 'row';
  readonly label: string;
  readonly tone?: Tone;
  readonly cells: Readonly<Partial<Record<Column, Cell>>>;
  /** Free text after the last cell. */
  readonly note?: Cell;
}

/** A finished line, styled, without the block's indentation. */
export interface Line {
  readonly kind: 'line';
  readonly text: string;
}

export type Item = Row | Line;

export function line(text: string): Line {
  return { kind: 'line', text };
}

export const BLANK: Line = line('');

/** Heading of a table: the section's name, and the names of the columns. */
export function heading(title: string, columns: readonly Column[]): Row {
  const names: Readonly<Record<Column, string>> = {
    count: 'count',
    rate: '/s',
    p50: 'p50',
    p95: 'p95',
    p99: 'p99',
    max: 'max',
    failed: 'failed',
  };
  return {
    kind: 'row',
    label: title,
    tone: 'strong',
    cells: Object.fromEntries(columns.map((c) => [c, { text: names[c], tone: 'faint' }])),
  };
}

interface Layout {
  readonly label: number;
  readonly columns: readonly Column[];
  readonly widths: Readonly<Record<Column, number>>;
}

function firstCell(row: Row, columns: readonly Column[]): number {
  const first = columns.findIndex((c) => row.cells[c] !== undefined);
  return first < 0 ? columns.length : first;
}

function span(layout: Pick<Layout, 'widths' | 'columns'>, from: number, to: number): number {
  return layout.columns.slice(from, to).reduce((sum, c) => sum + layout.widths[c] + GAP, 0);
}

function layOut(rows: readonly Row[], width: number): Layout {
  const widths = Object.fromEntries(
    COLUMNS.map((c) => [c, Math.max(0, ...rows.map((r) => textWidth(r.cells[c]?.text ?? '')))]),
  ) as Record<Column, number>;
  let columns: readonly Column[] = COLUMNS.filter((c) => widths[c] > 0);
  const room = width - INDENT;
  for (const column of DISPENSABLE) {
    if (room - span({ widths, columns }, 0, columns.length) >= LEAST_LABEL) break;
    columns = columns.filter((c) => c !== column);
  }
  const layout = { widths, columns };
  // What a label needs of its own column, when it may run on over the empty cells before its first full one.
  const wanted = rows.map((row) => textWidth(row.label) - span(layout, 0, firstCell(row, columns)));
  const free = room - span(layout, 0, columns.length);
  return { ...layout, label: Math.max(1, Math.min(free, Math.max(LEAST_LABEL, ...wanted))) };
}

function renderRow(row: Row, layout: Layout, width: number, style: Style): string {
  const { columns } = layout;
  const first = firstCell(row, columns);
  const labelRoom = layout.label + span(layout, 0, first);
  // Without cells the note follows the label; with cells it follows the last of them.
  if (first === columns.length) {
    const label = cutMiddle(row.label, width - INDENT);
    const note = row.note === undefined ? '' : `  ${style.paint(row.note.tone ?? 'plain', row.note.text)}`;
    return style.paint(row.tone ?? 'plain', label) + note;
  }
  let text = style.paint(row.tone ?? 'plain', padEnd(cutMiddle(row.label, labelRoom), labelRoom));
  const last = columns.findLastIndex((c) => row.cells[c] !== undefined);
  for (const column of columns.slice(first, last + 1)) {
    const cell = row.cells[column];
    const padded = padStart(cell?.text ?? '', layout.widths[column] + GAP);
    text += cell === undefined ? padded : style.paint(cell.tone ?? 'plain', padded);
  }
  return row.note === undefined ? text : `${text}  ${style.paint(row.note.tone ?? 'plain', row.note.text)}`;
}

/** Lays all rows out together and returns the lines, indented and never wider than `width`. */
export function renderItems(items: readonly Item[], width: number, style: Style): string[] {
  const rows = items.filter((item) => item.kind === 'row');
  const layout = layOut(rows, width);
  return items.map((item) => {
    const text = item.kind === 'row' ? renderRow(item, layout, width, style) : item.text;
    return text === '' ? '' : clip(' '.repeat(INDENT) + text, width);
  });
}
