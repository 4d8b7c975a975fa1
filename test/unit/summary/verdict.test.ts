import { describe, expect, it } from 'vitest';
import type { ExitCode } from '../../../dsl/errors.ts';
import type { Verdict } from '../../../runner/summary/model.ts';
import { judgeValidity } from '../../../runner/summary/validity.ts';
import {
  decideVerdict,
  describeAbort,
  endCauses,
  type FailureCode,
} from '../../../runner/summary/verdict.ts';
import { withBuiltinRules } from '../../../runner/thresholds/builtin.ts';
import type { Judgement } from '../../../runner/thresholds/evaluate.ts';
import { createJudge } from '../../../runner/thresholds/evaluate.ts';
import { validateThresholds } from '../../../runner/thresholds/validate.ts';
import { custom, FakeAggregate } from '../thresholds/fake-aggregate.ts';

const causes = (...codes: FailureCode[]) =>
  codes.map((exitCode, i) => ({ exitCode, reason: `cause ${i}: ${exitCode}` }));

describe('decideVerdict', () => {
  // [what happened, exit codes of the causes in the order in which they happened, exit code, verdict]
  it.each<[string, FailureCode[], ExitCode, Verdict]>([
    ['nothing', [], 0, 'passed'],

    ['the generator was late', [96], 96, 'invalid'],
    ['a threshold failed', [99], 99, 'failed'],
    ['setup timed out', [100], 100, 'error'],
    ['teardown timed out', [101], 101, 'error'],
    ['bad options', [104], 104, 'error'],
    ['Ctrl-C', [105], 105, 'interrupted'],
    ['the script failed in setup', [107], 107, 'error'],
    ['test.abort()', [108], 108, 'aborted'],
    ['a defect', [109], 109, 'error'],
    ['test.fail()', [110], 110, 'failed'],

    ['a threshold failed; the generator was late', [99, 96], 96, 'invalid'],
    ['a worker was lost; a threshold failed', [96, 99], 96, 'invalid'],
    ['teardown timed out; a threshold failed', [101, 99], 99, 'failed'],
    ['Ctrl-C; a threshold failed', [105, 99], 99, 'failed'],
    ['a threshold aborted the run; Ctrl-C while it drained', [99, 105], 99, 'failed'],
    ['teardown threw; a threshold failed', [107, 99], 107, 'error'],
    ['a threshold aborted the run; teardown threw', [99, 107], 107, 'error'],
    ['test.abort(); a threshold failed', [108, 99], 108, 'aborted'],
    ['a threshold aborted the run; test.abort() in teardown', [99, 108], 108, 'aborted'],
    ['a defect; a threshold failed', [109, 99], 99, 'failed'],
    ['test.fail(); a threshold failed', [110, 99], 99, 'failed'],
    ['a threshold aborted the run; test.fail()', [99, 110], 99, 'failed'],

    ['test.fail(); Ctrl-C', [110, 105], 110, 'failed'],
    ['Ctrl-C; test.fail()', [105, 110], 105, 'interrupted'],
    ['test.fail(); test.abort()', [110, 108], 110, 'failed'],
    ['test.abort(); teardown threw', [108, 107], 108, 'aborted'],
    ['Ctrl-C; teardown threw', [105, 107], 105, 'interrupted'],
    ['Ctrl-C; teardown timed out', [105, 101], 105, 'interrupted'],
    ['Ctrl-C; the generator had been late', [105, 96], 105, 'interrupted'],
    ['a worker was lost; Ctrl-C', [96, 105], 96, 'invalid'],
    ['setup timed out; Ctrl-C', [100, 105], 100, 'error'],

    ['Ctrl-C; a threshold failed; the generator had been late', [105, 99, 96], 96, 'invalid'],
    ['test.fail(); a threshold failed; the generator had been late', [110, 99, 96], 96, 'invalid'],
    ['test.abort(); a threshold failed; the generator had been late', [108, 99, 96], 108, 'aborted'],
    ['a worker was lost; teardown threw; a threshold failed', [96, 107, 99], 96, 'invalid'],
    ['test.fail(); Ctrl-C; a threshold failed', [110, 105, 99], 99, 'failed'],
  ])('%s', (_title, codes, exitCode, verdict) => {
    const decision = decideVerdict(causes(...codes));
    expect(decision).toMatchObject({ exitCode, verdict });
    expect(decision.reasons).toHaveLength(codes.length);
    if (codes.length > 0) expect(decision.reasons[0]).toContain(String(exitCode));
  });

  it('follows its rule for every order of every three causes', () => {
    const all: FailureCode[] = [96, 99, 100, 101, 104, 105, 107, 108, 109, 110];
    for (const a of all) {
      for (const b of all) {
        for (const c of all) {
          const codes = [a, b, c];
          const { exitCode } = decideVerdict(causes(...codes));
          expect(codes).toContain(exitCode);
          if (!codes.includes(99)) expect(exitCode).toBe(a);
          else expect([96, 99, 107, 108]).toContain(exitCode);
          if (exitCode === 99) expect(codes.some((code) => [96, 107, 108].includes(code))).toBe(false);
        }
      }
    }
  });

  it('tells the deciding reasons first, the others in their order, none twice', () => {
    expect(
      decideVerdict([
        { exitCode: 105, reason: 'interrupted' },
        { exitCode: 99, reason: 'first threshold' },
        { exitCode: 99, reason: 'second threshold' },
        { exitCode: 99, reason: 'first threshold' },
      ]).reasons,
    ).toEqual(['first threshold', 'second threshold', 'interrupted']);
  });
});

