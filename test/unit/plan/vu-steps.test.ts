import { describe, expect, test } from 'vitest';
import type { ResolvedStage } from '../../../dsl/options.ts';
import type { VuStep } from '../../../workers/plan/types.ts';
import { closed, flatSteps, rampSteps, reservedSteps, vusAt } from '../../../workers/plan/vu-steps.ts';

const stages = (text: string): ResolvedStage[] =>
  text.split(' ').map((stage) => {
    const [target, seconds] = stage.split('/').map(Number);
    return { target: target as number, durationMs: (seconds as number) * 1000 };
  });

/** `4@0 5@1`: VUs at seconds. */
const written = (steps: readonly VuStep[]): string =>
  steps.map(({ vus, atMs }) => `${vus}@${atMs / 1000}`).join(' ');

describe('ramps', () => {
  test.each([
    ['a rise', 0, '4/2', '0@0 1@0.5 2@1 3@1.5 4@2'],
    ['a fall', 4, '0/2', '4@0 3@0.5 2@1 1@1.5 0@2'],
    ['no change', 3, '3/10', '3@0'],
    ['an instant start', 1, '10/0 10/5', '10@0'],
    ['an instant change', 2, '2/5 7/0 7/5 1/0', '2@0 7@5 1@10'],
    ['two instants in a row', 2, '2/5 7/0 3/0 3/5', '2@0 3@5'],
    ['there and back at once', 2, '2/5 7/0 2/0 2/5', '2@0'],
  ])('%s', (_, startVUs, text, expected) => {
    expect(written(rampSteps(startVUs, stages(text)))).toBe(expected);
  });

  test('ten thousand VUs up and down have one step each', () => {
    const steps = rampSteps(0, stages('10000/60 0/60'));
    expect(steps).toHaveLength(20_001);
    expect(vusAt(steps, 30_000)).toBe(5000);
    expect(vusAt(steps, 90_000)).toBe(5000);
  });
});

test('the number of VUs at a time is that of the last step', () => {
  const steps = flatSteps(7, 1000);
  expect([-1, 0, 999, 1000, 5000].map((ms) => vusAt(steps, ms))).toEqual([0, 7, 7, 0, 0]);
});

test('reserved VUs are the highest number within the last ramp-down time', () => {
  const line = rampSteps(3, stages('9/6 2/3 2/2 6/0 6/1 0/10 5/5 1/4'));
  const endMs = 33_000;
  // Step i holds its VUs from its start until the next step's start plus the ramp-down time, that end excluded.
  const oracle = (ms: number, rampDownMs: number): number =>
    line.reduce((most, step, at) => {
      const letGoMs = (line[at + 1]?.atMs ?? Infinity) + rampDownMs;
      return step.atMs <= ms && ms < letGoMs ? Math.max(most, step.vus) : most;
    }, 0);
  for (const rampDownMs of [0, 1000, 2500, 8000, 40_000]) {
    const reserved = reservedSteps(line, rampDownMs, endMs);
    for (let ms = 0; ms < endMs; ms += 25) expect(vusAt(reserved, ms)).toBe(oracle(ms, rampDownMs));
    expect(vusAt(reserved, endMs)).toBe(0);
    expect(reserved.every((step, at) => at === 0 || step.atMs > (reserved[at - 1] as VuStep).atMs)).toBe(
      true,
    );
  }
});

test('a curve is closed by its end, whatever stood there', () => {
  expect(written(closed(rampSteps(0, stages('2/2')), 2000))).toBe('0@0 1@1 0@2');
});
