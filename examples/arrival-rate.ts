/**
 * Load by arrivals instead of users: iterations start at a rate, whether or not earlier ones have ended, as visitors of
 * a site do. A slow system does not slow the load down, so `iteration_response_time` shows what a visitor who came on
 * time had to wait.
 */

import { defineOptions, http } from 'brunt';

export const options = defineOptions({
  scenarios: {
    // One every 50 ms, evenly. An arrival for which no VU is free is dropped and counted.
    steady: {
      executor: 'constant-arrival-rate',
      exec: 'query',
      rate: 20,
      duration: '4s',
      preAllocatedVUs: 10,
      maxVUs: 50,
    },
    // The same mean, at random moments as real visitors come; an arrival waits for a free VU instead of being dropped.
    random: {
      executor: 'constant-arrival-rate',
      exec: 'chat',
      rate: 10,
      duration: '4s',
      arrivals: 'poisson',
      whenBusy: 'queue',
      preAllocatedVUs: 10,
    },
    // From 5 to 40 a second and back.
    wave: {
      executor: 'ramping-arrival-rate',
      exec: 'query',
      startRate: 5,
      stages: [
        { duration: '2s', target: 40 },
        { duration: '2s', target: 5 },
      ],
      preAllocatedVUs: 20,
    },
  },
  thresholds: {
    dropped_iterations: ['count==0'],
    'iteration_response_time{scenario:steady}': ['p(95)<500'],
  },
  // How late Brunt itself may start an iteration before the result does not count (default 100ms). Generous, because
  // examples run on busy machines.
  validity: { maxStartLag: '1s' },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export async function query() {
  await http.get(`${BASE_URL}/db/query`, { query: { id: 7 } });
}

export async function chat() {
  await http.post(`${BASE_URL}/chat`, null, { json: { message: 'hello' } });
}
