import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadlines, deadlinesOf, type Timed } from '../../../dsl/http/deadlines.ts';

class Request implements Timed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  readonly #late: string[];
  readonly #name: string;

  constructor(name: string, late: string[]) {
    this.#name = name;
    this.#late = late;
  }

  timeOut(): void {
    this.#late.push(this.#name);
    if (this.#name === 'bad') throw new Error('on purpose');
  }
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

test('each request is told once, when its own time is over, in order', () => {
  const late: string[] = [];
  const deadlines = new Deadlines(100);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Request(name, late));
  deadlines.add(a as Request, performance.now());
  vi.advanceTimersByTime(40);
  deadlines.add(b as Request, performance.now());
  vi.advanceTimersByTime(40);
  deadlines.add(c as Request, performance.now());
  vi.advanceTimersByTime(19);
  expect(late).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(late).toEqual(['a']);
  vi.advanceTimersByTime(40);
  expect(late).toEqual(['a', 'b']);
  vi.advanceTimersByTime(1000);
  expect(late).toEqual(['a', 'b', 'c']);
  expect(deadlines.empty).toBe(true);
});

test('requests that ended are not told, from whatever place of the list they left', () => {
  const late: string[] = [];
  const deadlines = new Deadlines(100);
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => new Request(name, late));
  for (const request of all) deadlines.add(request, performance.now());
  for (const place of [0, 2, 4]) deadlines.remove(all[place] as Request);
  vi.advanceTimersByTime(101);
  expect(late).toEqual(['b', 'd']);
  deadlines.add(all[0] as Request, performance.now());
  vi.advanceTimersByTime(101);
  expect(late).toEqual(['b', 'd', 'a']);
});

test('one that throws keeps the others neither waiting nor in the list', () => {
  const late: string[] = [];
  const deadlines = new Deadlines(100);
  for (const name of ['bad', 'good']) deadlines.add(new Request(name, late), performance.now());
  expect(() => vi.advanceTimersByTime(101)).toThrow('on purpose');
  vi.advanceTimersByTime(10);
  expect(late).toEqual(['bad', 'good']);
  expect(deadlines.empty).toBe(true);
});

test('equal limits share a list; unused lists of other limits do not pile up', () => {
  expect(deadlinesOf(5000)).toBe(deadlinesOf(5000));
  const kept = deadlinesOf(4000);
  kept.add(new Request('a', []), performance.now());
  const unused = deadlinesOf(3000);
  for (let ms = 1; ms < 200; ms++) deadlinesOf(ms + 0.5);
  expect(deadlinesOf(4000)).toBe(kept);
  expect(deadlinesOf(3000)).not.toBe(unused);
});
