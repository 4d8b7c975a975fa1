import { describe, expect, it } from 'vitest';
import type { ResolvedThreshold } from '../../../dsl/options.ts';
import { withBuiltinRules } from '../../../runner/thresholds/builtin.ts';
import { createJudge, type JudgeOptions } from '../../../runner/thresholds/evaluate.ts';
import { validateThresholds } from '../../../runner/thresholds/validate.ts';
import { custom, FakeAggregate } from './fake-aggregate.ts';

const CUSTOM = [custom('orders', 'counter'), custom('cart_time', 'trend', 'ms'), custom('queue', 'gauge')];

type Written = string | ({ threshold: string } & Partial<ResolvedThreshold>);

/** A judge of thresholds `[metric, threshold]`, and the aggregate that it asks. */
function setUp(thresholds: readonly (readonly [string, Written])[], options?: JudgeOptions) {
  const { rules, problems } = validateThresholds(
    thresholds.map(([metric, written]) => ({
      metric,
      abortOnFail: false,
      delayAbortEvalMs: 0,
      noData: 'fail',
      ...(typeof written === 'string' ? { threshold: written } : written),
    })),
    CUSTOM,
    ['a', 'b'],
  );
  expect(problems).toEqual([]);
  const aggregate = new FakeAggregate(CUSTOM);
  const judge = createJudge(withBuiltinRules(rules, ['a', 'b']), aggregate, options);
  const at = (second: number, final = false) => {
    aggregate.nowMs = second * 1000;
    aggregate.durationMs = aggregate.nowMs;
    return judge.evaluate(second * 1000, final);
  };
  /** Result of the only threshold. */
  const only = (second: number, final = false) => [...at(second, final).results.values()][0]![0]!;
  return { aggregate, at, only };
}

describe('whole-run statistics', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  it.each<[string, boolean, number]>([
    ['p(95)<400', true, 95],
    ['p(95)<95', false, 95],
    ['p(95)<=95', true, 95],
    ['p(99.9)>=100', true, 100],
    ['avg==50.5', true, 50.5],
    ['avg!=50.5', false, 50.5],
    ['min>1', false, 1],
    ['med<=50', true, 50],
    ['max<0.1s', false, 100],
    ['stdev<29', true, Math.sqrt(833.25)],
    ['count===100', true, 100],
    ['sum<5.05s', false, 5050],
  ])('%s', (threshold, ok, value) => {
    const { aggregate, only } = setUp([['http_req_duration', threshold]]);
    for (const v of values) aggregate.add('http_req_duration', v);
    const result = only(10, true);
    expect(result).toMatchObject({ threshold, ok });
    expect(result.value).toBeCloseTo(value, 9);
    expect(result.note).toBeUndefined();
  });

  it('are grouped by metric in the order of the script, and failures listed', () => {
    const { aggregate, at } = setUp([
      ['http_reqs', 'rate>100'],
      ['checks', 'rate>99%'],
      ['http_reqs', 'count<10'],
      ['http_reqs{status:500}', 'count<1'],
    ]);
    for (let i = 0; i < 20; i++) aggregate.add('http_reqs', 1, { status: i === 0 ? '500' : '200' });
    aggregate.add('checks', 1);
    const { results, failures } = at(10, true);
    expect([...results]).toEqual([
      [
        'http_reqs',
        [
          { threshold: 'rate>100', ok: false, value: 2, limit: 100 },
          { threshold: 'count<10', ok: false, value: 20, limit: 10 },
        ],
      ],
      ['checks', [{ threshold: 'rate>99%', ok: true, value: 1, limit: 0.99 }]],
      ['http_reqs{status:500}', [{ threshold: 'count<1', ok: false, value: 1, limit: 1 }]],
    ]);
    expect(failures.map((f) => f.result.threshold)).toEqual(['rate>100', 'count<10', 'count<1']);
  });

  it('stand by the last evaluation: a failure in between is forgiven', () => {
    const { aggregate, only } = setUp([['http_req_duration', 'avg<100']]);
    aggregate.add('http_req_duration', 150);
    expect(only(1).ok).toBe(false);
    aggregate.add('http_req_duration', 10);
    expect(only(2).ok).toBe(true);
    expect(only(2, true)).toMatchObject({ ok: true, value: 80 });
  });

  it.each<[string, boolean, boolean]>([
    // [threshold, ok with 3 of it during the run, ok at the end]
    ['count>5', true, false],
    ['count>=5', true, false],
    ['count!=3', true, false],
    ['count==5', true, false],
    ['count==2', false, false],
    ['count<3', false, false],
    ['count<4', true, true],
  ])('that can only rise are not judged before they must: %s', (threshold, during, end) => {
    const { aggregate, only } = setUp([['http_reqs', threshold]]);
    for (let i = 0; i < 3; i++) aggregate.add('http_reqs', 1);
    expect(only(1).ok).toBe(during);
    expect(only(2, true).ok).toBe(end);
  });
});

