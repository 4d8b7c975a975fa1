import { expect, test } from 'vitest';
import { UnderWay } from '../../../dsl/http/under-way.ts';

function item(log: string[], name: string, then?: () => void) {
  return {
    place: -1,
    abort: (reason: Error) => {
      log.push(`${name}: ${reason.message}`);
      then?.();
    },
  };
}

test('what was added and not deleted is aborted, each once', () => {
  const log: string[] = [];
  const list = new UnderWay();
  const items = ['a', 'b', 'c', 'd', 'e'].map((name) => item(log, name));
  for (const each of items) list.add(each);
  for (const i of [0, 4, 2]) list.delete(items[i] as (typeof items)[0]);
  list.add(items[4] as (typeof items)[0]);
  expect(list.size).toBe(3);
  list.abortAll(new Error('end'));
  expect(log.sort()).toEqual(['b: end', 'd: end', 'e: end']);
});

test('deleting what is not in the list changes nothing', () => {
  const log: string[] = [];
  const list = new UnderWay();
  const [a, b] = [item(log, 'a'), item(log, 'b')];
  list.add(a);
  list.delete(b);
  list.delete(a);
  list.delete(a);
  expect(list.size).toBe(0);
  list.add(b);
  list.abortAll(new Error('end'));
  expect(log).toEqual(['b: end']);
});

test('items may leave, and new ones come, while all are aborted', () => {
  const log: string[] = [];
  const list = new UnderWay();
  const late = item(log, 'late');
  const a = item(log, 'a', () => {
    list.delete(a);
    list.add(late);
  });
  const b = item(log, 'b', () => list.delete(b));
  list.add(a);
  list.add(b);
  list.abortAll(new Error('x'));
  expect(log).toEqual(['a: x', 'b: x']);
  expect(list.size).toBe(1);
});
