import redis from 'brunt/redis';

const cache = redis.connect(__ENV.URL ?? '');

export default async function () {
  await cache.set(`user:${__VU}`, 'a short value');
  await cache.get(`user:${__VU}`);
}
