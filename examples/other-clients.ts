/**
 * Clients that know nothing of Brunt are measured, too: with a `fetch` or agents that they are given, or inside of
 * `http.instrument`. Their URLs get names by a rule.
 */

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { check, defineOptions, http } from 'brunt';

export const options = defineOptions({
  vus: 2,
  iterations: 10,
  thresholds: {
    'http_req_duration{name:GET /products/:id}': ['p(95)<500'],
    http_reqs: ['count==40'],
    checks: ['rate==1'],
  },
});

const BASE_URL = __ENV.BASE_URL ?? 'http://127.0.0.1:3333';

const shop = http.client({
  baseUrl: BASE_URL,
  name: ({ method, url }) => `${method} ${url.pathname.replace(/\d+/g, ':id')}`,
});
const agents = shop.agents();

/** Any package over `node:http`: axios takes these agents as `axios.create(agents)`, got as `{ agent: agents }`. */
function overNodeHttp(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { agent: agents.http }, (response) => resolve(text(response)))
      .on('error', reject)
      .end();
  });
}

/** Stands for an SDK that takes neither a `fetch` nor an agent. */
const sdk = {
  product: async (id: number): Promise<unknown> => (await fetch(`${BASE_URL}/products/${id}`)).json(),
};

export default async function () {
  const id = 1 + (__ITER % 5);
  const own = await shop.get(`/products/${id}`);
  const viaFetch = await shop.fetch(`/products/${id}`);
  const viaNode = await overNodeHttp(`${BASE_URL}/products/${id}`);
  const viaSdk = await shop.instrument(() => sdk.product(id));

  const all = [own.body, await viaFetch.text(), viaNode, JSON.stringify(viaSdk)].map(
    (body) => JSON.parse(body) as { id: number },
  );
  check(all, { 'all got the same product': (products) => products.every((product) => product.id === id) });
}
