/**
 * Thresholds are what the run is judged by: one that fails makes the exit code 99. They can select part of a metric by
 * tag, stop the run early, and look at a trailing window instead of the whole run.
 */

import { defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 5,
  duration: '5s',
  thresholds: {
    // Everything together.
    http_req_duration: ['avg<300', 'p(95)<400'],

    // One kind of request alone: tags in braces.
    'http_req_duration{name:chat}': ['p(95)<400'],
    'http_req_duration{name:tool}': ['med<200', 'max<2s'],

    http_req_failed: [
      'rate<0.01',
      // No use in going on when half of all requests fail; but not before there are enough of them.
      { threshold: 'rate<0.5', abortOnFail: true, delayAbortEval: '1s' },
    ],

    // Checked every second over the last three, so that a bad phase cannot hide in a good average.
    http_req_waiting: ['p(99)<1000 over 3s'],

    http_reqs: ['count>20', 'rate>5'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function () {
  await http.post(`${BASE_URL}/chat`, null, { json: { message: 'hello' }, tags: { name: 'chat' } });
  await http.post(`${BASE_URL}/tools/execute`, null, { json: { tool: 'clock' }, tags: { name: 'tool' } });
}