describe('judgeValidity', () => {
  const withLag = (lags: readonly number[]) => {
    const aggregate = new FakeAggregate();
    for (const lag of lags) aggregate.add('generator_start_lag', lag);
    return aggregate;
  };
  const lags = (late: number, lateMs: number) =>
    Array.from({ length: 1000 }, (_, i) => (i < late ? lateMs : 0.2));

  it.each<[string, number[], number, boolean, number | null]>([
    ['no open model', [], 100, true, null],
    ['on time', lags(0, 0), 100, true, 0.2],
    ['1 % late is below the 99th rank', lags(10, 450), 100, true, 0.2],
    ['more than 1 % late', lags(11, 450), 100, false, 450],
    ['as late as is allowed', lags(11, 100), 100, true, 100],
    ['a wider limit', lags(500, 450), 500, true, 450],
    ['no lag allowed at all', lags(11, 0.3), 0, false, 0.3],
  ])('%s', (_title, values, maxStartLagMs, valid, p99) => {
    const validity = judgeValidity(withLag(values), maxStartLagMs);
    expect(validity).toMatchObject({ valid, startLagP99Ms: p99 });
    expect(validity.reasons).toHaveLength(valid ? 0 : 1);
  });

  it('does not blame the generator for the queue before a busy system', () => {
    const aggregate = withLag([0.3]);
    aggregate.add('iteration_start_lag', 9000);
    expect(judgeValidity(aggregate, 100).valid).toBe(true);
  });

  it('says what was and what is allowed', () => {
    expect(judgeValidity(withLag([450]), 100).reasons).toEqual([
      'the generator started arrivals late: start lag p99 450 ms, allowed are 100ms (validity.maxStartLag)',
    ]);
    expect(judgeValidity(withLag([2340]), 1500).reasons[0]).toContain('p99 2.3 s, allowed are 1.5s');
  });
});

describe('describeAbort', () => {
  it('names the rule and the time', () => {
    const rule = withBuiltinRules([], [])[0]!;
    expect(describeAbort({ ...rule, metric: 'http_req_duration', threshold: 'p(95)<400' }, 75_150)).toBe(
      'the run was stopped after 1m15s: http_req_duration p(95)<400 (abortOnFail)',
    );
  });
});

