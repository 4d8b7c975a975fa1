/** Several requests side by side, as a browser loads the parts of a page. */

import { check, defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 2,
  iterations: 10,
  // At most this many at once per VU, and per host.
  batch: 10,
  batchPerHost: 6,
  thresholds: { checks: ['rate==1'] },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  // A list: answers in the order of the requests.
  const [list, first] = await http.batch([`${BASE_URL}/products`, ['GET', `${BASE_URL}/products/1`]]);
  check(list, { 'a list of products': (r) => r?.status === 200 });
  check(first, { 'the first product': (r) => r?.json('id') === 1 });

  // By name: answers by name.
  const page = await http.batch({
    health: `${BASE_URL}/health`,
    tool: {
      method: 'POST',
      url: `${BASE_URL}/tools/execute`,
      params: { json: { tool: 'sum', args: { numbers: [1, 2, 3] } } },
    },
  });
  check(page.tool, { 'the sum is right': (r) => r.json('result') === 6 });

  // Promise.all does it too: requests of one VU may overlap as they like.
  const slow = await Promise.all(
    [1, 2, 3].map((n) => http.get(`${BASE_URL}/slow`, { query: { ms: n * 20 } })),
  );
  check(slow, { 'all three answered': (all) => all.every((r) => r.status === 200) });
}
