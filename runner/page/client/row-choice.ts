/** A choice between all traffic and one scenario, group or request name. */

import type { PageData, PageRow } from '../model.ts';
import { append, h } from './dom.ts';
import { outside } from './text.ts';

const KINDS = [
  ['scenario', 'Scenarios'],
  ['group', 'Groups'],
  ['request', 'Requests'],
] as const;

export function rowKey({ kind, protocol, method, name }: PageRow): string {
  return JSON.stringify([kind, protocol, method, name]);
}

/** `GET /products`; `::outer::inner` as `outer › inner`. */
export function rowName({ kind, protocol, method, name }: PageRow, most = 120): string {
  if (kind === 'group') return outside(name, most).replace(/^::/, '').replaceAll('::', ' › ');
  const text = outside(name, most);
  return kind !== 'request' || protocol !== 'http' || method === '' || text.startsWith(`${method} `)
    ? text
    : `${outside(method, 20)} ${text}`;
}

export interface RowChoice {
  readonly element: HTMLElement;
  update(data: PageData): void;
  /** Undefined: all of them. */
  row(data: PageData): PageRow | undefined;
}

export function rowChoice(label: string, changed: (data: PageData) => void): RowChoice {
  const select = h('select', {});
  const element = h('label', { class: 'choice' }, `${label} `, select);
  let data: PageData | undefined;
  let listed = '';
  select.addEventListener('change', () => {
    if (data !== undefined) changed(data);
  });
  return {
    element,
    update: (now) => {
      data = now;
      const rows = now.course.rows.filter((row) => row.course !== undefined && row.times !== null);
      const keys = JSON.stringify(rows.map(rowKey));
      if (keys === listed) return;
      listed = keys;
      const { value } = select;
      select.textContent = '';
      append(select, [
        h('option', { value: '' }, 'All requests'),
        KINDS.map(([kind, title]) => {
          const own = rows.filter((row) => row.kind === kind);
          return own.length === 0
            ? undefined
            : h(
                'optgroup',
                { label: title },
                own.map((row) => h('option', { value: rowKey(row) }, rowName(row, 80))),
              );
        }),
      ]);
      select.value = rows.some((row) => rowKey(row) === value) ? value : '';
      element.hidden = rows.length < 2;
    },
    row: ({ course }) =>
      select.value === '' ? undefined : course.rows.find((row) => rowKey(row) === select.value),
  };
}
