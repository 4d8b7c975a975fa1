/** Experiment 14: runs against runs of the same system raise few alarms, and a true change is found. */

import { expect, test } from 'vitest';
import { randomFrom } from '../../runner/compare/bootstrap.ts';
import { holm, judgeRuns } from '../../runner/compare/verdict.ts';

const REPETITIONS = 300;
const DEVIATION = 0.04;
const MARGIN = { margin: 0.05, higherIsBetter: false };

/** A run's p95: 100 ms, log-normal from run to run. */
function runs(random: () => number, count: number, factor: number): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return 100 * factor * Math.exp(DEVIATION * normal);
  });
}

function verdicts(seed: number, factor: number): Record<string, number> {
  const random = randomFrom(seed);
  const counts = { regression: 0, ok: 0, inconclusive: 0 };
  for (let i = 0; i < REPETITIONS; i++)
    counts[judgeRuns(runs(random, 5, 1), runs(random, 5, factor), MARGIN).verdict]++;
  return counts;
}

test.each([1, 2, 3])('5 against 5 of the same system: at most 1 %% false alarms (seed %i)', (seed) => {
  const counts = verdicts(seed, 1);
  expect(counts.regression).toBeLessThanOrEqual(REPETITIONS * 0.01);
  // About half of them can say that all is well; a method that never does would pass the line above.
  expect(counts.ok).toBeGreaterThan(REPETITIONS * 0.3);
});

test.each([1, 2, 3])('a true +15 %% is found in at least 70 %% (seed %i)', (seed) => {
  expect(verdicts(seed, 1.15).regression).toBeGreaterThanOrEqual(REPETITIONS * 0.7);
});

test('ten metrics without a change: an alarm of any of them in at most 5 % of the comparisons', () => {
  const random = randomFrom(4);
  let alarms = 0;
  let uncorrected = 0;
  for (let i = 0; i < REPETITIONS; i++) {
    // At the margin itself the test is at its edge: each metric alone gives an alarm in 5 % of the cases.
    const judged = Array.from({ length: 10 }, () =>
      judgeRuns(runs(random, 6, 1), runs(random, 6, 1.05), MARGIN),
    );
    if (judged.some(({ verdict }) => verdict === 'regression')) uncorrected++;
    if (holm(judged.map(({ p }) => p as number)).includes(true)) alarms++;
  }
  // 300 comparisons at 5 %: 15, and more than 26 only once in 500.
  expect(alarms).toBeLessThanOrEqual(26);
  expect(uncorrected).toBeGreaterThan(60);
});
