/** Looks for the highest rate at which the response time keeps to LIMIT, such as `p(95)<50`, from START_RATE on. */

import { defineOptions, http } from 'brunt';

export const options = defineOptions({
  scenarios: {
    search: {
      executor: 'capacity',
      thresholds: { iteration_response_time: [String(__ENV.LIMIT)] },
      startRate: Number(__ENV.START_RATE),
      maxRate: 10 * Number(__ENV.START_RATE),
      arrivals: __ENV.ARRIVALS === 'poisson' ? 'poisson' : 'uniform',
      probe: Number(__ENV.PROBE_MS),
      warmUp: 500,
      settle: 300,
      precision: 0.03,
      maxDuration: '30m',
      preAllocatedVUs: 100,
      maxVUs: 300,
    },
  },
  thresholds: { capacity_rate: ['value>0'] },
});

const URL = `${__ENV.BASE_URL}/`;

export default async function () {
  await http.get(URL);
}
