import { describe, expect, it } from 'vitest';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import {
  buildSummary,
  type SummaryInput,
  scenarioSummaries,
  trackSubMetrics,
} from '../../../runner/summary/build.ts';
import { plainOptions } from '../../../runner/summary/options.ts';
import { requestRows, shortenNames } from '../../../runner/summary/requests.ts';
import { judgeValidity } from '../../../runner/summary/validity.ts';
import { decideVerdict, endCauses } from '../../../runner/summary/verdict.ts';
import { withBuiltinRules } from '../../../runner/thresholds/builtin.ts';
import { createJudge } from '../../../runner/thresholds/evaluate.ts';
import { validateBreakdown, validateThresholds } from '../../../runner/thresholds/validate.ts';
import { createControlMemory, ScenarioControl } from '../../../workers/control.ts';
import type { RunPlan } from '../../../workers/plan/types.ts';
import { custom, FakeAggregate } from '../thresholds/fake-aggregate.ts';

/** What `http.url` writes for a value. */
const ANY = `$${'{}'}`;

const TREND_STATS = [
  'count',
  'avg',
  'min',
  'med',
  'max',
  'stdev',
  'p(50)',
  'p(90)',
  'p(95)',
  'p(99)',
  'p(99.9)',
];

const base = {
  exec: 'default',
  startTimeMs: 0,
  gracefulStopMs: 30_000,
  env: { TOKEN: 'hush' },
  tags: { team: 'a' },
};

const OPTIONS: ResolvedOptions = {
  scenarios: [
    { ...base, name: 'buy', executor: 'constant-vus', vus: 5, durationMs: 10_000 },
    {
      ...base,
      name: 'look',
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnitMs: 1000,
      stages: [{ durationMs: 5000, target: 10 }],
      arrivals: 'poisson',
      whenBusy: 'queue',
      preAllocatedVUs: 2,
      maxVUs: 4,
    },
  ],
  thresholds: [],
  breakdown: [],
  tags: {},
  setupTimeoutMs: 60_000,
  teardownTimeoutMs: 60_000,
  minIterationDurationMs: 0,
  summaryTrendStats: TREND_STATS,
  validity: { maxStartLagMs: 100 },
  workers: 2,
  seed: 7,
  batch: 20,
  batchPerHost: 6,
  connections: 'vu',
  maxRedirects: 10,
  discardResponseBodies: false,
  userAgent: 'Brunt/0.1.0',
  throw: false,
  noConnectionReuse: false,
  noVUConnectionReuse: false,
  noCookiesReset: false,
  traceContext: false,
  insecureSkipTLSVerify: false,
  network: DEFAULT_NETWORK,
  httpDebug: false,
};

/** The summary of a run of ten seconds that recorded what `fill` adds. */
function summarize(
  fill: (aggregate: FakeAggregate) => void,
  options: Partial<ResolvedOptions> = {},
  more: Partial<SummaryInput> = {},
) {
  const resolved = { ...OPTIONS, ...options };
  const defs = [custom('cart_time', 'trend', 'ms')];
  const aggregate = new FakeAggregate(defs);
  const { rules, problems } = validateThresholds(resolved.thresholds, defs, ['buy', 'look']);
  const breakdown = validateBreakdown(resolved.breakdown, defs, ['buy', 'look']);
  expect([...problems, ...breakdown.problems]).toEqual([]);
  const judge = createJudge(withBuiltinRules(rules, ['buy', 'look']), aggregate);
  const subMetrics = trackSubMetrics(aggregate, rules, breakdown.selectors);
  aggregate.durationMs = 10_000;
  fill(aggregate);
  const judgement = judge.evaluate(10_000, true);
  const validity = judgeValidity(aggregate, resolved.validity.maxStartLagMs);
  const causes = endCauses(judgement, validity);
  return buildSummary({
    aggregate,
    options: resolved,
    plainOptions: plainOptions(resolved),
    run: {
      script: 'checkout.ts',
      startedAt: new Date(0),
      durationMs: 10_012.4,
      version: '0.1.0',
      node: '20.20.0',
      workers: 2,
    },
    scenarios: {},
    subMetrics,
    judgement,
    validity,
    causes,
    decision: decideVerdict(causes),
    ...more,
  });
}

