/**
 * Random, and yet the same in every run: `Math.random` of each VU follows from the run's seed and the VU's number. Change
 * the seed with `--seed N`; without one it is chosen, and printed, so that a run can be repeated.
 */

import { check, defineOptions, http, randomSeed } from 'brunt';

export const options = defineOptions({
  scenarios: { buyers: { executor: 'per-vu-iterations', vus: 3, iterations: 5 } },
  seed: 42,
  thresholds: { checks: ['rate==1'] },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

function dice(): number {
  return 1 + Math.floor(Math.random() * 6);
}

export default async function () {
  const res = await http.post(`${BASE_URL}/cart`, null, { json: { id: dice(), quantity: dice() } });
  check(res, { 'bought something': (r) => r.status === 201 });

  // A sequence can be started anew at any place.
  randomSeed(__ITER);
  const first = [dice(), dice(), dice()];
  randomSeed(__ITER);
  const second = [dice(), dice(), dice()];
  check(null, { 'same seed, same dice': () => first.join() === second.join() });
}
