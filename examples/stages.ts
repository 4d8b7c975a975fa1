/**
 * A ramp: users come, stay and leave.
 *
 *     users 10        ________
 *                    /        \
 *            0  ____/          \____
 *               0s  2s       4s  5s
 */

import { http, sleep } from 'brunt';

export const options = {
  scenarios: {
    visitors: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '2s', target: 10 },
        { duration: '2s', target: 10 },
        { duration: '1s', target: 0 },
      ],
      // A user who is told to leave may finish the page first, for at most this long.
      gracefulRampDown: '2s',
    },
  },
  thresholds: { http_req_failed: ['rate==0'] },
};

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  await http.get(`${BASE_URL}/products`);
  await sleep('200ms');
}
