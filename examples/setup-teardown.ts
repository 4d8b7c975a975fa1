/**
 * `setup` runs once before the load, `teardown` once after it. What `setup` returns reaches every VU, and `teardown`, as
 * a copy of its own. Requests made in them do not enter the results.
 */

import { check, fail, http } from 'brunt';

export const options = {
  vus: 3,
  iterations: 15,
  thresholds: { checks: ['rate==1'] },
};

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

interface Shared {
  token: string;
}

export async function setup(): Promise<Shared> {
  const res = await http.post(`${BASE_URL}/login`, null, { json: { user: 'ada', password: 'demo' } });
  // A setup that throws ends the run before any load: exit code 107.
  if (res.status !== 200) fail(`could not log in: ${res.status} ${res.body}`);
  return { token: res.json<string>('token') };
}

export default async function (data: Shared) {
  const res = await http.get(`${BASE_URL}/me`, { headers: { Authorization: `Bearer ${data.token}` } });
  check(res, { 'known by the token of setup': (r) => r.json('user') === 'ada' });
}

export async function teardown(data: Shared) {
  await http.post(`${BASE_URL}/logout`, null, { headers: { Authorization: `Bearer ${data.token}` } });
}
