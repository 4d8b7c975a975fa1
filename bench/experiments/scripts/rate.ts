/** One request per arrival. RATE per second for DURATION_MS, at most VUS at once. */

import { defineOptions, http, vu } from 'brunt';

const vus = Number(__ENV.VUS);

export const options = defineOptions({
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: Number(__ENV.TIME_UNIT_MS ?? 1000),
      duration: Number(__ENV.DURATION_MS),
      arrivals: __ENV.ARRIVALS === 'poisson' ? 'poisson' : 'uniform',
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
});

const URL = `${__ENV.BASE_URL}/`;

export default async function () {
  await http.get(URL, { headers: { 'x-id': vu.iterationInScenario } });
}
