import { check, http } from 'brunt';

export const options = { thresholds: { http_req_failed: ['rate<0.01'] } };

export default async function () {
  const res = await http.post(`${__ENV.BASE_URL}/post10k`, undefined, {
    json: { id: 7, name: 'a small product', items: [1, 2, 3], note: 'ordered by a bench' },
  });
  check(res, { 'has all items': (r) => r.json<unknown[]>().length === 128 });
}
