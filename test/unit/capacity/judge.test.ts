import { describe, expect, test } from 'vitest';
import { judgeProbe, type Measured, type ProbeFacts, samplesNeeded } from '../../../runner/capacity/judge.ts';
import type { ThresholdRule } from '../../../runner/thresholds/rule.ts';
import { validateThresholds } from '../../../runner/thresholds/validate.ts';

function rule(metric: string, threshold: string, noData: 'fail' | 'pass' = 'fail'): ThresholdRule {
  const { rules, problems } = validateThresholds(
    [{ metric, threshold, abortOnFail: false, delayAbortEvalMs: 0, noData }],
    [],
    ['limit'],
  );
  expect(problems).toEqual([]);
  return rules[0] as ThresholdRule;
}

const P99 = rule('iteration_response_time', 'p(99)<200');
const SHARE = rule('http_req_failed', 'rate<0.01');

function facts(thresholds: readonly Measured[], rest: Partial<ProbeFacts> = {}): ProbeFacts {
  return { thresholds, arrivals: 2000, dropped: 0, interrupted: 0, thrown: 0, behind: 0, ...rest };
}

const measured = (of: ThresholdRule, value: number | undefined, samples = 2000): Measured => ({
  rule: of,
  value,
  samples,
});

test.each([
  ['iteration_response_time', 'p(99)<200', 1000],
  ['iteration_response_time', 'p(95)<200', 200],
  ['iteration_response_time', 'p(99.9)<200', 10_000],
  ['iteration_response_time', 'p(50)<200', 100],
  ['iteration_response_time', 'med<200', 100],
  ['iteration_response_time', 'avg<200', 100],
  ['iteration_response_time', 'max<200', 100],
  ['iteration_response_time', 'p(100)<200', 100],
  ['http_req_failed', 'rate<0.01', 300],
  ['http_req_failed', 'rate<0.001', 3000],
  ['http_req_failed', 'rate==0', 100],
  ['checks', 'rate>0.99', 300],
  ['http_reqs', 'count>10', 0],
  ['vus', 'value<10', 0],
])('%s %s needs %d samples', (metric, threshold, samples) => {
  expect(samplesNeeded(rule(metric, threshold))).toBe(samples);
});

describe('times', () => {
  test.each([
    [100, true, true],
    [133, true, true],
    [134, true, false],
    [199.9, true, false],
    [200, false, false],
    [299, false, false],
    [300, false, true],
    [5000, false, true],
  ])('p99 of %d ms against 200: held %s, clear %s', (value, held, clear) => {
    expect(judgeProbe(facts([measured(P99, value)]))).toMatchObject({ held, clear, evident: true });
  });

  test('too few samples: never clear where it held, and said', () => {
    expect(judgeProbe(facts([measured(P99, 20, 400)]))).toMatchObject({
      held: true,
      clear: false,
      evident: false,
    });
    // A clear failure needs no more of them.
    expect(judgeProbe(facts([measured(P99, 900, 400)]))).toMatchObject({
      held: false,
      clear: true,
      evident: true,
    });
    expect(judgeProbe(facts([measured(P99, 250, 400)]))).toMatchObject({
      held: false,
      clear: false,
      evident: false,
    });
  });

  test('no data fails unless it may be missing', () => {
    expect(judgeProbe(facts([measured(P99, undefined, 0)]))).toMatchObject({
      held: false,
      clear: false,
      reasons: ['iteration_response_time p(99)<200: no data'],
    });
    const optional = rule('http_req_duration', 'p(95)<10', 'pass');
    expect(judgeProbe(facts([measured(optional, undefined, 0)])).held).toBe(true);
  });

  test('the reason tells the value', () => {
    const { reasons } = judgeProbe(facts([measured(P99, 512.345), measured(SHARE, 0.0213)]));
    expect(reasons).toEqual([
      'iteration_response_time p(99)<200: 512 ms',
      'http_req_failed rate<0.01: 2.13 %',
    ]);
  });
});

describe('shares', () => {
  // One standard error of 1 % out of 2,000 is 0.22 %.
  test.each([
    [0, true, true],
    [0.003, true, true],
    [0.008, true, false],
    [0.012, false, false],
    [0.02, false, true],
  ])('%d against 0.01: held %s, clear %s', (value, held, clear) => {
    expect(judgeProbe(facts([measured(SHARE, value)]))).toMatchObject({ held, clear });
  });
});

describe('what fails without a threshold', () => {
  const held = [measured(P99, 50)];
  test.each<[Partial<ProbeFacts>, string, boolean]>([
    [{ dropped: 1 }, '1 arrival was dropped', false],
    [{ dropped: 20 }, '20 arrivals were dropped', false],
    [{ dropped: 21 }, '21 arrivals were dropped', true],
    [{ interrupted: 30 }, '30 did not end within gracefulStop', true],
    [{ thrown: 1 }, '1 iteration threw an error', false],
    [{ behind: 0.08 }, 'completions fell 8 % behind arrivals', false],
    [{ behind: 0.3 }, 'completions fell 30 % behind arrivals', true],
  ])('%j', (rest, reason, clear) => {
    expect(judgeProbe(facts(held, rest))).toMatchObject({ held: false, clear, reasons: [reason] });
  });

  test.each([
    [2000, 0.06],
    [2000, 0.04],
    // Three standard deviations of 100 arrivals are 30 %.
    [100, 0.29],
  ])('of %d arrivals %d behind is chance', (arrivals, behind) => {
    expect(judgeProbe(facts(held, { arrivals, behind })).held).toBe(true);
  });
});
