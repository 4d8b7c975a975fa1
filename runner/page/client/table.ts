/**
 * Tables of the page: real ones, with a caption, headings for rows and columns, and a frame that scrolls by itself.
 * Columns with a `sort` value can be sorted by: highest first, then lowest first, then as they were.
 */

import { append, button, type Child, h } from './dom.ts';

export interface TableColumn<Row> {
  readonly title: string;
  /** Longer words for the title. */
  readonly about?: string;
  readonly kind: 'name' | 'number' | 'text';
  readonly cell: (row: Row) => Child;
  /** Class of the cell. */
  readonly tone?: (row: Row) => string | undefined;
  /** Rows without a value stand last. */
  readonly sort?: (row: Row) => number | null | undefined;
}

export interface TableInput<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  /** Class of the row. */
  readonly rowTone?: (row: Row) => string | undefined;
  /** Rows that stay on top however the others are sorted. */
  readonly fixed?: number;
}

interface Order {
  readonly title: string;
  readonly direction: 'descending' | 'ascending';
}

/** What the reader sorted by, by caption: a table that is drawn anew keeps its order. */
const orders = new Map<string, Order>();

function nextOrder(title: string, now: Order | undefined): Order | undefined {
  if (now?.title !== title) return { title, direction: 'descending' };
  return now.direction === 'descending' ? { title, direction: 'ascending' } : undefined;
}

function sorted<Row>({ rows, columns, caption, fixed = 0 }: TableInput<Row>): readonly Row[] {
  const order = orders.get(caption);
  const value = columns.find(({ title }) => title === order?.title)?.sort;
  if (order === undefined || value === undefined) return rows;
  const sign = order.direction === 'descending' ? -1 : 1;
  const place = (row: Row): number => {
    const found = value(row);
    return found === null || found === undefined ? Number.POSITIVE_INFINITY : sign * found;
  };
  return [...rows.slice(0, fixed), ...rows.slice(fixed).toSorted((a, b) => place(a) - place(b) || 0)];
}

function bodyRow<Row>(row: Row, { columns, rowTone }: TableInput<Row>): HTMLElement {
  return h(
    'tr',
    { class: rowTone?.(row) },
    columns.map(({ kind, cell, tone }, i) =>
      i === 0
        ? h('th', { scope: 'row', class: `${kind} ${tone?.(row) ?? ''}` }, cell(row))
        : h('td', { class: `${kind} ${tone?.(row) ?? ''}` }, cell(row)),
    ),
  );
}

export function table<Row>(input: TableInput<Row>): HTMLElement {
  const { caption, columns } = input;
  const head = h('tr');
  const body = h('tbody');
  const show = (): void => {
    const order = orders.get(caption);
    body.textContent = '';
    append(body, [sorted(input).map((row) => bodyRow(row, input))]);
    for (const [i, cell] of [...head.children].entries()) {
      if (order !== undefined && columns[i]?.title === order.title)
        cell.setAttribute('aria-sort', order.direction);
      else cell.removeAttribute('aria-sort');
    }
  };
  const sort = (title: string): void => {
    const next = nextOrder(title, orders.get(caption));
    if (next === undefined) orders.delete(caption);
    else orders.set(caption, next);
    show();
  };
  append(head, [
    columns.map(({ title, about, kind, sort: value }) =>
      h(
        'th',
        { scope: 'col', class: kind, title: about },
        value === undefined
          ? title
          : button(title, { class: 'sort', 'aria-label': `${about ?? title}: sort` }, () => sort(title)),
      ),
    ),
  ]);
  show();
  return h(
    'div',
    { class: 'frame', role: 'region', 'aria-label': caption, tabindex: 0 },
    h('table', {}, h('caption', { class: 'hidden' }, caption), h('thead', {}, head), body),
  );
}
