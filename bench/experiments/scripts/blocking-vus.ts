/** More arrivals than VUs: each VU is taken for longer than the run. */

import { defineOptions, sleep } from 'brunt';

export const options = defineOptions({
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: 10,
      duration: '950ms',
      preAllocatedVUs: 5,
      maxVUs: 5,
      gracefulStop: '3s',
    },
  },
});

export default async function () {
  await sleep(2);
}
