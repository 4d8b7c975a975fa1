import { describe, expect, test } from 'vitest';
import { boundRank, cumulative } from '../../../runner/compare/mann-whitney.ts';
import { holm, judgeRuns } from '../../../runner/compare/verdict.ts';

const LOWER = { margin: 0.05, higherIsBetter: false };

describe('the exact distribution', () => {
  test.each([
    [3, 3, 1],
    [4, 4, 2],
    [5, 5, 5],
    [6, 6, 8],
    [7, 7, 12],
    [8, 8, 16],
    [10, 10, 28],
    [3, 10, 5],
    [5, 10, 12],
    [1, 19, 1],
    [1, 20, 1],
    [2, 20, 5],
    [3, 20, 12],
    [1, 18, 0],
    [2, 2, 0],
  ])('%i against %i runs: the bound is number %i', (n, m, k) => {
    expect(boundRank(n, m, 0.05)).toBe(k);
    expect(boundRank(m, n, 0.05)).toBe(k);
  });

  test('agrees with counting all arrangements of 4 and 3', () => {
    const counts = new Array<number>(13).fill(0);
    for (let mask = 0; mask < 128; mask++) {
      const places = [...Array(7).keys()];
      const own = places.filter((i) => mask & (1 << i));
      if (own.length !== 4) continue;
      const others = places.filter((i) => !own.includes(i));
      const u = own.reduce((sum, i) => sum + others.filter((j) => j < i).length, 0);
      counts[u] = (counts[u] as number) + 1;
    }
    let sum = 0;
    for (const [u, count] of counts.entries()) {
      sum += count;
      expect(cumulative(4, 3, u)).toBeCloseTo(sum / 35, 12);
    }
  });

  test('stays a distribution for hundreds of runs', () => {
    expect(cumulative(100, 100, 10_000)).toBeCloseTo(1, 6);
    expect(cumulative(100, 100, 4999)).toBeCloseTo(0.5, 2);
  });
});

describe('runs against runs', () => {
  const base = [100, 101, 99, 102, 98];

  test('clearly worse', () => {
    const judged = judgeRuns(base, [120, 121, 119, 122, 118], LOWER);
    expect(judged.verdict).toBe('regression');
    expect(judged.effect).toBeCloseTo(0.2, 2);
    expect(judged.p).toBeCloseTo(1 / 252, 9);
    expect(judged.lower as number).toBeLessThan(judged.effect);
    expect(judged.upper as number).toBeGreaterThan(judged.effect);
  });

  test('the same, and better', () => {
    expect(judgeRuns(base, base, LOWER)).toMatchObject({ verdict: 'ok', effect: 0 });
    expect(judgeRuns(base, [80, 81, 79, 82, 78], LOWER).verdict).toBe('ok');
  });

  test('a change of exactly the margin is none', () => {
    const same = [100, 100, 100, 100, 100];
    expect(judgeRuns(same, [105, 105, 105, 105, 105], LOWER).verdict).toBe('ok');
  });

  test('around the margin it cannot tell, and says how many more runs would', () => {
    const judged = judgeRuns([100, 104, 96, 103, 97], [109, 113, 104, 112, 106], LOWER);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.moreRuns).toBeGreaterThan(0);
  });

  test('two of each never tell, however far apart', () => {
    expect(judgeRuns([1, 2], [100, 200], LOWER)).toMatchObject({
      verdict: 'inconclusive',
      lower: null,
      upper: null,
      moreRuns: 1,
    });
  });

  test('where more is better, less is worse', () => {
    const judged = judgeRuns(base, [80, 81, 79, 82, 78], { margin: 0.05, higherIsBetter: true });
    expect(judged.verdict).toBe('regression');
    expect(judged.effect).toBeGreaterThan(0.2);
  });

  test('nothing to nothing is no change; nothing to something is beyond any margin', () => {
    const none = [0, 0, 0, 0, 0];
    expect(judgeRuns(none, none, LOWER)).toMatchObject({ verdict: 'ok', effect: 0 });
    expect(judgeRuns(none, [1, 2, 1, 2, 1], LOWER)).toMatchObject({
      verdict: 'regression',
      effect: Infinity,
    });
  });
});

describe('one run against a history', () => {
  const history = Array.from({ length: 19 }, (_, i) => 100 + i);

  test('worse than all of 19, and by more than the margin', () => {
    expect(judgeRuns(history, [130], LOWER)).toMatchObject({ design: 'history', verdict: 'regression' });
  });

  test('as bad as the worst of them is no regression, nor is worse within the margin', () => {
    expect(judgeRuns(history, [118], LOWER).verdict).toBe('ok');
    const narrow = Array.from({ length: 19 }, (_, i) => 100 + i / 100);
    expect(judgeRuns(narrow, [102], LOWER).verdict).toBe('ok');
  });

  test('18 are too few', () => {
    expect(judgeRuns(history.slice(1), [1000], LOWER).verdict).toBe('inconclusive');
  });
});

test('Holm takes the smallest p first and stops at the first that is not small enough', () => {
  expect(holm([0.01, 0.02, 0.03])).toEqual([true, true, true]);
  expect(holm([0.03, 0.04, 0.01])).toEqual([false, false, true]);
  expect(holm([0.02, 0.02, 0.02])).toEqual([false, false, false]);
  expect(holm([0.05])).toEqual([true]);
});
