/**
 * A cache as a service uses it: look up, and put what is missing. The hit rate comes from the replies. Needs Redis and
 * the package @redis/client (npm install @redis/client):
 *
 *     npx brunt run examples/redis.ts -e REDIS_URL=redis://127.0.0.1:6379
 */

import { check, defineOptions } from 'brunt';
import redis from 'brunt/redis';

const url = __ENV.REDIS_URL;

export const options = defineOptions(
  url === undefined
    ? { iterations: 1 }
    : {
        vus: 10,
        duration: '3s',
        thresholds: {
          redis_req_failed: ['rate<0.01'],
          'redis_req_duration{method:GET}': ['p(95)<50'],
          // 200 keys: after the first seconds most are there.
          redis_hits: ['rate>0.5'],
        },
      },
);

const cache = url === undefined ? undefined : redis.connect(url, { timeout: '2s' });

export function setup() {
  if (cache === undefined) console.log('REDIS_URL is not set, so there is nothing to do');
}

export default async function () {
  if (cache === undefined) return;
  const key = `brunt:product:${Math.floor(Math.random() * 200)}`;
  if ((await cache.get(key)) === null) await cache.set(key, 'a product', { ttl: '30s' });

  // Several commands in one go.
  const [visits] = await cache.pipeline().incr('brunt:visits').expire('brunt:visits', '1m').exec();
  check(visits, { 'the visit was counted': (n) => Number(n) > 0 });
}
