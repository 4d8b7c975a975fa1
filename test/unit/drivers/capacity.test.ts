import { describe, expect, test } from 'vitest';
import type { CapacityDriver, ProbeEnd } from '../../../workers/drivers/capacity.ts';
import type { Probe } from '../../../workers/plan/types.ts';
import { scenario } from '../plan/options.ts';
import { Rig, type RigOptions } from './rig.ts';

function capacityRig(rest: object = {}, options: RigOptions = {}): Rig {
  return new Rig(
    scenario('capacity', {
      thresholds: [],
      startRate: 50,
      maxRate: 500,
      timeUnitMs: 1000,
      probeMs: 1000,
      warmUpMs: 500,
      settleMs: 100,
      precision: 0.05,
      maxDurationMs: 60_000,
      arrivals: 'uniform',
      whenBusy: 'queue',
      preAllocatedVUs: 4,
      maxVUs: 10,
      gracefulStopMs: 2000,
      ...rest,
    }),
    options,
  );
}

const drivers = (rig: Rig): CapacityDriver[] => rig.drivers as unknown as CapacityDriver[];

/** Orders a probe of all workers, as the main thread does; what came of it in each. */
function order(rig: Rig, number: number, rate: number, startMs: number, rest: Partial<Probe> = {}) {
  const ends: (ProbeEnd | undefined)[] = [];
  const probe: Probe = {
    number,
    ratePerMs: rate / 1000,
    startMs,
    warmUpMs: 500,
    windowMs: 1000,
    firstArrival: rig.control.get('next'),
    poissonSeed: undefined,
    ...rest,
  };
  drivers(rig).forEach((driver, worker) => {
    void driver.probe(probe).then((end) => {
      ends[worker] = end;
    });
  });
  return ends;
}

const tally = (rig: Rig): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const probe of rig.probes) counts[probe] = (counts[probe] ?? 0) + 1;
  return counts;
};

