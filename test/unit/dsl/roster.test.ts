import { expect, test } from 'vitest';
import { type Placed, Roster } from '../../../dsl/roster.ts';

type Named = Placed & { readonly name: string };
type SixNamed = [Named, Named, Named, Named, Named, Named];

test('holds what was added and not deleted, whatever the order', () => {
  const roster = new Roster<Named>();
  const [a, b, c, d, e, f] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, place: -1 })) as SixNamed;
  const names = (): string =>
    roster
      .all()
      .map(({ name }) => name)
      .sort()
      .join('');
  for (const item of [a, b, c, d, e, f]) roster.add(item);
  expect([f, a, d].map((item) => roster.delete(item))).toEqual([true, true, true]);
  expect([roster.size, names()]).toEqual([3, 'bce']);
  expect(roster.delete(a)).toBe(false);
  roster.add(a);
  expect([roster.size, names()]).toEqual([4, 'abce']);
  expect(roster.delete(b)).toBe(true);
  expect(names()).toBe('ace');
});

test('what was handed out by `all` stays as it was', () => {
  const roster = new Roster<Placed>();
  const items = [{ place: -1 }, { place: -1 }];
  for (const item of items) roster.add(item);
  const all = roster.all();
  for (const item of all) roster.delete(item);
  expect(all).toEqual([{ place: -1 }, { place: -1 }]);
  expect(roster.size).toBe(0);
});
