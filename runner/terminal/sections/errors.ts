/** ERRORS: equal ones counted together, the most frequent first; thrown ones with the user's own stack frame. */

import type { ErrorGroup, Summary } from '../../summary/model.ts';
import { clean, cleanLines } from '../clean.ts';
import { formatCount } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { cutEnd, cutMiddle, padEnd, padStart, textWidth, wrap } from '../width.ts';

const MOST_GROUPS = 10;
const MOST_LINES = 6;
const MOST_FRAMES = 2;

const FOREIGN_FRAME = /node:|node_modules|<anonymous>\)?$/;

/** The frames that lie in the user's own code; failing that, the first frames at all. */
function userFrames(stack: string, most: number): string[] {
  const frames = cleanLines(stack)
    .map((text) => text.trim())
    .filter((text) => text.startsWith('at '));
  const own = frames.filter((frame) => !FOREIGN_FRAME.test(frame));
  return (own.length > 0 ? own : frames).slice(0, most);
}

function messageLines(message: string, room: number, most: number): string[] {
  const lines = cleanLines(message)
    .map((text) => text.trimEnd())
    .filter((text) => text !== '')
    .flatMap((text) => wrap(text, room));
  return lines.length > most
    ? [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more lines`]
    : lines;
}

export function errorItems(summary: Summary, width: number, full: boolean, style: Style): Item[] {
  const groups = summary.errors.filter((e) => e.count > 0).sort((a, b) => b.count - a.count);
  if (groups.length === 0) return [];
  const shown = full ? groups : groups.slice(0, MOST_GROUPS);
  const times = (group: ErrorGroup) => `${formatCount(group.count)}×`;
  const code = (group: ErrorGroup) => (group.code === 0 ? '' : String(group.code));
  const timesWidth = Math.max(...shown.map((g) => textWidth(times(g))));
  const labelWidth = Math.min(
    Math.max(...shown.map((g) => textWidth(clean(g.label)))),
    Math.floor(width / 4) + 4,
  );
  const codeWidth = Math.max(...shown.map((g) => code(g).length));
  const indent = timesWidth + 2 + labelWidth + 2 + (codeWidth === 0 ? 0 : codeWidth + 2);
  const room = Math.max(16, width - 2 - indent);

  const items: Item[] = [line(style.paint('strong', 'ERRORS'))];
  for (const group of shown) {
    const [first = '', ...rest] = messageLines(group.message, room, full ? 40 : MOST_LINES);
    const columns = [
      style.paint('bad', padStart(times(group), timesWidth)),
      padEnd(cutMiddle(clean(group.label), labelWidth), labelWidth),
      ...(codeWidth === 0 ? [] : [style.paint('faint', padStart(code(group), codeWidth))]),
      first,
    ];
    items.push(line(columns.join('  ')));
    for (const text of rest) items.push(line(' '.repeat(indent) + text));
    for (const frame of userFrames(group.stack ?? '', full ? 12 : MOST_FRAMES)) {
      items.push(line(' '.repeat(indent) + style.paint('faint', cutMiddle(frame, room))));
    }
  }
  const hidden = groups.slice(shown.length);
  if (hidden.length > 0) {
    const count = hidden.reduce((sum, g) => sum + g.count, 0);
    const text = `and ${formatCount(hidden.length)} more kinds of error, ${formatCount(count)} in all`;
    items.push(line(style.paint('faint', cutEnd(text, width - 2))));
  }
  return items;
}
