/**
 * What may go wrong, and what becomes of it.
 *
 * A request that fails does not throw: it resolves with an `error`, and with status 0 where there was no response. An
 * iteration that throws is counted in `iteration_errors`, the others go on; it fails the run unless a threshold of your
 * own says how many are all right.
 */

import { check, defineOptions, fail, http } from 'brunt';

export const options = defineOptions({
  vus: 2,
  iterations: 10,
  thresholds: {
    // The fifth iteration of each VU throws below.
    iteration_errors: ['count<=2'],
    checks: ['rate==1'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

/** Repeats a request that may fail now and then. */
async function getWithRetry(url: string, tries = 5) {
  for (let left = tries; ; left -= 1) {
    const res = await http.get(url, { timeout: '2s' });
    if (res.status === 200 || left === 1) return res;
  }
}

export default async function () {
  // The server hangs up: no status, but a reason.
  const reset = await http.get(`${BASE_URL}/reset`);
  check(reset, {
    'no response has status 0': (r) => r.status === 0,
    'the error says what happened': (r) => r.error !== '' && r.errorCode >= 1000,
  });

  // Too slow: 50 ms are all that we wait.
  const slow = await http.get(`${BASE_URL}/slow`, { query: { ms: 1000 }, timeout: '50ms' });
  check(slow, { 'a timeout has a code of its own': (r) => r.errorCode === 1050 });

  // A status from 400 up counts as failed; unless that is just what is expected.
  const missing = await http.get(`${BASE_URL}/products/999`, { expectedStatuses: 404 });
  check(missing, { 'the reason is in the body': (r) => r.json<string>('error').includes('no product') });

  // With `throw: true` a request without a response throws, for those who like try and catch better.
  let caught = false;
  try {
    await http.get(`${BASE_URL}/reset`, { throw: true });
  } catch {
    caught = true;
  }
  check(caught, { 'it throws when asked to': (yes) => yes });

  await getWithRetry(`${BASE_URL}/flaky?rate=0.2`);

  // Ends this iteration, and counts it as failed.
  if (__ITER === 4) fail('no more today');
}
