import { describe, expect, test } from 'vitest';
import type { ResolvedScenario } from '../../../dsl/options.ts';
import { arrivalSchedule } from '../../../workers/plan/arrivals.ts';
import { makePlan, plannedVusAt, targetRateAt } from '../../../workers/plan/plan.ts';
import type { ScenarioPlan } from '../../../workers/plan/types.ts';
import { constantRate, optionsWith, rampingRate, rampingVus, scenario } from './options.ts';

const planOf = (one: ResolvedScenario): ScenarioPlan =>
  makePlan(optionsWith([one])).scenarios[0] as ScenarioPlan;

const burst = scenario('burst', {
  size: 3,
  everyMs: 10_000,
  count: 2,
  arrivals: 'uniform',
  whenBusy: 'drop',
  preAllocatedVUs: 0,
  maxVUs: 3,
});

test('the plan is plain data that crosses threads', () => {
  const plan = makePlan(optionsWith([constantRate(5, 1000), rampingVus(0, [[3, 1000]]), burst]));
  expect(structuredClone(plan)).toEqual(plan);
});

test('the whole run lasts as long as its latest scenario', () => {
  const plan = makePlan(
    optionsWith(
      [
        constantRate(5, 10_000, { startTimeMs: 5000, gracefulStopMs: 0, preAllocatedVUs: 4, maxVUs: 9 }),
        scenario('constant-vus', { vus: 3, durationMs: 12_000, gracefulStopMs: 7000 }),
      ],
      { workers: 3, seed: 42 },
    ),
  );
  expect(plan).toMatchObject({
    durationMs: 15_000,
    latestEndMs: 19_000,
    plannedVUs: 7,
    maxVUs: 12,
    workers: 3,
    seed: 42,
  });
  expect(plan.scenarios.map((s) => s.index)).toEqual([0, 1]);
});

describe('planned VUs', () => {
  test.each([
    [
      'shared iterations: no more than iterations',
      scenario('shared-iterations', { vus: 10, iterations: 4, maxDurationMs: 1000 }),
      4,
    ],
    ['per-vu iterations', scenario('per-vu-iterations', { vus: 10, iterations: 4, maxDurationMs: 1000 }), 10],
    ['constant VUs', scenario('constant-vus', { vus: 10, durationMs: 1000 }), 10],
    [
      'a ramp: its peak',
      rampingVus(1, [
        [7, 1000],
        [2, 1000],
      ]),
      7,
    ],
    [
      'a ramp that peaks at its very end, without grace',
      rampingVus(1, [[7, 1000]], { gracefulStopMs: 0 }),
      7,
    ],
    ['arrivals: those made beforehand', constantRate(5, 1000, { preAllocatedVUs: 2, maxVUs: 9 }), 2],
    ['bursts', burst, 0],
  ])('%s', (_, one, vus) => {
    expect(planOf(one).plannedVUs).toBe(vus);
  });
});

test('planned VUs and target rate over time, for the live view', () => {
  const ramp = planOf(rampingVus(0, [[10, 10_000]]));
  expect([0, 999, 1000, 5500, 10_000].map((ms) => plannedVusAt(ramp, ms))).toEqual([0, 0, 1, 5, 0]);
  expect(targetRateAt(ramp, 0)).toBeUndefined();
  const rate = planOf(
    rampingRate(
      10,
      [
        [60, 5000],
        [60, 5000],
      ],
      { timeUnitMs: 60_000 },
    ),
  );
  expect([0, 2500, 5000, 9999].map((ms) => targetRateAt(rate, ms))).toEqual(
    [10, 35, 60, 60].map((r) => expect.closeTo(r / 60, 9)),
  );
  expect([0, 19_999, 20_000].map((ms) => targetRateAt(planOf(burst), ms))).toEqual([0.3, 0.3, 0]);
  expect([0, 999, 1000].map((ms) => plannedVusAt(planOf(constantRate(1, 1000)), ms))).toEqual([10, 10, 0]);
});

test('an instant stage is a jump of the rate', () => {
  const { load } = planOf(
    rampingRate(0, [
      [0, 1000],
      [10, 0],
      [10, 1000],
    ]),
  );
  if (load.kind !== 'arrivals') throw new Error(load.kind);
  const schedule = arrivalSchedule(load.curve);
  expect(schedule.total).toBe(10);
  expect(schedule.arrivalAt(0)).toBeCloseTo(1100, 9);
  expect(schedule.arrivalAt(9)).toBeCloseTo(2000, 9);
  expect(schedule.arrivalAt(10)).toBeUndefined();
});

test('bursts come all at once, again and again', () => {
  const { load, durationMs } = planOf(burst);
  if (load.kind !== 'arrivals') throw new Error(load.kind);
  const schedule = arrivalSchedule(load.curve);
  expect([0, 1, 2, 3, 4, 5, 6].map((n) => schedule.arrivalAt(n))).toEqual([
    0,
    0,
    0,
    10_000,
    10_000,
    10_000,
    undefined,
  ]);
  expect(schedule.total).toBe(6);
  expect(durationMs).toBe(20_000);
});

test('Poisson scenarios of one run have different arrivals; a cursor refuses to go back', () => {
  const poisson = constantRate(100, 1000, { arrivals: 'poisson' });
  const [a, b] = makePlan(optionsWith([poisson, poisson])).scenarios.map(({ load }) => {
    if (load.kind !== 'arrivals') throw new Error(load.kind);
    return arrivalSchedule(load.curve);
  });
  expect(a?.arrivalAt(3)).not.toBe(b?.arrivalAt(3));
  expect(() => a?.arrivalAt(2)).toThrow(RangeError);
  expect(a?.arrivalAt(10_000)).toBeUndefined();
  expect(a?.arrivalAt(10_001)).toBeUndefined();
});
