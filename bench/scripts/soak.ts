import { check, http, sleep, Trend } from 'brunt';

const size = new Trend('body_size');

export const options = {
  thresholds: { http_req_failed: ['rate<0.001'], checks: ['rate>0.999'] },
};

export default async function () {
  const res = await http.get(`${__ENV.BASE_URL}/10k`, { tags: { name: `item-${__ITER % 50}` } });
  check(res, { 'status is 200': (r) => r.status === 200 });
  size.add(res.body.length);
  await sleep('100ms');
}
