/** Source lines around a place, ready to print; part of every error that points into a user's file. */

import type { SourceLocation } from './errors.ts';

/** Lines shown before and after the one in question. */
const AROUND = 2;
/** Longer lines (minified code, data) are cut around the column, so that the caret stays in sight. */
const MAX_WIDTH = 120;

interface Cut {
  readonly text: string;
  /** Characters taken off the left, less those of the ellipsis. */
  readonly shift: number;
}

function cutTo(line: string, from: number): Cut {
  if (line.length <= MAX_WIDTH) return { text: line, shift: 0 };
  const left = from === 0 ? '' : '…';
  const right = line.length > from + MAX_WIDTH ? '…' : '';
  return { text: `${left}${line.slice(from, from + MAX_WIDTH)}${right}`, shift: from - left.length };
}

/**
 * Two lines around `location`, numbered, with a caret below the column:
 *
 *       4 | export default function () {
 *     > 5 |   chekc(res);
 *         |   ^^^^^
 *       6 | }
 *
 * `length` is the number of columns to underline. Undefined where the file has no such line.
 */
export function codeFrame(
  source: string,
  location: Pick<SourceLocation, 'line' | 'column'>,
  length = 1,
): string | undefined {
  const lines = source.split(/\r\n|\n|\r/);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const { line, column } = location;
  if (line < 1 || line > lines.length) return undefined;
  const first = Math.max(1, line - AROUND);
  const last = Math.min(lines.length, line + AROUND);
  const digits = String(last).length;
  const from = column <= MAX_WIDTH - 20 ? 0 : column - MAX_WIDTH / 2;
  const frame: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const { text, shift } = cutTo((lines[number - 1] as string).replaceAll('\t', ' '), from);
    const marked = number === line;
    frame.push(`${marked ? '>' : ' '} ${String(number).padStart(digits)} | ${text}`.trimEnd());
    if (!marked) continue;
    const caret = Math.max(0, column - 1 - shift);
    const underlined = Math.max(1, Math.min(length, text.length - caret));
    frame.push(`  ${' '.repeat(digits)} | ${' '.repeat(caret)}${'^'.repeat(underlined)}`);
  }
  return frame.join('\n');
}