describe('endCauses', () => {
  function judged(
    thresholds: readonly [string, string][],
    fill: (aggregate: FakeAggregate) => void,
  ): Judgement {
    const defs = [custom('queue', 'gauge', 'bytes')];
    const { rules, problems } = validateThresholds(
      thresholds.map(([metric, threshold]) => ({
        metric,
        threshold,
        abortOnFail: false,
        delayAbortEvalMs: 0,
        noData: 'fail',
      })),
      defs,
      ['a', 'b'],
    );
    expect(problems).toEqual([]);
    const aggregate = new FakeAggregate(defs);
    aggregate.durationMs = 10_000;
    const judge = createJudge(withBuiltinRules(rules, ['a', 'b']), aggregate);
    fill(aggregate);
    return judge.evaluate(10_000, true);
  }
  const valid = { valid: true, startLagP99Ms: null, reasons: [] };

  it.each<[string, string, string, number, string]>([
    [
      'a time',
      'http_req_duration',
      'p(95)<400',
      512.34567,
      'threshold http_req_duration p(95)<400 failed: 512.3 ms',
    ],
    ['a share', 'checks', 'rate>99%', 0, 'threshold checks rate>99% failed: 0 %'],
    ['a count', 'http_reqs', 'count>10', 1, 'threshold http_reqs count>10 failed: 1'],
    ['a rate per second', 'data_sent', 'rate>1kB/s', 100, 'threshold data_sent rate>1kB/s failed: 10 B/s'],
    ['fails', 'checks', 'fails<1', 0, 'threshold checks fails<1 failed: 1'],
    [
      'a count of a trend',
      'http_req_duration',
      'count>3',
      9,
      'threshold http_req_duration count>3 failed: 1',
    ],
    ['a gauge', 'queue', 'value<1kB', 2000, 'threshold queue value<1kB failed: 2000 B'],
    [
      'a window',
      'http_req_duration',
      'max<1 over 30s',
      5,
      'threshold http_req_duration max<1 over 30s failed: 5 ms in the 30s up to 10s',
    ],
    ['thrown iterations', 'iteration_errors{scenario:b}', 'count<9', 9, ''],
  ])('%s', (_title, metric, threshold, value, reason) => {
    if (reason === '') return expectBuiltin();
    const judgement = judged([[metric, threshold]], (aggregate) => aggregate.add(metric, value));
    expect(endCauses(judgement, valid)).toEqual([{ exitCode: 99, reason }]);
  });

  function expectBuiltin(): void {
    const whole = judged([], (aggregate) => aggregate.add('iteration_errors', 1));
    expect(endCauses(whole, valid)).toEqual([{ exitCode: 99, reason: '1 iteration threw an error' }]);
    const part = judged([['iteration_errors{scenario:b}', 'count<9']], (aggregate) =>
      aggregate.add('iteration_errors', 3, { scenario: 'a' }),
    );
    expect(endCauses(part, valid)).toEqual([
      { exitCode: 99, reason: '3 iterations of scenario a threw an error' },
    ]);
  }

  it('no data', () => {
    const judgement = judged([['checks', 'rate>0.9']], () => {});
    expect(endCauses(judgement, valid)).toEqual([
      { exitCode: 99, reason: 'threshold checks rate>0.9 failed: no data' },
    ]);
  });

  it('a late generator outranks the thresholds that it spoiled', () => {
    const judgement = judged([['http_req_duration', 'p(95)<1']], (aggregate) =>
      aggregate.add('http_req_duration', 9),
    );
    const validity = { valid: false, startLagP99Ms: 450, reasons: ['late'] };
    const decision = decideVerdict(endCauses(judgement, validity));
    expect(decision).toMatchObject({ exitCode: 96, verdict: 'invalid' });
    expect(decision.reasons).toEqual(['late', 'threshold http_req_duration p(95)<1 failed: 9 ms']);
  });
});
