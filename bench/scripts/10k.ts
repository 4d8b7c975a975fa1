import { check, http } from 'brunt';

export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };

export default async function () {
  const res = await http.get(`${__ENV.BASE_URL}/10k`);
  check(res, { 'has all items': (r) => r.json<unknown[]>().length === 128 });
}
