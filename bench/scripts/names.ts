import { http } from 'brunt';

const NAMES = Number(__ENV.NAMES);

export const options = { thresholds: { http_req_duration: ['p(95)<2000'] } };

/** Many series: every request under one of NAMES names. */
export default async function () {
  await http.get(`${__ENV.BASE_URL}/json`, { tags: { name: `item ${(__VU * 7919 + __ITER) % NAMES}` } });
}