describe.each([1, 2, 3])('%d workers', (workers) => {
  test('probes follow each other on the same VUs; the warm-up has no tag', async () => {
    const rig = capacityRig({}, { workers, iterationMs: 10 });
    rig.start();
    const first = order(rig, 1, 100, 50);
    await rig.clock.advance(3000);
    expect(first).toEqual(Array(workers).fill({ exhausted: false }));
    const second = order(rig, 2, 200, 3050);
    await rig.clock.advance(6000);
    expect(second).toHaveLength(workers);
    expect(tally(rig)).toEqual({ '': 50 + 100, 1: 100, 2: 200 });
    expect(rig.starts.map((start) => start.scheduledMs)).toEqual([
      ...Array.from({ length: 150 }, (_, n) => expect.closeTo(50 + 10 * n, 6)),
      ...Array.from({ length: 300 }, (_, n) => expect.closeTo(3050 + 5 * n, 6)),
    ]);
    expect(rig.made.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(rig.control.get('allocated')).toBe(4);
    expect(rig.control.get('next')).toBe(450);
    expect(rig.control.get('free')).toBe(0);
    expect(rig.retired).toBe(0);
    expect(rig.allFinished).toBe(false);
    for (const driver of drivers(rig)) driver.end();
    await rig.clock.advance(7000);
    expect(rig.allFinished).toBe(true);
    expect(rig.retired).toBe(4);
    expect(rig.control.get('finishedWorkers')).toBe(workers);
    expect(rig.clock.pending).toBe(0);
  });

  test('VUs that a probe needed are there for the next', async () => {
    const rig = capacityRig({}, { workers, iterationMs: 80 });
    rig.start();
    order(rig, 1, 100, 0);
    await rig.clock.advance(5000);
    const made = rig.made.length;
    expect(made).toBeGreaterThan(4);
    order(rig, 2, 100, 5000);
    await rig.clock.advance(10_000);
    expect(new Set(rig.made).size).toBe(rig.made.length);
    expect(rig.made.length).toBeLessThanOrEqual(10);
    expect(rig.control.get('allocated')).toBe(rig.made.length);
    expect(tally(rig)).toEqual({ '': 100, 1: 100, 2: 100 });
  });

  test('an overloaded probe drains its queue, and each arrival keeps its time and its tag', async () => {
    // Ten VUs of 100 ms: 100/s. 150 arrivals in 1 s take half a second more.
    const rig = capacityRig({ preAllocatedVUs: 10 }, { workers, iterationMs: 100 });
    rig.start();
    const ends = order(rig, 1, 150, 0, { warmUpMs: 0 });
    await rig.clock.advance(1500);
    expect(ends).toHaveLength(0);
    await rig.clock.advance(2000);
    expect(ends).toHaveLength(workers);
    expect(tally(rig)).toEqual({ 1: 150 });
    expect(rig.dropped).toBe(0);
    expect(Math.max(...rig.ends.map((end) => end.atMs))).toBeGreaterThan(1500);
  });

  test('cut: what waits is dropped, what runs may end, the next probe is whole', async () => {
    const rig = capacityRig({ preAllocatedVUs: 10 }, { workers, iterationMs: 100 });
    rig.start();
    const ends = order(rig, 1, 400, 0, { warmUpMs: 0 });
    await rig.clock.advance(999);
    for (const driver of drivers(rig)) driver.cut(1);
    await rig.clock.advance(1200);
    expect(ends).toHaveLength(workers);
    const ran = rig.starts.length;
    expect(ran).toBeLessThanOrEqual(110);
    expect(rig.droppedOf.get('1')).toBe(400 - ran);
    expect(rig.ends.every((end) => !end.interrupted)).toBe(true);
    order(rig, 2, 50, 2000, { warmUpMs: 0 });
    await rig.clock.advance(4000);
    expect(tally(rig)).toEqual({ 1: ran, 2: 50 });
  });

  test('what does not end within the graceful stop is interrupted, and the probe is over', async () => {
    const rig = capacityRig({ gracefulStopMs: 300 }, { workers, iterationMs: Infinity });
    rig.start();
    const ends = order(rig, 1, 100, 0, { warmUpMs: 0, windowMs: 200 });
    await rig.clock.advance(1000);
    expect(ends).toHaveLength(workers);
    expect(rig.ends.filter((end) => end.interrupted)).toHaveLength(10);
    expect(rig.droppedOf.get('1')).toBe(10);
  });
});

test('whenBusy drop: arrivals that found no VU carry the probe in which they were due', async () => {
  const rig = capacityRig({ whenBusy: 'drop', preAllocatedVUs: 1, maxVUs: 1 }, { iterationMs: 10_000 });
  rig.start();
  order(rig, 1, 100, 0, { warmUpMs: 200, windowMs: 300 });
  await rig.clock.advance(600);
  expect(Object.fromEntries(rig.droppedOf)).toEqual({ '': 19, 1: 30 });
});

test('random arrivals differ from probe to probe by their seed', async () => {
  const rig = capacityRig({ maxVUs: 100, preAllocatedVUs: 100 });
  rig.start();
  order(rig, 1, 100, 0, { poissonSeed: 1, warmUpMs: 0 });
  await rig.clock.advance(2000);
  const first = rig.starts.length;
  order(rig, 2, 100, 2000, { poissonSeed: 2, warmUpMs: 0 });
  await rig.clock.advance(4000);
  const gaps = (from: number): number[] =>
    rig.starts.slice(from, from + 5).map((start) => (start.scheduledMs as number) % 2000);
  expect(first).toBeGreaterThan(60);
  expect(gaps(0)).not.toEqual(gaps(first));
});

test('data that is used up is told', async () => {
  const rig = capacityRig({}, { iterationMs: 5, dataFor: 20 });
  rig.start();
  const ends = order(rig, 1, 100, 0);
  await rig.clock.advance(5000);
  expect(ends).toEqual([{ exhausted: true }]);
  expect(rig.starts).toHaveLength(20);
});

describe('stopping', () => {
  test('drain between probes: over at once, and no probe starts any more', async () => {
    const rig = capacityRig();
    rig.start();
    for (const driver of rig.drivers) driver.drain();
    await rig.clock.advance(10);
    expect(rig.allFinished).toBe(true);
    const ends = order(rig, 1, 100, 20);
    await rig.clock.advance(3000);
    expect(ends).toEqual([{ exhausted: false }]);
    expect(rig.starts).toHaveLength(0);
    expect(rig.retired).toBe(4);
  });

  test('interrupt in a probe: what runs is ended, VUs retire once', async () => {
    const rig = capacityRig({}, { iterationMs: Infinity });
    rig.start();
    const ends = order(rig, 1, 100, 0);
    await rig.clock.advance(100);
    for (const driver of rig.drivers) driver.interrupt();
    for (const driver of rig.drivers) driver.interrupt();
    await rig.clock.advance(110);
    expect(ends).toHaveLength(1);
    expect(rig.allFinished).toBe(true);
    expect(rig.retired).toBe(rig.made.length);
    expect(rig.control.get('finishedWorkers')).toBe(1);
    expect(rig.clock.pending).toBe(0);
  });

  test('drain in a probe: iterations end in peace, nothing new starts', async () => {
    const rig = capacityRig({}, { iterationMs: 200 });
    rig.start();
    order(rig, 1, 10, 0);
    await rig.clock.advance(50);
    for (const driver of rig.drivers) driver.drain();
    await rig.clock.advance(1000);
    expect(rig.starts).toHaveLength(1);
    expect(rig.ends).toEqual([{ vu: 0, atMs: 200, interrupted: false }]);
    expect(rig.finished).toEqual([200]);
  });
});
