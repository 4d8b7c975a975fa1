/** VUs that ramp from START_VUS by STAGES ("vus:ms …"); each tells the server every PACE_MS that it is there,
 * and when that is on the clock of the run. */

import { defineOptions, http, sleep, test, vu } from 'brunt';

export const options = defineOptions({
  scenarios: {
    users: {
      executor: 'ramping-vus',
      startVUs: Number(__ENV.START_VUS),
      stages: String(__ENV.STAGES)
        .split(' ')
        .map((stage) => {
          const [target, duration] = stage.split(':').map(Number);
          return { target: target as number, duration: duration as number };
        }),
    },
  },
});

const URL = `${__ENV.BASE_URL}/`;
const paceS = Number(__ENV.PACE_MS) / 1000;

export default async function () {
  await http.get(URL, { headers: { 'x-id': `${vu.id}@${test.elapsed()}` } });
  await sleep(paceS);
}
