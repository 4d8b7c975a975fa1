/**
 * A URL with an id in it is a different URL for every id. Grouped under one name they are one line of the summary, and
 * one threshold can speak of all of them.
 */

import { defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 3,
  iterations: 60,
  thresholds: {
    'http_req_duration{name:product page}': ['p(95)<500'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  const id = 1 + Math.floor(Math.random() * 20);

  // Named by hand: the name tag takes the URL's place.
  await http.get(`${BASE_URL}/products/${id}`, { tags: { name: 'product page' } });

  // Named by its shape: http.url keeps `${}` where a value stands.
  await http.get(http.url`${BASE_URL}/cache/product-${id}`);

  // Parameters given as `query` are not part of the name.
  await http.get(`${BASE_URL}/db/query`, { query: { id } });
}
