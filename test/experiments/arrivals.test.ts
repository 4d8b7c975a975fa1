/** Experiment 4: arrivals happen when the schedule says, each exactly once, whatever the number of workers. */

import { describe, expect, test } from 'vitest';
import type { ResolvedScenario } from '../../dsl/options.ts';
import { type ArrivalSchedule, arrivalSchedule } from '../../workers/plan/arrivals.ts';
import { makePlan } from '../../workers/plan/plan.ts';
import { Rig } from '../unit/drivers/rig.ts';
import { constantRate, optionsWith, rampingRate } from '../unit/plan/options.ts';

function scheduleOf(scenario: ResolvedScenario, seed = 1): ArrivalSchedule {
  const load = makePlan(optionsWith([scenario], { seed })).scenarios[0]?.load;
  if (load?.kind !== 'arrivals') throw new Error('not an open model');
  return arrivalSchedule(load.curve);
}

function timesOf(schedule: ArrivalSchedule): number[] {
  const times: number[] = [];
  for (let at = schedule.arrivalAt(0); at !== undefined; at = schedule.arrivalAt(times.length))
    times.push(at);
  return times;
}

describe('the schedule', () => {
  test('1,000/s for 60 s: exactly 60,000, a millisecond apart, the first at once', () => {
    const schedule = scheduleOf(constantRate(1000, 60_000));
    const times = timesOf(schedule);
    expect(times).toHaveLength(60_000);
    expect(schedule.total).toBe(60_000);
    expect(times.every((ms, n) => Math.abs(ms - n) < 1e-6)).toBe(true);
  });

  test('0 to 1,000/s in 60 s: 30,000 in all, 7,500 by 30 s, by the square-root law', () => {
    const times = timesOf(scheduleOf(rampingRate(0, [[1000, 60_000]])));
    expect(times).toHaveLength(30_000);
    expect(times.filter((ms) => ms <= 30_000)).toHaveLength(7500);
    times.forEach((ms, n) => {
      expect(Math.abs(ms - Math.sqrt((2 * (n + 1) * 60) / 1000) * 1000)).toBeLessThan(1e-6);
    });
  });

  test("k6's vector to the millisecond", () => {
    const times = timesOf(
      scheduleOf(
        rampingRate(0, [
          [1, 5000],
          [1, 1000],
          [0, 5000],
        ]),
      ),
    );
    // k6 gives whole milliseconds, cut off.
    expect(times.map((ms) => Math.floor(ms + 1e-6))).toEqual([3162, 4472, 5500, 6527, 7837, 11_000]);
  });

  test('0.2/s for 60 s: 12', () => {
    expect(timesOf(scheduleOf(constantRate(0.2, 60_000)))).toHaveLength(12);
  });

  test.each([
    [10, 950, 1000, 10],
    [10, 1000, 1000, 10],
    [1, 60_000, 60_000, 1],
    [7, 60_000, 60_000, 7],
    [0.1, 30_000, 1000, 3],
    [1 / 3, 30_000, 1000, 10],
    [100, 3_600_000, 1000, 360_000],
    [33, 1000, 333, 100],
  ])('%d for %d ms, per %d ms: %d', (rate, durationMs, timeUnitMs, count) => {
    expect(scheduleOf(constantRate(rate, durationMs, { timeUnitMs })).total).toBe(count);
  });
});

