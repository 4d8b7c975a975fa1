import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { OTHER_VALUE, TagSpace } from '../../../workers/record/tags.ts';
import { Random } from '../../../workers/vu/random.ts';

function space(limits = { values: 1000, sets: 100_000 }): { tags: TagSpace; warnings: string[] } {
  const warnings: string[] = [];
  return { tags: new TagSpace(limits, (text) => warnings.push(text)), warnings };
}

test('sets with the same content are the same object, whatever the way to them', () => {
  const { tags } = space();
  const random = new Random(1);
  const pairs = [
    ['scenario', 's'],
    ['group', '::g'],
    ['name', 'n'],
    ['method', 'GET'],
    ['status', '200'],
  ] as const;
  const reference = pairs.reduce((set, [key, value]) => set.with(key, value), tags.root);
  for (let i = 0; i < 50; i++) {
    const shuffled = [...pairs].sort(() => random.next() - 0.5);
    let set = tags.root;
    for (const [key, value] of shuffled) set = set.with(key, 'detour').with(key, value);
    expect(set).toBe(reference);
  }
  expect(Object.fromEntries(reference.entries())).toEqual(Object.fromEntries(pairs));
});

test('a value replaces the one before; an equal one changes nothing; the empty one removes', () => {
  const { tags } = space();
  const a = tags.root.with('name', 'a');
  expect(a.get('name')).toBe('a');
  expect(a.with('name', 'a')).toBe(a);
  expect(a.with('name', 'b').get('name')).toBe('b');
  expect(a.with('name', '')).toBe(tags.root);
  expect(tags.root.with('name', '')).toBe(tags.root);
  expect(a.with('name', '').get('name')).toBeUndefined();
});

test('keys by which no series is split are dropped until they are kept', () => {
  const { tags } = space();
  for (let i = 0; i < 1000; i++) expect(tags.root.with('user', `u${i}`)).toBe(tags.root);
  expect(tags.size).toBe(1);
  tags.keep(['user']);
  expect(tags.root.with('user', 'u1').get('user')).toBe('u1');
});

test('values past the cap are folded, with one warning, and the earlier ones stay', () => {
  const { tags, warnings } = space({ values: 3, sets: 1000 });
  const first = tags.root.with('name', 'n0');
  for (let i = 0; i < 100; i++) {
    expect(tags.root.with('name', `n${i}`).get('name')).toBe(i < 3 ? `n${i}` : OTHER_VALUE);
  }
  expect(tags.root.with('name', 'n0')).toBe(first);
  expect(tags.root.with('method', 'GET').get('method')).toBe('GET');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("the tag 'name' has more than 3 different values");
  expect(tags.size).toBe(6);
});

test('past the cap on sets a tag is left out rather than memory grown', () => {
  const { tags, warnings } = space({ values: 1000, sets: 5 });
  const seen = new Set(
    Array.from({ length: 100 }, (_, i) => tags.root.with('name', `n${i}`).with('status', `${i}`)),
  );
  expect(tags.size).toBe(5);
  expect(seen.size).toBeLessThanOrEqual(5);
  expect(warnings).toHaveLength(1);
});

test('the memo belongs to the set', () => {
  const { tags } = space();
  const set = tags.root.with('name', 'a');
  set.memo.set('http', 1);
  expect(tags.root.with('name', 'a').memo.get('http')).toBe(1);
  expect(tags.root.memo.size).toBe(0);
});

test('memory does not grow with the number of values, dropped or folded', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const { tags } = space({ values: 10, sets: 1000 });
  const use = (from: number) => {
    for (let i = from; i < from + 100_000; i++) tags.root.with('user', `user ${i}`).with('name', `/${i}`);
  };
  use(0);
  const before = used();
  use(100_000);
  // One entry of a map for each would be some 10 MB.
  expect(used() - before).toBeLessThan(2_000_000);
});
