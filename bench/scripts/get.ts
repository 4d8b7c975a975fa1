import { check, http } from 'brunt';

export const options = {
  tags: { build: 'bench' },
  thresholds: {
    http_req_duration: ['p(95)<2000', 'p(99)<5000'],
    'http_req_duration{status:200}': ['p(95)<2000'],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
  },
};

export default async function () {
  const res = await http.get(`${__ENV.BASE_URL}/json`);
  check(res, {
    'status is 200': (r) => r.status === 200,
    'has an id': (r) => r.json<{ id: number }>().id === 7,
  });
}
