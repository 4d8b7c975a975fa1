/** Any client at all: what `measure` runs is timed, counted and ended as requests of Brunt's own are. */

import { check, defineOptions, measure } from 'brunt';

export const options = defineOptions({
  vus: 2,
  iterations: 20,
  thresholds: {
    'measure_duration{name:products by fetch}': ['p(95)<500'],
    measure_failed: ['rate==0'],
    checks: ['rate==1'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

export default async function (): Promise<void> {
  const products = await measure(
    'products by fetch',
    async ({ signal }) => {
      const res = await fetch(`${BASE_URL}/products`, { signal });
      return (await res.json()) as unknown[];
    },
    { timeout: '5s', tags: { client: 'fetch' } },
  );
  check(products, { 'there are some': (list) => list.length > 0 });
}
