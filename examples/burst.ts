/** Everyone at once: a hundred visitors in the same instant, three times, as after a push notification. */

import { check, defineOptions, http } from 'brunt';

export const options = defineOptions({
  scenarios: {
    notified: { executor: 'burst', size: 100, every: '2s', count: 3, maxVUs: 100, preAllocatedVUs: 100 },
  },
  thresholds: {
    checks: ['rate>0.99'],
    iterations: ['count==300'],
  },
  // A hundred starts at one instant cannot all be on time; what counts here is how the system copes.
  validity: { maxStartLag: '2s' },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  // The database has 20 connections: four of five visitors wait in line.
  const res = await http.get(`${BASE_URL}/db/query`, { query: { id: 1 } });
  check(res, { 'everyone is served': (r) => r.status === 200 });
}
