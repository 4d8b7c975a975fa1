import { describe, expect, it } from 'vitest';
import type { ResolvedThreshold } from '../../../dsl/options.ts';
import { withBuiltinRules } from '../../../runner/thresholds/builtin.ts';
import { tagSelection, validateBreakdown, validateThresholds } from '../../../runner/thresholds/validate.ts';
import { custom } from './fake-aggregate.ts';

const threshold = (
  metric: string,
  text: string,
  more: Partial<ResolvedThreshold> = {},
): ResolvedThreshold => ({
  metric,
  threshold: text,
  abortOnFail: false,
  delayAbortEvalMs: 0,
  noData: 'fail',
  ...more,
});

const SCENARIOS = ['checkout', 'search'];

function check(metric: string, text = 'count<10') {
  return validateThresholds([threshold(metric, text)], [custom('cart_time', 'trend', 'ms')], SCENARIOS);
}

describe('validateThresholds', () => {
  it('gives one rule per threshold, with the canonical name as its key', () => {
    const { rules, problems } = validateThresholds(
      [
        threshold('http_req_duration', ' p(95)<400 ', { abortOnFail: true, delayAbortEvalMs: 5000 }),
        threshold('http_req_duration{ scenario:"checkout" }', 'p(99)<0.5s over 30s', { noData: 'pass' }),
        threshold('cart_time', 'avg<1s'),
      ],
      [custom('cart_time', 'trend', 'ms')],
      SCENARIOS,
    );
    expect(problems).toEqual([]);
    expect(rules.map((r) => [r.index, r.metric, r.threshold, r.limit, r.windowMs])).toEqual([
      [0, 'http_req_duration', 'p(95)<400', 400, undefined],
      [1, 'http_req_duration{scenario:checkout}', 'p(99)<0.5s over 30s', 500, 30_000],
      [2, 'cart_time', 'avg<1s', 1000, undefined],
    ]);
    expect(rules[0]).toMatchObject({
      abortOnFail: true,
      delayAbortEvalMs: 5000,
      noData: 'fail',
      builtin: false,
    });
    expect(rules[1]).toMatchObject({ noData: 'pass', selector: { tags: [['scenario', 'checkout']] } });
  });

  it.each<[string, RegExp, RegExp | undefined, string]>([
    [
      'http_req_durations',
      /no metric `http_req_durations`.*cart_time/,
      /`http_req_duration`/,
      'http_req_durations',
    ],
    ['http_req{status:500}', /no metric/, /`http_reqs\{status:500\}`/, 'http_req'],
    ['HTTP_REQS', /no metric/, /`http_reqs`/, 'HTTP_REQS'],
    ['cart_tiem', /no metric/, /`cart_time`/, 'cart_tiem'],
    ['zebra', /no metric/, undefined, 'zebra'],
    [
      'http_reqs{scenario:chekout}',
      /no scenario `chekout`; there are checkout, search/,
      /scenario:checkout/,
      'chekout',
    ],
    ['http_reqs{scenario:x}', /no scenario `x`/, undefined, 'x'],
    ['http_reqs{url:http://h/a}', /raw sample outputs only/, /http_reqs\{name:…\}/, 'http://h/a'],
    ['http_reqs{a', /not closed/, /scenario:checkout,status:200/, '{a'],
  ])('refuses %s', (metric, message, hint, place) => {
    const { rules, problems } = check(metric);
    expect(rules).toEqual([]);
    expect(problems).toHaveLength(1);
    const [problem] = problems;
    expect(problem).toMatchObject({ index: 0, part: 'metric' });
    expect(problem?.message).toMatch(message);
    if (hint === undefined) expect(problem?.hint).toBeUndefined();
    else expect(problem?.hint).toMatch(hint);
    expect(metric.slice(problem?.offset, problem!.offset + problem!.length)).toBe(place);
  });

  it('reports all problems at once, each with its place', () => {
    const { rules, problems } = validateThresholds(
      [
        threshold('http_reqs', 'p(95)<400'),
        threshold('http_req_duration', 'p(95)<400'),
        threshold('nothing_like_it', 'p(95)=400'),
        threshold('nothing_like_it', 'p(95)<400'),
        threshold('checks{scenario:none}', 'rate>99'),
      ],
      [],
      SCENARIOS,
    );
    expect(rules.map((r) => r.index)).toEqual([1]);
    expect(problems.map((p) => [p.index, p.part, p.offset])).toEqual([
      [0, 'threshold', 0],
      [2, 'metric', 0],
      [2, 'threshold', 5],
      [4, 'metric', 16],
      [4, 'threshold', 5],
    ]);
  });
});

describe('breakdown', () => {
  it('is split into tag keys and sub-metrics', () => {
    const { keys, selectors, problems } = validateBreakdown(
      ['region', ' tier ', 'region', 'http_reqs{ region:eu }'],
      [],
      SCENARIOS,
    );
    expect(problems).toEqual([]);
    expect(keys).toEqual(['region', 'tier']);
    expect(selectors).toEqual([{ metric: 'http_reqs', tags: [['region', 'eu']] }]);
  });

  it.each<[string, RegExp]>([
    ['', /neither/],
    ['a b', /neither/],
    ['region:eu', /neither/],
    ['http_reqs', /reported anyway/],
    ['http_rqs{a:1}', /no metric/],
    ['http_reqs{scenario:none}', /no scenario/],
  ])('refuses "%s"', (entry, message) => {
    const { problems } = validateBreakdown(['ok', entry], [], SCENARIOS);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ index: 1, part: 'breakdown' });
    expect(problems[0]?.message).toMatch(message);
  });

  it('names with thresholds the tags that make series', () => {
    const { rules } = validateThresholds(
      [
        threshold('http_req_duration{region:eu,status:200}', 'p(95)<400'),
        threshold('http_req_duration{tier:gold}', 'p(95)<400'),
        threshold('http_reqs', 'count>1'),
      ],
      [],
      SCENARIOS,
    );
    expect(tagSelection(rules, ['shard', 'http_reqs{zone:a}', 'http_reqs{'])).toEqual({
      everywhere: ['shard'],
      byMetric: { http_req_duration: ['region', 'status', 'tier'], http_reqs: ['zone'] },
    });
  });
});

describe('the built-in rule on thrown iterations', () => {
  it.each<[string, string[], string[]]>([
    ['holds without thresholds', [], ['iteration_errors']],
    ['holds beside other thresholds', ['http_reqs'], ['iteration_errors']],
    ['gives way to a threshold on the metric', ['iteration_errors'], []],
    [
      'holds for the scenarios that have none',
      ['iteration_errors{scenario:search}'],
      ['iteration_errors{scenario:checkout}'],
    ],
    [
      'gives way to one threshold per scenario',
      ['iteration_errors{scenario:search}', 'iteration_errors{scenario:checkout}'],
      [],
    ],
    ['holds where another part is named', ['iteration_errors{tier:gold}'], ['iteration_errors']],
  ])('%s', (_title, metrics, expected) => {
    const { rules } = validateThresholds(
      metrics.map((metric) => threshold(metric, 'count<10')),
      [],
      SCENARIOS,
    );
    const added = withBuiltinRules(rules, SCENARIOS).slice(rules.length);
    expect(added.map((rule) => rule.metric)).toEqual(expected);
    for (const rule of added)
      expect(rule).toMatchObject({ builtin: true, operator: '==', limit: 0, noData: 'pass' });
  });
});
