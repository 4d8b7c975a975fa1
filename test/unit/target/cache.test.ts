import { expect, test } from 'vitest';
import { LruCache } from '../../../examples/target/cache.ts';
import { seededRandom } from '../../../examples/target/random.ts';

/** Reads each key through the cache as the demo does; returns the share of hits. */
function hitRate(cache: LruCache, keys: Iterable<number>): number {
  let hits = 0;
  let reads = 0;
  for (const key of keys) {
    reads += 1;
    if (cache.get(`${key}`) !== undefined) hits += 1;
    else cache.set(`${key}`, 'value');
  }
  return hits / reads;
}

const inOrder = Array.from({ length: 1000 }, (_, key) => key);

test('1,000 keys in order fit into 1,000 entries: nothing, then everything is a hit', () => {
  const cache = new LruCache(1000);
  expect(hitRate(cache, inOrder)).toBe(0);
  expect(hitRate(cache, inOrder)).toBe(1);
});

test('with one entry less each key has just gone when it is asked for again', () => {
  const cache = new LruCache(999);
  expect(hitRate(cache, inOrder)).toBe(0);
  expect(hitRate(cache, inOrder)).toBe(0);
  expect(cache.size).toBe(999);
});

test('200 entries hold a fifth of 1,000 keys that are asked for evenly', () => {
  const cache = new LruCache(200);
  const random = seededRandom(7);
  function* uniform(count: number): Generator<number> {
    for (let n = 0; n < count; n += 1) yield Math.floor(random() * 1000);
  }
  hitRate(cache, uniform(2000));
  // Two standard deviations of a share of 0.2 in 100,000 draws are 0.25 %; three keep a fixed seed from mattering.
  expect(Math.abs(hitRate(cache, uniform(100_000)) - 0.2)).toBeLessThan(0.00375);
});

test('an entry that is read stays, the one that was not goes', () => {
  const cache = new LruCache(2);
  cache.set('a', '1');
  cache.set('b', '2');
  expect(cache.get('a')).toBe('1');
  cache.set('c', '3');
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toBe('1');
  cache.set('a', 'new');
  expect(cache.get('a')).toBe('new');
  expect(cache.size).toBe(2);
});
