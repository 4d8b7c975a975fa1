/** A page's worth of work on each response: what scripts do that look closely at what they get. */

import { check, http } from 'brunt';

interface Item {
  readonly id: number;
  readonly name: string;
  readonly note: string;
}

export const options = {
  thresholds: { http_req_failed: ['rate<0.01'], checks: ['rate>0.99'] },
};

export default async function () {
  const res = await http.get(`${__ENV.BASE_URL}/10k`);
  const items = res.json<Item[]>();
  const words = new Map<string, number>();
  for (const { name, note } of items) {
    for (const word of `${name} ${note}`.split(' ')) words.set(word, (words.get(word) ?? 0) + 1);
  }
  const sorted = [...items].sort((a, b) => b.id - a.id || a.name.localeCompare(b.name));
  check(res, {
    'status is 200': (r) => r.status === 200,
    'all items': () => items.length === 128 && sorted[0]?.id === 100_127,
    'every id once': () => new Set(items.map(({ id }) => id)).size === items.length,
    'names are told apart': () => words.get('item') === items.length,
  });
}
