/**
 * Checks say whether an answer is right; groups say which part of the visit it belongs to. A failed check does not end
 * the iteration: it is counted, and a threshold on `checks` decides what share may fail.
 */

import { check, group, http } from 'brunt';

export const options = {
  vus: 2,
  iterations: 10,
  thresholds: {
    checks: ['rate==1'],
    // The checks of one group alone.
    'checks{group:::buy}': ['rate==1'],
  },
};

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

interface Product {
  id: number;
  name: string;
  price: number;
}

export default async function () {
  // A group gives its value back.
  const product = await group('browse', async () => {
    const res = await http.get(`${BASE_URL}/products`);
    check(res, {
      'status is 200': (r) => r.status === 200,
      'there are twenty': (r) => r.json<number>('#') === 20,
    });
    return res.json<Product>('4');
  });

  await group('buy', async () => {
    const res = await http.post(`${BASE_URL}/cart`, null, {
      json: { items: [{ id: product.id, quantity: 3 }] },
    });
    // `check` returns whether everything passed.
    const bought = check(res, {
      'status is 201': (r) => r.status === 201,
      'cart has 3 items': (r) => r.json('count') === 3,
      'the price is right': (r) => Math.abs(r.json<number>('total') - 3 * product.price) < 0.005,
    });
    if (!bought) console.warn(`could not buy ${product.name}: ${res.body}`);
  });
}
