/** Warnings and errors of the script and of Brunt, the newest last. Lines that stand already are left alone. */

import type { LogLine } from '../../../dashboard/wire.ts';
import { clockOf } from '../axes.ts';
import { h } from '../dom.ts';
import type { Section } from '../section.ts';

export interface LogSection extends Section {
  set(lines: readonly LogLine[]): void;
}

function lineOf({ level, atMs, text }: LogLine): HTMLElement {
  return h(
    'li',
    {},
    h('span', { class: 'faint' }, atMs === null ? 'before' : clockOf(Math.floor(atMs / 1000))),
    ' ',
    h('strong', { class: level === 'error' ? 'bad' : 'warn' }, level === 'error' ? 'error' : 'warning'),
    ' ',
    h('span', { class: 'message', dir: 'auto' }, text),
  );
}

export function logSection(): LogSection {
  const list = h('ol', { class: 'log', role: 'log', 'aria-label': 'Warnings and errors', tabindex: 0 });
  const shown: { line: LogLine; element: HTMLElement }[] = [];
  return {
    id: 'log',
    title: 'Log',
    content: list,
    set: (lines) => {
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 8;
      const known = new Map(shown.map(({ line, element }) => [line, element]));
      const now = lines.map((line) => ({ line, element: known.get(line) ?? lineOf(line) }));
      const kept = new Set(lines);
      for (const { line, element } of shown) if (!kept.has(line)) element.remove();
      for (const { line, element } of now) if (!known.has(line)) list.append(element);
      shown.splice(0, shown.length, ...now);
      if (atEnd) list.scrollTop = list.scrollHeight;
    },
    update: () => shown.length > 0,
  };
}
