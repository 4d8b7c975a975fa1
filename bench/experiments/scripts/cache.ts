/**
 * One user who looks keys up and puts what is missing, in a Redis that keeps the CAPACITY keys used last. Redis itself
 * evicts by memory and by sampling, so the exact order is kept here: a sorted set of the keys by last use.
 *
 *     DRAWS 0    the 1,000 keys in order, twice: `first`, `second`
 *     else       so many random keys: `first` fills the cache, `second` counts
 */

import { defineOptions } from 'brunt';
import redis from 'brunt/redis';

const KEYS = 1000;
const FILLING = 3000;

export const options = defineOptions({
  vus: 1,
  iterations: 1,
  thresholds: { 'redis_hits{name:first}': ['rate>=0'], 'redis_hits{name:second}': ['rate>=0'] },
});

const USE = `
  redis.call('SET', KEYS[1], 'value')
  redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
  if redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[2]) then
    redis.call('DEL', redis.call('ZPOPMIN', KEYS[2])[1])
  end`;

const cache = redis.connect(__ENV.REDIS_URL ?? '');
const draws = Number(__ENV.DRAWS);

export default async function () {
  await cache.command(['FLUSHALL']);
  let use = 0;
  const look = async (name: string, key: number): Promise<void> => {
    const found = await cache.with({ name }).get(`key:${key}`);
    if (found !== null && found !== 'value') throw new Error(`key ${key} holds ${found}`);
    await cache.eval(USE, { keys: [`key:${key}`, 'uses'], args: [use++, __ENV.CAPACITY ?? ''] });
  };
  if (draws === 0) {
    for (const name of ['first', 'second']) for (let key = 0; key < KEYS; key++) await look(name, key);
    return;
  }
  for (let n = 0; n < FILLING + draws; n++) {
    await look(n < FILLING ? 'first' : 'second', Math.floor(Math.random() * KEYS));
  }
}
