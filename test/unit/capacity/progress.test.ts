import { expect, test } from 'vitest';
import { behindBetween, DueArrivals } from '../../../runner/capacity/progress.ts';
import type { Probe } from '../../../workers/plan/types.ts';

const probe: Probe = {
  number: 1,
  ratePerMs: 0.1,
  startMs: 5000,
  warmUpMs: 1000,
  windowMs: 4000,
  firstArrival: 37,
  poissonSeed: undefined,
};

test('arrivals by time, the first at once', () => {
  const due = new DueArrivals(probe);
  expect([4999, 5000, 5009, 5010, 6000, 9989, 9990, 99_999].map((at) => due.by(at))).toEqual([
    0, 1, 1, 2, 101, 499, 500, 500,
  ]);
});

test('random arrivals are those of their seed', () => {
  const a = new DueArrivals({ ...probe, poissonSeed: 7 });
  const b = new DueArrivals({ ...probe, poissonSeed: 7 });
  const other = new DueArrivals({ ...probe, poissonSeed: 8 });
  const at = [5500, 6000, 7000, 10_000];
  expect(at.map((t) => a.by(t))).toEqual(at.map((t) => b.by(t)));
  expect(at.map((t) => a.by(t))).not.toEqual(at.map((t) => other.by(t)));
  // 500 on average, with a standard deviation of 22.
  expect(Math.abs(a.by(10_000) - 500)).toBeLessThan(90);
});

test('a system that keeps up is not behind, however long an iteration takes', () => {
  const due = new DueArrivals(probe);
  for (const unloadedMs of [5, 300, 2500]) {
    const ended = (atMs: number) => ({ atMs, ended: due.by(atMs - unloadedMs) });
    expect(behindBetween(due, ended(6000), ended(10_000), unloadedMs)).toBe(0);
  }
});

test('a system that takes 80 of 100 is a fifth behind, from the first arrival on and within the window', () => {
  const due = new DueArrivals(probe);
  const ended = (atMs: number) => ({ atMs, ended: Math.floor((atMs - 5000) * 0.08) });
  expect(behindBetween(due, { atMs: 5000, ended: 0 }, ended(10_000), 5)).toBeCloseTo(0.2, 2);
  expect(behindBetween(due, ended(6000), ended(10_000), 5)).toBeCloseTo(0.2, 2);
});

test('nothing expected: nothing missing', () => {
  const due = new DueArrivals(probe);
  expect(behindBetween(due, { atMs: 5000, ended: 0 }, { atMs: 5100, ended: 0 }, 30_000)).toBe(0);
});
