/** Tables of the page: real ones, with a caption, headings for rows and columns, and a frame that scrolls by itself. */

import { type Child, h } from './dom.ts';

export interface TableColumn<Row> {
  readonly title: string;
  /** Longer words for the title. */
  readonly about?: string;
  readonly kind: 'name' | 'number' | 'text';
  readonly cell: (row: Row) => Child;
  /** Class of the cell. */
  readonly tone?: (row: Row) => string | undefined;
}

export interface TableInput<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  /** Class of the row. */
  readonly rowTone?: (row: Row) => string | undefined;
}

export function table<Row>({ caption, columns, rows, rowTone }: TableInput<Row>): HTMLElement {
  const head = h(
    'tr',
    {},
    columns.map(({ title, about, kind }) =>
      h('th', { scope: 'col', class: kind, title: about, 'aria-label': about }, title),
    ),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      { class: rowTone?.(row) },
      columns.map(({ kind, cell, tone }, i) =>
        i === 0
          ? h('th', { scope: 'row', class: `${kind} ${tone?.(row) ?? ''}` }, cell(row))
          : h('td', { class: `${kind} ${tone?.(row) ?? ''}` }, cell(row)),
      ),
    ),
  );
  return h(
    'div',
    { class: 'frame', role: 'region', 'aria-label': caption, tabindex: 0 },
    h('table', {}, h('caption', { class: 'hidden' }, caption), h('thead', {}, head), h('tbody', {}, body)),
  );
}