describe('without data', () => {
  it.each([
    'http_req_duration|p(95)<400',
    'checks|rate>0.9',
    'orders|count<10',
    'queue|value<5',
    'queue|slope<1',
    'queue|growth<1',
  ])('%s fails at the end, says so, and never fails during the run', (text) => {
    const [metric, threshold] = text.split('|') as [string, string];
    const { at, only } = setUp([[metric, { threshold, abortOnFail: true }]]);
    expect(only(1)).toMatchObject({ ok: true, value: null });
    expect(at(2).failures).toEqual([]);
    expect(at(2).abort).toBeUndefined();
    expect(only(3, true)).toMatchObject({ ok: false, value: null, note: 'no data' });
  });

  it('passes on demand, and still says so', () => {
    const { only } = setUp([['cart_time', { threshold: 'avg<10', noData: 'pass' }]]);
    expect(only(3, true)).toEqual({ threshold: 'avg<10', ok: true, value: null, limit: 10, note: 'no data' });
  });

  it.each<[string, string, boolean]>([
    ['http_reqs', 'count<10', true],
    ['http_reqs', 'count>0', false],
    ['http_reqs', 'rate>1', false],
    ['iteration_errors', 'count==0', true],
    ['dropped_iterations', 'count<1', true],
    ['ws_errors', 'count==0', true],
    ['http_reqs{status:500}', 'count<1', true],
    ['ws_errors', 'count==0 over 5s', true],
  ])("Brunt's own counters are zero: %s %s", (metric, threshold, ok) => {
    const { only } = setUp([[metric, threshold]]);
    expect(only(3, true)).toMatchObject({ ok, value: 0 });
  });

  it('a few points of a gauge are no course', () => {
    const { aggregate, only } = setUp([['queue', 'slope<1']]);
    for (let s = 1; s <= 3; s++) {
      aggregate.nowMs = s * 1000;
      aggregate.add('queue', s);
    }
    expect(only(3, true)).toMatchObject({ ok: false, note: 'no data' });
  });
});

