import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { RealClock } from '../../../workers/drivers/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('never before its time, and soon after it', async () => {
  const clock = new RealClock();
  const lags: number[] = [];
  for (let n = 0; n < 60; n++) {
    const atMs = clock.now() + 1 + n * 0.137;
    await new Promise<void>((resolve) => {
      clock.at(atMs, () => {
        lags.push(clock.now() - atMs);
        resolve();
      });
    });
  }
  expect(Math.min(...lags)).toBeGreaterThanOrEqual(0);
  // Half of them: a shared machine may hold up single ones for long.
  const median = lags.sort((a, b) => a - b)[30] as number;
  expect(median).toBeLessThan(5);
});

test('what is due already is called soon, but not within the call', async () => {
  const clock = new RealClock();
  let called = false;
  clock.at(clock.now() - 100, () => {
    called = true;
  });
  expect(called).toBe(false);
  await delay(20);
  expect(called).toBe(true);
});

test('a cancelled timer is not called', async () => {
  const clock = new RealClock();
  let called = 0;
  const cancel = clock.at(clock.now() + 5, () => called++);
  cancel();
  cancel();
  await delay(20);
  expect(called).toBe(0);
});

test('the epoch may lie ahead', () => {
  const clock = new RealClock();
  clock.startAt(performance.now() + 10_000);
  expect(clock.now()).toBeLessThan(-9000);
});

test('waits longer than setTimeout can do are chained', () => {
  vi.useFakeTimers();
  const clock = new RealClock();
  const monthMs = 30 * 86_400_000;
  let called = 0;
  clock.at(monthMs, () => called++);
  vi.advanceTimersByTime(monthMs - 10);
  expect(called).toBe(0);
  vi.advanceTimersByTime(20);
  expect(called).toBe(1);
});

test('a turn is asked for only after the thread was held for long, and lets timers in', async () => {
  const clock = new RealClock();
  let timers = 0;
  const tick = setInterval(() => timers++, 1);
  let turns = 0;
  const untilMs = performance.now() + 150;
  expect(clock.turn(clock.now())).toBeUndefined();
  while (performance.now() < untilMs) {
    const turn = clock.turn(clock.now());
    if (turn === undefined) continue;
    expect(clock.turn(clock.now())).toBe(turn);
    await turn;
    turns++;
  }
  clearInterval(tick);
  // 150 ms in holds of 10 ms or a little more; each lets the timer in once.
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(turns).toBeLessThanOrEqual(15);
  expect(timers).toBeGreaterThanOrEqual(turns - 2);
});