const threshold = (metric: string, text: string) =>
  ({ metric, threshold: text, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' }) as const;

describe('buildSummary', () => {
  it('tells what ran', () => {
    expect(summarize(() => {})).toMatchObject({
      schema: 'brunt/summary@1',
      run: {
        script: 'checkout.ts',
        startedAt: '1970-01-01T00:00:00.000Z',
        durationMs: 10_012.4,
        verdict: 'passed',
        exitCode: 0,
        reasons: [],
        seed: 7,
        version: '0.1.0',
        node: '20.20.0',
        workers: 2,
      },
    });
  });

  it('holds of every metric what its type has', () => {
    const { metrics } = summarize((aggregate) => {
      for (let v = 1; v <= 1000; v++) aggregate.add('http_req_duration', v);
      for (let i = 0; i < 100; i++) aggregate.add('http_reqs', 1);
      for (const v of [1, 1, 1, 0]) aggregate.add('checks', v);
      for (const v of [1, 50, 20]) aggregate.add('vus', v);
    });
    expect(Object.keys(metrics)).toEqual(['http_reqs', 'http_req_duration', 'checks', 'vus']);
    expect(metrics.http_reqs).toEqual({ type: 'counter', unit: 'count', values: { count: 100, rate: 10 } });
    expect(metrics.checks).toEqual({
      type: 'rate',
      unit: 'ratio',
      values: { rate: 0.75, passes: 3, fails: 1 },
    });
    expect(metrics.vus).toEqual({ type: 'gauge', unit: 'count', values: { value: 20, min: 1, max: 50 } });
    expect(metrics.http_req_duration).toMatchObject({ type: 'trend', unit: 'ms' });
    expect(Object.entries(metrics.http_req_duration!.values)).toEqual([
      ['count', 1000],
      ['avg', 500.5],
      ['min', 1],
      ['med', 500],
      ['max', 1000],
      ['stdev', Math.sqrt((1000 ** 2 - 1) / 12)],
      ['p(50)', 500],
      ['p(90)', 900],
      ['p(95)', 950],
      ['p(99)', 990],
      ['p(99.9)', 999],
    ]);
  });

  it('shows the trend statistics that were asked for, and always those of the end summary', () => {
    const { metrics } = summarize((aggregate) => aggregate.add('http_req_duration', 5), {
      summaryTrendStats: ['p(95)', 'avg'],
    });
    expect(Object.keys(metrics.http_req_duration?.values ?? {})).toEqual([
      'count',
      'p(95)',
      'avg',
      'max',
      'p(50)',
      'p(99)',
    ]);
  });

  it('puts thresholds beside their metric, and sub-metrics behind it', () => {
    const summary = summarize(
      (aggregate) => {
        for (const region of ['eu', 'us']) {
          aggregate.add('http_reqs', 1, { region, scenario: 'buy' });
          aggregate.add('http_req_duration', region === 'eu' ? 10 : 600, { region, scenario: 'buy' });
        }
      },
      {
        thresholds: [
          threshold('http_req_duration{scenario:buy}', 'p(95)<500'),
          threshold('http_req_duration', 'min<100'),
          threshold('http_req_duration', 'max<100'),
        ],
        breakdown: ['http_req_duration{ region:eu }', 'http_req_duration{region:mars}', 'region'],
      },
    );
    expect(Object.keys(summary.metrics)).toEqual([
      'http_reqs',
      'http_reqs{region:eu}',
      'http_reqs{region:us}',
      'http_req_duration',
      'http_req_duration{scenario:buy}',
      'http_req_duration{region:eu}',
      'http_req_duration{region:us}',
    ]);
    expect(summary.metrics.http_req_duration?.thresholds).toEqual([
      { threshold: 'min<100', ok: true, value: 10, limit: 100 },
      { threshold: 'max<100', ok: false, value: 600, limit: 100 },
    ]);
    expect(summary.metrics['http_req_duration{scenario:buy}']?.thresholds).toEqual([
      { threshold: 'p(95)<500', ok: false, value: 600, limit: 500 },
    ]);
    expect(summary.metrics['http_req_duration{region:eu}']).not.toHaveProperty('thresholds');
    expect(summary.metrics['http_req_duration{region:us}']?.values.max).toBe(600);
    expect(summary.run).toMatchObject({ verdict: 'failed', exitCode: 99 });
    expect(summary.run.reasons).toHaveLength(2);
  });

  it('shows thresholds without data too', () => {
    const { metrics, run } = summarize(() => {}, {
      thresholds: [
        threshold('cart_time', 'p(95)<1'),
        threshold('checks{check:paid}', 'rate>0.9'),
        threshold('http_reqs', 'count<1'),
        threshold('vus', 'value>1'),
      ],
    });
    const noData = { ok: false, value: null, note: 'no data' };
    expect(metrics.cart_time).toMatchObject({ values: { count: 0 }, thresholds: [noData] });
    expect(metrics['checks{check:paid}']).toMatchObject({
      values: { passes: 0, fails: 0 },
      thresholds: [noData],
    });
    expect(metrics.http_reqs).toMatchObject({
      values: { count: 0, rate: 0 },
      thresholds: [{ ok: true, value: 0 }],
    });
    expect(metrics.vus).toMatchObject({ values: {}, thresholds: [noData] });
    expect(run.reasons).toHaveLength(3);
  });

  it('lists checks by group in the order of their first use', () => {
    const { checks } = summarize((aggregate) => {
      aggregate.add('checks', 1, { check: 'is up' });
      aggregate.add('checks', 1, { check: 'paid', group: '::cart' });
      aggregate.add('checks', 0, { check: 'is up', status: '500' });
      aggregate.add('checks', 0, { check: 'is fast' });
      aggregate.add('checks', 1, { check: 'is up', group: '::cart' });
    });
    expect(checks).toEqual([
      { name: 'is up', group: '', passes: 1, fails: 1 },
      { name: 'is fast', group: '', passes: 0, fails: 1 },
      { name: 'paid', group: '::cart', passes: 1, fails: 0 },
      { name: 'is up', group: '::cart', passes: 1, fails: 0 },
    ]);
  });

  it('lists errors, the most frequent first', () => {
    const error = { label: 'GET /', code: 1220, message: 'connection reset' };
    const { errors } = summarize((aggregate) => {
      aggregate.errorGroups.push(
        { ...error, count: 2 },
        { ...error, code: 1050, message: 'timeout', count: 16 },
      );
    });
    expect(errors.map((e) => [e.code, e.count])).toEqual([
      [1050, 16],
      [1220, 2],
    ]);
  });

  it('tells of the generator', () => {
    const fine = summarize((aggregate) => {
      for (const v of [0.2, 0.61, 0.3]) aggregate.add('generator_loop_busy', v);
      aggregate.add('generator_memory', 2e8);
      aggregate.add('generator_start_lag', 0.4);
      aggregate.warningTexts.push('too many series');
    });
    expect(fine.generator).toEqual({
      valid: true,
      startLagP99Ms: 0.4,
      loopBusyMax: 0.61,
      memoryMaxBytes: 2e8,
      notes: ['too many series'],
    });
    const late = summarize((aggregate) => aggregate.add('generator_start_lag', 450));
    expect(late.generator).toMatchObject({ valid: false, startLagP99Ms: 450 });
    expect(late.generator.notes).toEqual(late.run.reasons);
    expect(late.run.exitCode).toBe(96);
    const lost = summarize(() => {}, {}, { causes: [{ exitCode: 96, reason: 'worker 1 was lost' }] });
    expect(lost.generator).toMatchObject({ valid: false, startLagP99Ms: null, notes: ['worker 1 was lost'] });
  });

  it('is plain data: it survives JSON as it is', () => {
    const summary = summarize((aggregate) => {
      aggregate.add('http_reqs', 1, { method: 'GET', name: '/' });
      aggregate.add('http_req_duration', 1, { method: 'GET', name: '/' });
    });
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it('of a run that never started is complete all the same', () => {
    const causes = [{ exitCode: 100, reason: 'setup took longer than 60s' }] as const;
    const summary = summarize(
      () => {},
      {},
      { judgement: undefined, causes, decision: decideVerdict(causes) },
    );
    expect(summary).toMatchObject({
      run: { verdict: 'error', exitCode: 100 },
      metrics: {},
      checks: [],
      requests: [],
    });
  });
});

describe('request rows', () => {
  it('merge statuses, count failures, and tell the busiest first', () => {
    const aggregate = new FakeAggregate();
    aggregate.durationMs = 10_000;
    const request = (method: string, path: string, status: number, ms: number | undefined) => {
      const tags = { method, name: `http://127.0.0.1:3000${path}`, status: String(status), scenario: 'buy' };
      aggregate.add('http_reqs', 1, tags);
      aggregate.add('http_req_failed', status >= 200 && status < 400 ? 0 : 1, tags);
      if (ms !== undefined) aggregate.add('http_req_duration', ms, tags);
    };
    request('POST', '/cart', 201, 30);
    for (let i = 1; i <= 98; i++) request('GET', '/products', 200, i);
    request('GET', '/products', 500, 99);
    request('GET', '/products', 404, 100);
    request('GET', '/zone', 0, undefined);
    expect(requestRows(aggregate)).toEqual([
      {
        method: 'GET',
        name: '/products',
        count: 100,
        rate: 10,
        failed: 2,
        duration: { p50: 50, p95: 95, p99: 99, max: 100 },
      },
      {
        method: 'POST',
        name: '/cart',
        count: 1,
        rate: 0.1,
        failed: 0,
        duration: { p50: 30, p95: 30, p99: 30, max: 30 },
      },
      { method: 'GET', name: '/zone', count: 1, rate: 0.1, failed: 1, duration: null },
    ]);
  });

  it.each<[string, string[], string[]]>([
    ['nothing', [], []],
    ['one host', ['http://h:1/a', 'http://h:1/b?c=d'], ['/a', '/b?c=d']],
    ['no path', ['http://h', 'http://h?a=b'], ['/', '/?a=b']],
    ['upper case', ['HTTP://H/a', 'http://h/b'], ['/a', '/b']],
    ['other schemes', ['ws://h/a', 'http://h/a'], ['ws://h/a', 'http://h/a']],
    ['two hosts', ['http://h/a', 'http://i/a'], ['http://h/a', 'http://i/a']],
    ['names beside', ['http://h/a', 'search', '/b'], ['/a', 'search', '/b']],
    ['a name that is a path already', ['http://h/a', '/a', 'http://h/b'], ['http://h/a', '/a', '/b']],
    ['no URL at all', ['a', 'b'], ['a', 'b']],
    ['a base URL as a value', [`${ANY}/a`, `${ANY}/b/${ANY}`], ['/a', `/b/${ANY}`]],
    ['a base URL as a value beside one host', [`${ANY}/a`, 'http://h/b'], ['/a', '/b']],
    [
      'the same path in both ways',
      [`${ANY}/a`, 'http://h/a', 'http://h/b'],
      [`${ANY}/a`, 'http://h/a', '/b'],
    ],
    ['a value at the start of something else', [`${ANY}.json`, 'a'], [`${ANY}.json`, 'a']],
    ['braces', ['https://h/items/{id}'], ['/items/{id}']],
  ])('shorten names: %s', (_title, names, expected) => {
    expect(shortenNames(names.map((name) => ({ method: 'GET', name }))).map((row) => row.name)).toEqual(
      expected,
    );
  });
});

describe('scenarioSummaries', () => {
  it('reads the counters that all threads share', () => {
    const control = createControlMemory(2);
    const second = new ScenarioControl(control, 1);
    second.add('started', 105);
    second.add('complete', 100);
    second.add('failed', 2);
    second.add('dropped', 4);
    const plan = {
      scenarios: [
        { name: 'a', executor: 'burst', index: 0 },
        { name: 'b', executor: 'constant-vus', index: 1 },
      ],
    } as unknown as RunPlan;
    expect(scenarioSummaries(plan, control)).toEqual({
      a: { executor: 'burst', iterations: 0, failed: 0, interrupted: 0, dropped: 0 },
      b: { executor: 'constant-vus', iterations: 100, failed: 2, interrupted: 3, dropped: 4 },
    });
  });
});

describe('plainOptions', () => {
  it('has the names that users write, durations in ms, and no environment', () => {
    const plain = plainOptions({
      ...OPTIONS,
      thresholds: [
        threshold('checks', 'rate>0.9'),
        { ...threshold('checks', 'rate>0.5'), abortOnFail: true, delayAbortEvalMs: 5000 },
      ],
      httpDebug: 'heads',
    });
    expect(plain).toMatchObject({
      scenarios: {
        buy: { executor: 'constant-vus', vus: 5, duration: 10_000, gracefulStop: 30_000, startTime: 0 },
        look: {
          executor: 'ramping-arrival-rate',
          startRate: 1,
          timeUnit: 1000,
          stages: [{ duration: 5000, target: 10 }],
          arrivals: 'poisson',
          whenBusy: 'queue',
          preAllocatedVUs: 2,
          maxVUs: 4,
        },
      },
      thresholds: {
        checks: [
          'rate>0.9',
          { threshold: 'rate>0.5', abortOnFail: true, delayAbortEval: 5000, noData: 'fail' },
        ],
      },
      validity: { maxStartLag: 100 },
      seed: 7,
      httpDebug: true,
    });
    expect(JSON.stringify(plain)).not.toContain('hush');
    expect(JSON.stringify(plain)).not.toMatch(/\w+Ms"/);
  });
});