describe('windows', () => {
  it('fail for good where one window failed, and tell the worst value and when', () => {
    const { aggregate, only } = setUp([['http_req_duration', 'max<100 over 3s']]);
    const values = [10, 10, 10, 10, 500, 300, 10, 10, 10, 10, 10, 10];
    const seen = values.map((value, i) => {
      aggregate.nowMs = (i + 1) * 1000;
      aggregate.add('http_req_duration', value);
      return only(i + 1).ok;
    });
    expect(seen).toEqual([true, true, true, true, false, false, false, false, false, false, false, false]);
    expect(only(12, true)).toEqual({
      threshold: 'max<100 over 3s',
      ok: false,
      value: 500,
      limit: 100,
      note: 'in the 3s up to 5s',
    });
  });

  it('are not judged before a full one has passed', () => {
    const { aggregate, at, only } = setUp([
      ['http_req_duration', { threshold: 'avg<100 over 3s', abortOnFail: true }],
    ]);
    aggregate.nowMs = 500;
    aggregate.add('http_req_duration', 900);
    expect(at(1).failures).toEqual([]);
    expect(at(2).abort).toBeUndefined();
    for (let i = 0; i < 99; i++) aggregate.add('http_req_duration', 10);
    expect(only(3)).toMatchObject({ ok: true });
    expect(only(3).value).toBeCloseTo(18.9, 9);
  });

  it('begin with the first sample: a scenario that starts late is not blamed for the time before', () => {
    const { aggregate, only } = setUp([['http_reqs', 'rate>1 over 3s']]);
    for (let s = 1; s <= 10; s++) expect(only(s).ok).toBe(true);
    for (let s = 11; s <= 13; s++) {
      aggregate.nowMs = s * 1000;
      for (let i = 0; i < 2; i++) aggregate.add('http_reqs', 1);
      expect(only(s).ok).toBe(true);
    }
    expect(only(13, true)).toMatchObject({ ok: true, value: 2 });
  });

  it('of a run that was shorter are judged over what there is', () => {
    const { aggregate, only } = setUp([['http_req_duration', 'max<100 over 30s']]);
    aggregate.nowMs = 900;
    aggregate.add('http_req_duration', 150);
    expect(only(1).value).toBeNull();
    expect(only(2, true)).toMatchObject({ ok: false, value: 150 });
  });

  it('report the worst value of a lower bound too, and of one that passed', () => {
    const { aggregate, only } = setUp([['checks', 'rate>=0.5 over 2s']]);
    const checks = [1, 1, 0, 1, 1, 1];
    for (const [i, value] of checks.entries()) {
      aggregate.nowMs = (i + 1) * 1000;
      aggregate.add('checks', value);
      only(i + 1);
    }
    expect(only(6, true)).toEqual({ threshold: 'rate>=0.5 over 2s', ok: true, value: 0.5, limit: 0.5 });
  });

  it('skip a trend without samples in between, but count an empty window as zero', () => {
    const trend = setUp([['http_req_duration', 'p(50)<100 over 2s']]);
    const counter = setUp([['orders', 'count>0 over 2s']]);
    for (const { aggregate } of [trend, counter]) aggregate.nowMs = 500;
    trend.aggregate.add('http_req_duration', 10);
    counter.aggregate.add('orders', 1);
    for (let s = 1; s <= 5; s++) {
      trend.at(s);
      counter.at(s);
    }
    expect(trend.only(5, true)).toMatchObject({ ok: true, value: 10 });
    expect(counter.only(5, true)).toMatchObject({ ok: false, value: 0 });
  });

  it('hold no falling rate against a load that is over', () => {
    const ends = { a: 5000, b: 8000 } as Record<string, number>;
    const options = { loadEndMs: (name?: string) => (name === undefined ? 8000 : ends[name]!) };
    const all = setUp([['http_reqs', 'rate>0.5 over 2s']], options);
    const part = setUp([['http_reqs{scenario:a}', 'rate>0.5 over 2s']], options);
    const broken = setUp([['http_reqs{scenario:b}', 'rate>0.5 over 2s']], options);
    for (let s = 1; s <= 12; s++) {
      for (const { aggregate, at } of [all, part, broken]) {
        aggregate.nowMs = s * 1000;
        if (s <= 5) aggregate.add('http_reqs', 1, { scenario: 'a' });
        if (s <= 5) aggregate.add('http_reqs', 1, { scenario: 'b' });
        at(s);
      }
    }
    expect(part.only(12, true).ok).toBe(true);
    expect(all.only(12, true)).toMatchObject({ ok: false, note: 'in the 2s up to 7s' });
    expect(broken.only(12, true).ok).toBe(false);
  });

  it('hold no falling rate against a run that is stopped early', () => {
    let endMs = 60_000;
    const { aggregate, at, only } = setUp([['http_reqs', 'rate>0.5 over 2s']], { loadEndMs: () => endMs });
    for (let s = 1; s <= 9; s++) {
      if (s === 5) endMs = 5000;
      aggregate.nowMs = s * 1000;
      if (s <= 5) aggregate.add('http_reqs', 1);
      at(s);
    }
    expect(only(9, true)).toMatchObject({ ok: true, value: 1 });
  });

  it('hold no low count against the second in which the run ended', () => {
    const { aggregate, at, only } = setUp([['http_reqs', 'count>=4 over 2s']]);
    for (let s = 1; s <= 5; s++) {
      for (const part of [0.3, 0.8]) {
        aggregate.nowMs = (s - 1 + part) * 1000;
        aggregate.add('http_reqs', 1);
      }
      at(s + 0.15);
    }
    // The window up to 5.6 s holds three.
    expect(only(5.6, true)).toMatchObject({ ok: true, value: 4 });
  });

  it('ask the aggregate once per selector, for the longest', () => {
    const { aggregate } = setUp([
      ['http_req_duration', 'p(95)<1 over 10s'],
      ['http_req_duration', 'p(95)<1 over 60s'],
      ['http_req_duration', 'p(95)<1'],
      ['queue', 'slope<1'],
      ['queue', 'value<1 over 5s'],
    ]);
    expect(aggregate.tracks.map(({ selector, options }) => [selector.metric, options])).toEqual([
      ['http_req_duration', { windowMs: 60_000 }],
      ['queue', { windowMs: 5000, history: true }],
      ['iteration_errors', {}],
    ]);
  });
});

