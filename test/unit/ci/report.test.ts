import { describe, expect, test } from 'vitest';
import { judgeCheck } from '../../../runner/ci/report.ts';
import type { CheckSummary, MetricSummary, Summary } from '../../../runner/summary/model.ts';
import { EMPTY, rate } from '../terminal/summaries.ts';

const check = (passes: number, fails: number, group = ''): CheckSummary => ({
  name: 'paid',
  group,
  passes,
  fails,
});

function judged(metric: string, threshold: string, ok: boolean, limit: number): Summary {
  const summary: MetricSummary = rate(1, 1, [{ threshold, ok, value: 0.5, limit }]);
  return { ...EMPTY, metrics: { [metric]: summary } };
}

test('a check that never failed', () => {
  expect(judgeCheck(check(1000, 0), EMPTY)).toEqual({ ok: true, text: '1000 passed' });
});

test('without a threshold every failure counts', () => {
  expect(judgeCheck(check(999, 1), EMPTY)).toEqual({
    ok: false,
    text: '1 of 1000 failed, 99.9 % passed, limit 100 %',
  });
});

test('a threshold that held accepts', () => {
  expect(judgeCheck(check(1, 9), judged('checks', 'rate>0.9', true, 0.9))).toEqual({
    ok: true,
    text: '9 of 10 failed, 10.0 % passed, limit checks rate>0.9',
  });
});

describe('a threshold that was missed', () => {
  test.each([
    ['rate>0.9', 95, 5, true],
    ['rate>0.9', 90, 10, false],
    ['rate>=0.9', 90, 10, true],
    ['rate>=0.9', 89, 11, false],
    ['fails<3', 99, 1, false],
  ] as const)('%s with %i passed of 100', (threshold, passes, fails, ok) => {
    expect(judgeCheck(check(passes, fails), judged('checks', threshold, false, 0.9)).ok).toBe(ok);
  });
});

describe('a threshold speaks of the check that it selects', () => {
  test.each([
    ['checks{check:paid}', '', true],
    ['checks{check:other}', '', false],
    ['checks{group:::cart}', '::cart', true],
    ['checks{group:::cart}', '::shop', false],
    ['checks{check:paid,group:::cart}', '::cart', true],
    ['checks{scenario:buy}', '', true],
    ['http_req_failed', '', false],
  ])('%s, group %s', (metric, group, speaks) => {
    expect(judgeCheck(check(9, 1, group), judged(metric, 'rate>0.5', true, 0.5)).ok).toBe(speaks);
  });
});
