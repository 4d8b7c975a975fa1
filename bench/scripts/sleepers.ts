import { http, sleep, Trend, vu } from 'brunt';

export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };

const overrun = new Trend('sleep_overrun', true);

async function measuredSleep(seconds: number): Promise<void> {
  const from = performance.now();
  await sleep(seconds);
  overrun.add(performance.now() - from - seconds * 1000);
}

/** One connection and one request every two seconds, spread over them. */
export default async function () {
  if (vu.iteration === 0) await sleep(Math.random() * 2);
  await http.get(`${__ENV.BASE_URL}/json`);
  await measuredSleep(2);
}
