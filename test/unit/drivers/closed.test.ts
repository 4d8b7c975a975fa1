import { describe, expect, test } from 'vitest';
import { rampingVus, scenario } from '../plan/options.ts';
import { Rig } from './rig.ts';

const shared = (vus: number, iterations: number, rest = {}) =>
  scenario('shared-iterations', { vus, iterations, maxDurationMs: 600_000, ...rest });
const perVu = (vus: number, iterations: number, rest = {}) =>
  scenario('per-vu-iterations', { vus, iterations, maxDurationMs: 600_000, ...rest });
const constant = (vus: number, durationMs: number, rest = {}) =>
  scenario('constant-vus', { vus, durationMs, ...rest });

const perVuCounts = (rig: Rig): number[] => {
  const counts = new Map<number, number>();
  for (const { vu } of rig.starts) counts.set(vu, (counts.get(vu) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b).map(([, count]) => count);
};

const iterationNumbers = (rig: Rig): number[] =>
  rig.starts.map((start) => start.iteration).sort((a, b) => a - b);

describe.each([1, 2, 3, 8])('%d workers', (workers) => {
  test('every planned VU is made once, before the start', () => {
    const rig = new Rig(constant(13, 1000), { workers });
    expect(rig.made.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, vu) => vu));
    expect(rig.control.get('allocated')).toBe(13);
    expect(rig.starts).toEqual([]);
  });

  test('shared iterations: each number once; a fast VU does more of them', async () => {
    const rig = await new Rig(shared(4, 100), {
      workers,
      iterationMs: ({ vu }) => (vu === 0 ? 10 : 100),
    }).run(60_000);
    expect(iterationNumbers(rig)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    const [fast, ...slow] = perVuCounts(rig) as [number, ...number[]];
    expect(fast).toBeGreaterThan(5 * Math.max(...slow));
    expect(rig.control.get('started')).toBe(100);
    expect(rig.dropped).toBe(0);
  });

  test('per-vu iterations: each VU its own, numbered once over all', async () => {
    const rig = await new Rig(perVu(5, 7), { workers, iterationMs: ({ vu }) => vu * 10 }).run(60_000);
    expect(perVuCounts(rig)).toEqual([7, 7, 7, 7, 7]);
    expect(iterationNumbers(rig)).toEqual(Array.from({ length: 35 }, (_, n) => n));
  });

  test('iteration executors are done with their iterations, not at maxDuration', async () => {
    for (const one of [shared(4, 8), perVu(4, 2)]) {
      const rig = await new Rig(one, { workers, iterationMs: 100 }).run(5000);
      expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBe(200);
      expect(rig.control.get('finishedWorkers')).toBe(workers);
      expect(rig.clock.pending).toBe(0);
      expect(rig.retired).toBe(4);
    }
  });

  test('what maxDuration left no time for is dropped, and counted once', async () => {
    // 4 VUs, 100 ms each, 450 ms: five rounds start.
    const rest = { maxDurationMs: 450, gracefulStopMs: 1000 };
    const some = await new Rig(shared(4, 100, rest), { workers, iterationMs: 100 }).run(5000);
    expect([some.starts.length, some.dropped, some.control.get('dropped')]).toEqual([20, 80, 80]);
    const own = await new Rig(perVu(4, 25, rest), { workers, iterationMs: 100 }).run(5000);
    expect([own.starts.length, own.dropped, own.control.get('dropped')]).toEqual([20, 80, 80]);
    expect(own.ends.some((end) => end.interrupted)).toBe(false);
  });

  test('constant VUs loop until the end, which the last iteration may overrun', async () => {
    const rig = await new Rig(constant(6, 1000), { workers, iterationMs: 300 }).run(5000);
    expect(perVuCounts(rig)).toEqual([4, 4, 4, 4, 4, 4]);
    expect(rig.ends.every((end) => !end.interrupted)).toBe(true);
    expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBe(1200);
    expect(rig.control.get('active')).toBe(0);
  });

  test('at the end of the graceful stop they are interrupted', async () => {
    const rig = await new Rig(constant(6, 1000, { gracefulStopMs: 500 }), {
      workers,
      iterationMs: ({ vu }) => (vu < 2 ? Infinity : 350),
    }).run(5000);
    const interrupted = rig.ends.filter((end) => end.interrupted);
    expect(interrupted.map(({ vu, atMs }) => [vu, atMs]).sort(([a = 0], [b = 0]) => a - b)).toEqual([
      [0, 1500],
      [1, 1500],
    ]);
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('draining starts nothing more and interrupts after the graceful stop', async () => {
    const rig = await new Rig(constant(4, 60_000, { gracefulStopMs: 2000 }), {
      workers,
      iterationMs: ({ vu }) => (vu === 0 ? Infinity : 300),
    }).run(1000);
    for (const driver of rig.drivers) driver.drain();
    for (const driver of rig.drivers) driver.drain();
    const before = rig.starts.length;
    await rig.clock.advance(10_000);
    expect(rig.starts).toHaveLength(before);
    expect(rig.ends.filter((end) => end.interrupted).map(({ vu, atMs }) => [vu, atMs])).toEqual([[0, 3000]]);
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('draining near the end does not give more time than the graceful stop had', async () => {
    const rig = await new Rig(constant(2, 1000, { gracefulStopMs: 2000 }), {
      workers,
      iterationMs: Infinity,
    }).run(2500);
    for (const driver of rig.drivers) driver.drain();
    await rig.clock.advance(10_000);
    expect(rig.ends.map((end) => end.atMs)).toEqual([3000, 3000]);
  });

  test('interrupting ends everything at once; nothing counts as dropped', async () => {
    const rig = await new Rig(shared(4, 1000), { workers, iterationMs: 300 }).run(1000);
    for (const driver of rig.drivers) driver.interrupt();
    await rig.clock.advance(2000);
    expect(rig.ends.filter((end) => end.interrupted)).toHaveLength(4);
    expect(rig.allFinished).toBe(true);
    expect(rig.dropped).toBe(0);
    expect(rig.clock.pending).toBe(0);
  });

  test('a stop before the start starts nothing', async () => {
    for (const how of ['drain', 'interrupt'] as const) {
      const rig = new Rig(constant(4, 1000, { startTimeMs: 5000 }), { workers }).start();
      for (const driver of rig.drivers) driver[how]();
      await rig.clock.advance(20_000);
      expect(rig.starts).toEqual([]);
      expect(rig.allFinished).toBe(true);
    }
  });
});

test('a scenario starts at its startTime', async () => {
  const rig = await new Rig(shared(2, 2, { startTimeMs: 700 }), { workers: 2, iterationMs: 10 }).run(5000);
  expect(rig.startTimes).toEqual([700, 700]);
});

test('a ramp that is down to nothing for a while goes on afterwards', async () => {
  const stages = [
    [0, 0],
    [0, 1000],
    [2, 0],
    [2, 1000],
  ] as const;
  const rig = await new Rig(rampingVus(2, stages), { workers: 2, iterationMs: 100 }).run(9000);
  expect(Math.min(...rig.startTimes)).toBe(1000);
  expect(rig.starts).toHaveLength(20);
  expect(rig.allFinished).toBe(true);
});

test('a VU that is ramped down and up again while it finishes goes on with its loop', async () => {
  const stages = [
    [1, 1000],
    [0, 0],
    [0, 500],
    [1, 0],
    [1, 2000],
  ] as const;
  const rig = await new Rig(rampingVus(1, stages, { gracefulRampDownMs: 5000 }), { iterationMs: 900 }).run(
    20_000,
  );
  // 900–1800 spans the gap from 1000 to 1500.
  expect(rig.startTimes).toEqual([0, 900, 1800, 2700]);
  expect(rig.ends.some((end) => end.interrupted)).toBe(false);
});

test('without graceful ramp-down a step down interrupts at once', async () => {
  const rig = await new Rig(
    rampingVus(
      2,
      [
        [2, 1000],
        [1, 0],
        [1, 1000],
      ],
      { gracefulRampDownMs: 0 },
    ),
    {
      iterationMs: ({ vu }) => (vu === 1 ? Infinity : 100),
    },
  ).run(20_000);
  expect(rig.ends.filter((end) => end.interrupted)).toEqual([{ vu: 1, atMs: 1000, interrupted: true }]);
});

test('iterations that await nothing still end with the time, if the thread gets its turns', async () => {
  const rig = new Rig(constant(3, 50), { iterationMs: 0 });
  rig.clock.holdsAtMost = 100;
  await rig.run(1000);
  expect(rig.starts.length).toBeGreaterThan(1000);
  expect(Math.max(...rig.startTimes)).toBeLessThan(50);
  expect(rig.allFinished).toBe(true);
});

test('a stalled event loop neither prolongs the scenario nor skips its end', async () => {
  const rig = await new Rig(constant(2, 1000), { iterationMs: 100 }).run(550);
  await rig.clock.stall(2000);
  await rig.clock.advance(5000);
  expect(Math.max(...rig.startTimes)).toBe(500);
  expect(rig.allFinished).toBe(true);
});

test.each([1, 2, 4])(
  'VUs whose data is used up stop, %d workers; without a VU left the scenario is over',
  async (workers) => {
    for (const one of [constant(4, 60_000), shared(4, 1000), perVu(4, 1000)]) {
      const rig = await new Rig(one, { workers, iterationMs: 100, dataFor: 10 }).run(5000);
      expect(rig.starts).toHaveLength(10);
      expect(rig.dropped).toBe(0);
      expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBe(300);
      expect(rig.clock.pending).toBe(0);
    }
  },
);
