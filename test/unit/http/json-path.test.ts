import { expect, test } from 'vitest';
import { valueAt } from '../../../dsl/http/json-path.ts';

const STORE = {
  $ref: 'kept',
  items: [
    { id: 1, price: 8.95, tags: ['a', 'b'], 'odd name': 1 },
    { id: 2, price: 12.99 },
    { id: 3, price: 8.99, code: 'x-3' },
  ],
  total: null,
};

test.each([
  // Queries that can match one value only.
  ['$', STORE],
  ['$.items[0].id', 1],
  ['$.items[-1].id', 3],
  ["$['items'][0]['odd name']", 1],
  ['$["items"][1]["price"]', 12.99],
  ['$.total', null],
  ['$.missing', undefined],
  ['$.items[9].id', undefined],
  // All others give a list.
  ['$.items[*].id', [1, 2, 3]],
  ['$..id', [1, 2, 3]],
  ['$.items[1:].id', [2, 3]],
  ['$.items[0,2].id', [1, 3]],
  ['$.items[?@.price<10].id', [1, 3]],
  ['$.items[?@.code && match(@.code, "x-[0-9]")].id', [3]],
  ['$.items[?length(@.tags)==2].id', [1]],
  ['$.items[?@.id>9]', []],
  ["$['items','total']", [STORE.items, null]],
  // No JSONPath: a dot and a bracket after the dollar are what makes one.
  ['$ref', 'kept'],
  ['items.1.id', 2],
  ['items.#', 3],
])('%s', (path, expected) => {
  expect(valueAt(STORE, path)).toEqual(expected);
});

test('says that a JSONPath is none', () => {
  for (const path of ['$.items[', '$.', '$.items[?]']) {
    expect(() => valueAt(STORE, path)).toThrow(SyntaxError);
    expect(() => valueAt(STORE, path)).toThrow(/is not a JSONPath \(RFC 9535\)/);
  }
});
