/** One request per arrival, while the thread itself stands still for BLOCK_MS every EVERY_MS, first at FIRST_MS. */

import { defineOptions, http, test } from 'brunt';

const vus = Number(__ENV.VUS);

export const options = defineOptions({
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      duration: Number(__ENV.DURATION_MS),
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
});

const URL = `${__ENV.BASE_URL}/`;
const everyMs = Number(__ENV.EVERY_MS);
const endMs = Number(__ENV.DURATION_MS);
const still = new Int32Array(new SharedArrayBuffer(4));
/** Once per thread, not per VU. */
const thread = globalThis as { stalls?: boolean };

function stallAt(atMs: number): void {
  if (atMs >= endMs) return;
  const leftMs = atMs - test.elapsed();
  if (leftMs > 2) {
    setTimeout(stallAt, leftMs - 2, atMs);
  } else if (leftMs > 0) {
    setImmediate(stallAt, atMs);
  } else {
    Atomics.wait(still, 0, 0, Number(__ENV.BLOCK_MS) + leftMs);
    stallAt(atMs + everyMs);
  }
}

export default async function () {
  if (thread.stalls !== true) {
    thread.stalls = true;
    stallAt(Number(__ENV.FIRST_MS));
  }
  await http.get(URL);
}