describe('abortOnFail', () => {
  it('asks to abort as soon as the rule fails', () => {
    const { aggregate, at } = setUp([
      ['http_req_duration', 'p(95)<1'],
      ['http_req_failed', { threshold: 'rate<0.5', abortOnFail: true }],
    ]);
    aggregate.add('http_req_duration', 10);
    aggregate.add('http_req_failed', 0);
    expect(at(1).abort).toBeUndefined();
    aggregate.add('http_req_failed', 1);
    const { abort } = at(2);
    expect(abort?.rule.threshold).toBe('rate<0.5');
    expect(abort?.value).toBe(0.5);
  });

  it('waits for the delay, and then acts on what is true then', () => {
    const { aggregate, at } = setUp([
      ['http_req_duration', { threshold: 'avg<100', abortOnFail: true, delayAbortEvalMs: 3000 }],
    ]);
    aggregate.add('http_req_duration', 150);
    expect(at(1).abort).toBeUndefined();
    expect(at(2.999).abort).toBeUndefined();
    expect(at(3).abort?.value).toBe(150);
    for (let i = 0; i < 9; i++) aggregate.add('http_req_duration', 10);
    expect(at(4).abort).toBeUndefined();
  });

  it('acts after the delay on a window that failed before it', () => {
    const { aggregate, at } = setUp([
      ['http_req_duration', { threshold: 'max<100 over 1s', abortOnFail: true, delayAbortEvalMs: 4000 }],
    ]);
    aggregate.nowMs = 500;
    aggregate.add('http_req_duration', 500);
    expect(at(1).failures).toHaveLength(1);
    expect(at(3).abort).toBeUndefined();
    expect(at(4).abort?.value).toBe(500);
  });

  it('is nothing at the end', () => {
    const { aggregate, at } = setUp([['http_req_duration', { threshold: 'avg<1', abortOnFail: true }]]);
    aggregate.add('http_req_duration', 150);
    expect(at(5, true).abort).toBeUndefined();
    expect(at(5, true).failures).toHaveLength(1);
  });
});

describe('growth and slope', () => {
  it('are judged over the course of the gauge', () => {
    const { aggregate, at } = setUp([
      ['queue', 'growth<=15'],
      ['queue', 'slope<2'],
      ['queue', 'slope>0.9'],
    ]);
    for (let s = 1; s <= 20; s++) {
      aggregate.nowMs = s * 1000;
      aggregate.add('queue', s);
      at(s);
    }
    // Two points are warm-up: from 3 to 20.
    expect(at(20, true).results.get('queue')).toEqual([
      { threshold: 'growth<=15', ok: false, value: 17, limit: 15 },
      { threshold: 'slope<2', ok: true, value: 1, limit: 2 },
      { threshold: 'slope>0.9', ok: true, value: 1, limit: 0.9 },
    ]);
  });
});

describe('the built-in rule', () => {
  it('fails the run on a thrown iteration and stays out of the results', () => {
    const { aggregate, at } = setUp([]);
    expect(at(1).failures).toEqual([]);
    aggregate.add('iteration_errors', 1, { scenario: 'a' });
    const { results, failures } = at(2, true);
    expect(results.size).toBe(0);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ rule: { builtin: true }, result: { value: 1, limit: 0 } });
  });

  it('is replaced by the threshold of the script', () => {
    const { aggregate, at } = setUp([['iteration_errors', 'count<3']]);
    aggregate.add('iteration_errors', 1);
    expect(at(2, true).failures).toEqual([]);
  });

  it('is replaced for the scenario that has a threshold of its own', () => {
    const { aggregate, at } = setUp([['iteration_errors{scenario:a}', 'count<3']]);
    aggregate.add('iteration_errors', 1, { scenario: 'a' });
    expect(at(2).failures).toEqual([]);
    aggregate.add('iteration_errors', 1, { scenario: 'b' });
    expect(at(3, true).failures.map((f) => f.rule.metric)).toEqual(['iteration_errors{scenario:b}']);
  });
});
