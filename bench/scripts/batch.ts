import { check, http } from 'brunt';

export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };

export default async function () {
  const url = `${__ENV.BASE_URL}/json`;
  const responses = await http.batch([url, url, url, url, url, url]);
  for (const res of responses) check(res, { 'has an id': (r) => r.json<{ id: number }>().id === 7 });
}
