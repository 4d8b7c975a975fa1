import { describe, expect, test } from 'vitest';
import { constantRate, scenario } from '../plan/options.ts';
import { Rig, type Start } from './rig.ts';

const lag = (start: Start): number => start.atMs - (start.scheduledMs as number);

const burst = (size: number, count: number, rest = {}) =>
  scenario('burst', {
    size,
    everyMs: 1000,
    count,
    arrivals: 'uniform',
    whenBusy: 'drop',
    preAllocatedVUs: 0,
    maxVUs: size,
    ...rest,
  });

describe.each([1, 2, 3, 8])('%d workers', (workers) => {
  test('VUs beyond the planned ones are made when none is free, up to maxVUs', async () => {
    const rig = await new Rig(
      constantRate(100, 1000, { preAllocatedVUs: 2, maxVUs: 7, gracefulStopMs: 60_000 }),
      {
        workers,
        iterationMs: 10_000,
      },
    ).run(60_000);
    expect(rig.made.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(rig.starts).toHaveLength(7);
    expect(rig.dropped).toBe(93);
    expect(rig.control.get('allocated')).toBe(7);
    expect(rig.retired).toBe(7);
    expect(Math.max(...rig.starts.map(lag))).toBeLessThanOrEqual(5);
  });

  test('no more VUs are made than one worker would need', async () => {
    // 100/s of 45 ms each: five at once, and one more at the edges.
    const rig = await new Rig(constantRate(100, 5000, { preAllocatedVUs: 8, maxVUs: 100 }), {
      workers,
      iterationMs: 45,
    }).run(60_000);
    expect(rig.made).toHaveLength(8);
    expect(rig.starts).toHaveLength(500);
  });

  test('the load is spread over the workers', async () => {
    const rig = await new Rig(constantRate(200, 5000, { preAllocatedVUs: 48, maxVUs: 48 }), {
      workers,
      iterationMs: 100,
    }).run(60_000);
    const each = Array.from(
      { length: workers },
      (_, w) => rig.starts.filter(({ worker }) => worker === w).length,
    );
    expect(each.reduce((sum, count) => sum + count, 0)).toBe(1000);
    expect(Math.min(...each)).toBeGreaterThan((0.6 * 1000) / workers);
  });

  test('queue: arrivals wait for a VU and keep their time', async () => {
    // One VU of 300 ms for 10/s: the backlog grows by 200 ms with every arrival.
    const rig = await new Rig(
      constantRate(10, 1000, { preAllocatedVUs: 1, maxVUs: 1, whenBusy: 'queue', gracefulStopMs: 60_000 }),
      { workers, iterationMs: 300 },
    ).run(60_000);
    expect(rig.starts.map((start) => start.scheduledMs)).toEqual(
      Array.from({ length: 10 }, (_, n) => expect.closeTo(n * 100, 6)),
    );
    expect(rig.startTimes).toEqual(Array.from({ length: 10 }, (_, n) => n * 300));
    // What an arrival waited for the VU is not the generator's lateness.
    expect(rig.starts.map((start) => start.readyMs)).toEqual(rig.startTimes);
    expect(rig.dropped).toBe(0);
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('queue: what is still waiting when the graceful stop ends is dropped, exactly', async () => {
    const rig = await new Rig(
      constantRate(100, 1000, { preAllocatedVUs: 4, maxVUs: 4, whenBusy: 'queue', gracefulStopMs: 1000 }),
      { workers, iterationMs: 250 },
    ).run(60_000);
    // Four VUs, eight rounds in two seconds.
    expect(rig.starts).toHaveLength(32);
    expect(rig.dropped).toBe(68);
    expect(rig.control.get('dropped')).toBe(68);
    expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBeLessThanOrEqual(2000);
    expect(rig.clock.pending).toBe(0);
  });

  test('bursts start all at once and end early', async () => {
    const rig = await new Rig(burst(50, 3), { workers, iterationMs: 20 }).run(60_000);
    expect(rig.starts.map((start) => start.scheduledMs)).toEqual(
      [0, 1000, 2000].flatMap((atMs) => Array.from({ length: 50 }, () => atMs)),
    );
    expect(Math.max(...rig.starts.map(lag))).toBeLessThanOrEqual(5);
    expect(rig.made).toHaveLength(50);
    expect(rig.dropped).toBe(0);
    expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBeLessThan(2100);
    expect(rig.clock.pending).toBe(0);
  });

  test('a burst that is too much: the rest is dropped, or queued', async () => {
    const drop = await new Rig(burst(50, 2, { maxVUs: 10 }), { workers, iterationMs: 20 }).run(60_000);
    expect([drop.starts.length, drop.dropped]).toEqual([20, 80]);
    const queue = await new Rig(burst(50, 2, { maxVUs: 10, whenBusy: 'queue' }), {
      workers,
      iterationMs: 20,
    }).run(60_000);
    expect([queue.starts.length, queue.dropped]).toEqual([100, 0]);
    expect(queue.allFinished).toBe(true);
    expect(queue.clock.pending).toBe(0);
  });

  test('a rate lasts until its end, and running iterations may overrun it', async () => {
    const rig = await new Rig(constantRate(0.5, 10_000), { workers, iterationMs: 3000 }).run(60_000);
    expect(rig.startTimes).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBe(11_000);
    const short = await new Rig(constantRate(0.5, 10_000), { workers, iterationMs: 10 }).run(60_000);
    expect(Math.max(...short.finished.map((atMs) => atMs as number))).toBe(10_000);
  });

  test('at the end of the graceful stop iterations are interrupted', async () => {
    const rig = await new Rig(constantRate(10, 1000, { gracefulStopMs: 500 }), {
      workers,
      iterationMs: Infinity,
    }).run(60_000);
    expect(rig.starts).toHaveLength(10);
    expect(rig.ends).toHaveLength(10);
    expect(rig.ends.every((end) => end.interrupted && end.atMs === 1500)).toBe(true);
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('draining: no new arrivals; what waited in a queue is dropped, nothing else', async () => {
    const rest = { preAllocatedVUs: 2, maxVUs: 2, gracefulStopMs: 2000 };
    for (const whenBusy of ['drop', 'queue'] as const) {
      const rig = await new Rig(constantRate(10, 60_000, { ...rest, whenBusy }), {
        workers,
        iterationMs: ({ vu }) => (vu === 0 ? Infinity : 500),
      }).run(1050);
      for (const driver of rig.drivers) driver.drain();
      await rig.clock.advance(60_000);
      // Due by then: 0, 100, …, 1000.
      expect([whenBusy, rig.starts.length + rig.dropped]).toEqual([whenBusy, 11]);
      expect(rig.ends.filter((end) => end.interrupted).map(({ vu, atMs }) => [vu, atMs])).toEqual([
        [0, 3050],
      ]);
      expect(rig.allFinished).toBe(true);
      expect(rig.clock.pending).toBe(0);
    }
  });

  test('interrupting ends everything at once, also while draining', async () => {
    const rig = await new Rig(constantRate(10, 60_000), { workers, iterationMs: Infinity }).run(450);
    for (const driver of rig.drivers) driver.drain();
    await rig.clock.advance(700);
    for (const driver of rig.drivers) driver.interrupt();
    await rig.clock.advance(800);
    expect(rig.ends.map((end) => [end.atMs, end.interrupted])).toEqual(
      Array.from({ length: 5 }, () => [700, true]),
    );
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('a stop before the start starts nothing and drops nothing', async () => {
    for (const how of ['drain', 'interrupt'] as const) {
      const rig = new Rig(constantRate(10, 1000, { startTimeMs: 5000, whenBusy: 'queue' }), {
        workers,
      }).start();
      for (const driver of rig.drivers) driver[how]();
      await rig.clock.advance(20_000);
      expect([rig.starts.length, rig.dropped, rig.allFinished]).toEqual([0, 0, true]);
    }
  });

  test('a stalled event loop starts all that is due, with the times it was due at', async () => {
    const rig = await new Rig(constantRate(200, 2000, { preAllocatedVUs: 200, maxVUs: 200 }), {
      workers,
      iterationMs: 1,
    }).run(1001);
    const before = rig.starts.length;
    await rig.clock.stall(500);
    await rig.clock.advance(10_000);
    expect(before).toBe(201);
    expect(rig.starts).toHaveLength(400);
    expect(rig.starts.map((start) => Math.round(start.scheduledMs as number))).toEqual(
      Array.from({ length: 400 }, (_, n) => n * 5),
    );
    // Due from 1005 to 1495 ms, started at 1501.
    expect(rig.starts.filter((start) => lag(start) > 2)).toHaveLength(99);
    expect(rig.dropped).toBe(0);
  });
});

test('a free VU is taken in the order in which VUs became free', async () => {
  const rig = await new Rig(constantRate(10, 1000, { preAllocatedVUs: 4, maxVUs: 4 }), {
    iterationMs: 10,
  }).run(9000);
  expect(rig.starts.map((start) => start.vu)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
});

test('another worker that has a free VU but claims nothing is waited for 50 ms, once', async () => {
  const rig = new Rig(constantRate(100, 1000, { preAllocatedVUs: 2, maxVUs: 2 }), {
    workers: 2,
    iterationMs: Infinity,
  });
  // Worker 1 is stuck in a script: it never starts.
  rig.drivers[0]?.start();
  await rig.clock.advance(1030);
  expect(rig.starts).toHaveLength(1);
  // Arrival 1 is due at 10 ms; from 60 ms on nothing is waited for.
  expect(rig.dropped).toBe(99);
});

test('a stuck worker costs the others little while they have free VUs', async () => {
  const rig = new Rig(constantRate(100, 1000, { preAllocatedVUs: 20, maxVUs: 20 }), {
    workers: 2,
    iterationMs: 30,
  });
  rig.drivers[0]?.start();
  await rig.clock.advance(5000);
  expect(rig.starts).toHaveLength(100);
  expect(Math.max(...rig.starts.map(lag))).toBeLessThanOrEqual(1.001);
});

test('arrivals that start at once and await nothing let the thread have its turns', async () => {
  const rig = new Rig(burst(1000, 1, { maxVUs: 1000 }), { iterationMs: 0 });
  rig.clock.holdsAtMost = 100;
  await rig.run(1000);
  expect(rig.starts).toHaveLength(1000);
  expect(new Set(rig.startTimes).size).toBeGreaterThanOrEqual(10);
  expect(rig.allFinished).toBe(true);
});

test('a scenario starts at its startTime; scheduled times count from the start of the run', async () => {
  const rig = await new Rig(constantRate(10, 300, { startTimeMs: 700 }), { workers: 2 }).run(5000);
  expect(rig.starts.map((start) => start.scheduledMs)).toEqual(
    [700, 800, 900].map((ms) => expect.closeTo(ms, 6)),
  );
});

test.each([1, 2, 4])(
  'when the data is used up no arrival is served or dropped any more, %d workers',
  async (workers) => {
    const rig = await new Rig(constantRate(100, 60_000), { workers, iterationMs: 20, dataFor: 50 }).run(
      60_000,
    );
    expect(rig.starts).toHaveLength(50);
    expect(rig.dropped).toBe(0);
    expect(Math.max(...rig.finished.map((atMs) => atMs as number))).toBeLessThan(1000);
    expect(rig.clock.pending).toBe(0);
  },
);
