/** Experiment 5: VUs over time are k6's, to the millisecond, also for VUs that are finishing an iteration. */

import { describe, expect, test } from 'vitest';
import { makePlan } from '../../workers/plan/plan.ts';
import type { VuStep } from '../../workers/plan/types.ts';
import { Rig } from '../unit/drivers/rig.ts';
import { optionsWith, rampingVus } from '../unit/plan/options.ts';

const STAGES = [
  [6, 2000],
  [1, 5000],
  [5, 4000],
  [1, 4000],
  [4, 3000],
  [4, 2000],
  [1, 0],
  [1, 3000],
] as const;

const STEPS =
  '4@0 5@1 6@2 5@3 4@4 3@5 2@6 1@7 2@8 3@9 4@10 5@11 4@12 3@13 2@14 1@15 2@16 3@17 4@18 1@20 0@23';

const written = (steps: readonly VuStep[]): string =>
  steps.map(({ vus, atMs }) => `${vus}@${atMs / 1000}`).join(' ');

function planned(gracefulRampDownMs: number, gracefulStopMs: number): { steps: string; reserved: string } {
  const { load } = makePlan(optionsWith([rampingVus(4, STAGES, { gracefulRampDownMs, gracefulStopMs })]))
    .scenarios[0] as ReturnType<typeof makePlan>['scenarios'][number];
  if (load.kind !== 'vus') throw new Error(load.kind);
  return { steps: written(load.steps), reserved: written(load.reserved) };
}

describe('the plan', () => {
  test.each([
    [30, 30, '4@0 5@1 6@2 5@33 4@42 1@50 0@53'],
    [30, 80, '4@0 5@1 6@2 5@33 4@42 1@50 0@103'],
    [30, 3, '4@0 5@1 6@2 0@26'],
    [30, 0, '4@0 5@1 6@2 0@23'],
    [0, 0, STEPS],
  ])('ramp-down %d s, stop %d s', (rampDown, stop, reserved) => {
    expect(planned(rampDown * 1000, stop * 1000)).toEqual({ steps: STEPS, reserved });
  });
});

describe.each([1, 2, 4, 8])('%d workers', (workers) => {
  test('VUs start at the steps up and stop at the steps down', async () => {
    // Iterations of 100 ms: a VU's last iteration starts in the tenth of a second before its step.
    const rig = await new Rig(rampingVus(4, STAGES), { workers, iterationMs: 100 }).run(60_000);
    for (let second = 0; second < 24; second++) {
      const active = new Set(
        rig.starts.filter(({ atMs }) => Math.floor(atMs / 1000) === second).map(({ vu }) => vu),
      );
      const step = STEPS.split(' ').findLast((text) => Number(text.split('@')[1]) <= second) as string;
      const vus = Number(step.split('@')[0]);
      expect([second, [...active].sort((a, b) => a - b)]).toEqual([
        second,
        Array.from({ length: vus }, (_, vu) => vu),
      ]);
    }
    expect(rig.ends.some((end) => end.interrupted)).toBe(false);
    expect(rig.allFinished).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });

  test('iterations that never end are interrupted when the reserved VUs step down', async () => {
    const rig = await new Rig(rampingVus(4, STAGES), { workers, iterationMs: Infinity }).run(60_000);
    expect(rig.starts).toHaveLength(6);
    expect(rig.ends.map(({ vu, atMs }) => `${vu}@${atMs / 1000}`).sort()).toEqual(
      ['5@33', '4@42', '3@50', '2@50', '1@50', '0@53'].sort(),
    );
    expect(rig.ends.every((end) => end.interrupted)).toBe(true);
    expect(rig.finished.every((atMs) => atMs !== undefined && atMs <= 53_000)).toBe(true);
    expect(rig.clock.pending).toBe(0);
  });
});
