/** VUS users in a closed loop, paced so that they send RATE requests a second as long as nothing holds them up. */

import { defineOptions, http } from 'brunt';

const vus = Number(__ENV.VUS);

export const options = defineOptions({
  vus,
  duration: Number(__ENV.DURATION_MS),
  minIterationDuration: (vus * 1000) / Number(__ENV.RATE),
});

const URL = `${__ENV.BASE_URL}/`;

export default async function () {
  await http.get(URL);
}
