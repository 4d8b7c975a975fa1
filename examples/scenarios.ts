/**
 * Several kinds of users in one test, each with its own function, load, environment and tags. They run side by side
 * unless `startTime` says otherwise.
 */

import { check, defineOptions, http, sleep, vu } from 'brunt';

export const options = defineOptions({
  scenarios: {
    shoppers: {
      executor: 'constant-vus',
      exec: 'shop',
      vus: 4,
      duration: '4s',
      tags: { team: 'store' },
    },
    // The same function for two sorts of customers: `env` tells them apart.
    smallOrders: {
      executor: 'per-vu-iterations',
      exec: 'order',
      vus: 2,
      iterations: 5,
      env: { QUANTITY: '1' },
      tags: { team: 'sales' },
    },
    bigOrders: {
      executor: 'shared-iterations',
      exec: 'order',
      vus: 2,
      iterations: 6,
      startTime: '1s',
      env: { QUANTITY: '50' },
      tags: { team: 'sales' },
    },
  },
  thresholds: {
    // Every sample carries the scenario and its tags.
    'http_req_duration{scenario:shoppers}': ['p(95)<500'],
    'http_req_duration{team:sales}': ['p(95)<500'],
    'iterations{scenario:bigOrders}': ['count==6'],
    checks: ['rate==1'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export async function shop() {
  const res = await http.get(`${BASE_URL}/products`);
  check(res, { 'there are products': (r) => r.json<number>('#') > 0 });
  await sleep('100ms');
}

export async function order() {
  const quantity = Number(__ENV.QUANTITY);
  const res = await http.post(`${BASE_URL}/cart`, null, { json: { id: 1, quantity } });
  check(res, { [`${vu.scenario} get what they ordered`]: (r) => r.json('count') === quantity });
}
