/** One request per arrival, at a rate that follows STAGES ("rate:ms rate:ms …") from START_RATE. */

import { defineOptions, http, vu } from 'brunt';

const vus = Number(__ENV.VUS);

export const options = defineOptions({
  scenarios: {
    arrivals: {
      executor: 'ramping-arrival-rate',
      startRate: Number(__ENV.START_RATE ?? 0),
      timeUnit: Number(__ENV.TIME_UNIT_MS ?? 1000),
      stages: String(__ENV.STAGES)
        .split(' ')
        .map((stage) => {
          const [target, duration] = stage.split(':').map(Number);
          return { target: target as number, duration: duration as number };
        }),
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
});

const URL = `${__ENV.BASE_URL}/`;

export default async function () {
  await http.get(URL, { headers: { 'x-id': vu.iterationInScenario } });
}