/** Two-sided limits at 5 % for n = 60,000: one seed in twenty is expected outside. */
describe('Poisson arrivals, 1,000/s for 60 s, twenty seeds', () => {
  const runs = Array.from({ length: 20 }, (_, seed) =>
    timesOf(scheduleOf(constantRate(1000, 60_000, { arrivals: 'poisson' }), seed + 1)),
  );
  const within = (fits: (times: readonly number[]) => boolean): number => runs.filter(fits).length;
  const gaps = (times: readonly number[]): number[] => times.map((ms, n) => ms - (times[n - 1] ?? 0));

  test('60,000 +- 480', () => {
    expect(within((times) => Math.abs(times.length - 60_000) <= 480)).toBeGreaterThanOrEqual(17);
    const mean = runs.reduce((sum, times) => sum + times.length, 0) / runs.length;
    expect(Math.abs(mean - 60_000)).toBeLessThan((3 * Math.sqrt(60_000)) / Math.sqrt(20));
  });

  test('the coefficient of variation of the gaps is 1', () => {
    for (const times of runs) {
      const all = gaps(times);
      const mean = all.reduce((sum, gap) => sum + gap, 0) / all.length;
      const variance = all.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / all.length;
      expect(Math.abs(Math.sqrt(variance) / mean - 1)).toBeLessThan(0.02);
    }
  });

  test('Kolmogorov–Smirnov distance to the exponential below 0.00554', () => {
    const distance = (times: readonly number[]): number => {
      const sorted = gaps(times).sort((a, b) => a - b);
      return sorted.reduce((most, gap, n) => {
        const expected = 1 - Math.exp(-gap);
        return Math.max(most, expected - n / sorted.length, (n + 1) / sorted.length - expected);
      }, 0);
    };
    expect(within((times) => distance(times) < 0.00554)).toBeGreaterThanOrEqual(17);
  });

  test('neighbouring gaps are not correlated', () => {
    for (const times of runs.slice(0, 5)) {
      const all = gaps(times).map((gap) => gap - 1);
      const covariance = all.slice(1).reduce((sum, gap, n) => sum + gap * (all[n] as number), 0) / all.length;
      expect(Math.abs(covariance)).toBeLessThan(4 / Math.sqrt(all.length));
    }
  });

  test('a seed gives the same arrivals again, another seed others; counting does not move the cursor', () => {
    const poisson = constantRate(1000, 1000, { arrivals: 'poisson' });
    const schedule = scheduleOf(poisson, 7);
    const first = schedule.arrivalAt(0);
    expect(schedule.total).toBe(timesOf(scheduleOf(poisson, 7)).length);
    expect(schedule.arrivalAt(0)).toBe(first);
    expect(timesOf(scheduleOf(poisson, 7))).toEqual([first, ...timesOf(scheduleOf(poisson, 7)).slice(1)]);
    expect(timesOf(scheduleOf(poisson, 8))[0]).not.toBe(first);
  });

  test('they follow a ramp: a quarter in the first half', () => {
    const times = timesOf(scheduleOf(rampingRate(0, [[1000, 60_000]], { arrivals: 'poisson' })));
    expect(Math.abs(times.length - 30_000)).toBeLessThan(4 * Math.sqrt(30_000));
    expect(Math.abs(times.filter((ms) => ms < 30_000).length - 7500)).toBeLessThan(4 * Math.sqrt(7500));
  });
});

describe.each([1, 2, 4, 8])('%d workers', (workers) => {
  test('1,000/s for 60 s, all served: the union of the starts is the schedule of one', async () => {
    const rig = await new Rig(constantRate(1000, 60_000, { preAllocatedVUs: 64, maxVUs: 64 }), {
      workers,
      iterationMs: 8,
    }).run(100_000);
    expect(rig.starts.map((start) => Math.round(start.scheduledMs as number))).toEqual(
      Array.from({ length: 60_000 }, (_, n) => n),
    );
    expect(new Set(rig.starts.map((start) => start.iteration)).size).toBe(60_000);
    expect(rig.dropped).toBe(0);
    // Leaving an arrival to a less busy worker costs it a timer's resolution at most.
    expect(
      Math.max(...rig.starts.map((start) => start.atMs - (start.scheduledMs as number))),
    ).toBeLessThanOrEqual(1.001);
    expect(rig.allFinished).toBe(true);
  });

  test('1,000/s for 60 s, half of it too much: exactly 60,000 started or dropped', async () => {
    const rig = await new Rig(constantRate(1000, 60_000, { preAllocatedVUs: 16, maxVUs: 16 }), {
      workers,
      iterationMs: 32,
    }).run(100_000);
    expect(rig.starts.length + rig.dropped).toBe(60_000);
    // 16 VUs with 32 ms each can do 500/s.
    expect(Math.abs(rig.starts.length - 30_000)).toBeLessThan(1500);
    expect(rig.control.get('started')).toBe(rig.starts.length);
    expect(rig.control.get('dropped')).toBe(rig.dropped);
    expect([rig.control.get('active'), rig.control.get('free')]).toEqual([0, 0]);
    expect(rig.control.get('finishedWorkers')).toBe(workers);
    expect(rig.clock.pending).toBe(0);
  });

  test('rate 10 for 950 ms with 5 VUs that block: 5 run, 5 are dropped', async () => {
    const rig = await new Rig(constantRate(10, 950, { preAllocatedVUs: 5, maxVUs: 5 }), {
      workers,
      iterationMs: 30_000,
    }).run(100_000);
    expect(rig.starts.length).toBe(5);
    expect(rig.dropped).toBe(5);
  });

  test('Poisson: the same arrivals, whoever serves them', async () => {
    const poisson = constantRate(500, 4000, { arrivals: 'poisson', preAllocatedVUs: 64, maxVUs: 64 });
    const rig = await new Rig(poisson, { workers, iterationMs: 5, seed: 3 }).run(100_000);
    expect(rig.starts.map((start) => start.scheduledMs)).toEqual(timesOf(scheduleOf(poisson, 3)));
    expect(rig.dropped).toBe(0);
  });
});
