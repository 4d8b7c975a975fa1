import { expect, test } from 'vitest';
import { BUILTIN_METRICS, M } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { busyBetween, generatorLimit, vuLimit } from '../../../runner/capacity/advice.ts';
import { ProbeMeasures, withProbes } from '../../../runner/capacity/measures.ts';
import { OwnGaugeRecorder } from '../../../runner/run/own-gauges.ts';
import type { ThresholdRule } from '../../../runner/thresholds/rule.ts';
import { validateThresholds } from '../../../runner/thresholds/validate.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';

const { rules } = validateThresholds(
  [
    ['iteration_response_time', 'p(50)<100'],
    ['http_reqs', 'rate>1'],
    ['http_req_failed{name:GET /a}', 'rate<0.5'],
    ['ws_msgs_received', 'count>=0'],
  ].map(([metric, threshold]) => ({
    metric: metric as string,
    threshold: threshold as string,
    abortOnFail: false,
    delayAbortEvalMs: 0,
    noData: 'fail' as const,
  })),
  [],
  ['limit', 'other'],
);

const selection = withProbes(
  { everywhere: ['team'], byMetric: { checks: ['region'] } },
  new Map([['limit', rules]]),
);

/** Two workers of a run that has had two probes, merged. */
function merged() {
  const aggregate = createAggregate(BUILTIN_METRICS);
  for (const source of ['w0', 'w1']) {
    const recorder = new ThreadRecorder();
    recorder.select(selection);
    for (const [scenario, probe, ms] of [
      ['limit', '', 1],
      ['limit', '1', 10],
      ['limit', '2', 20],
      ['other', '', 1000],
    ] as const) {
      const tags = recorder.root.with('scenario', scenario).with('probe', probe);
      for (let n = 0; n < 50; n++) {
        recorder.series(M.iteration_response_time, tags).add(ms);
        recorder.series(M.iteration_start_lag, tags).add(3);
        recorder.series(M.iteration_duration, tags).add(1);
        recorder.series(M.generator_start_lag, tags).add(ms);
        recorder.series(M.http_reqs, tags.with('name', 'GET /a')).add(1);
        recorder.series(M.http_req_failed, tags.with('name', 'GET /a')).add(n % 2);
        recorder.series(M.http_req_failed, tags.with('name', 'GET /b')).add(1);
      }
    }
    aggregate.apply(recorder.flush(source, 1, 0, 1000));
  }
  return aggregate;
}

test('only metrics that are asked for by probe are split by it', () => {
  expect(selection.everywhere).toEqual(['team']);
  expect(selection.byMetric.checks).toEqual(['region']);
  expect(selection.byMetric.iteration_response_time).toEqual(['scenario', 'probe']);
  expect(selection.byMetric.http_reqs).toEqual(['scenario', 'probe']);
  expect(selection.byMetric).not.toHaveProperty('http_req_duration');
});

test('without capacity scenarios nothing is split', () => {
  const plain = { everywhere: [], byMetric: {} };
  expect(withProbes(plain, new Map())).toBe(plain);
});

test('a probe is measured by itself, over all workers', () => {
  const aggregate = merged();
  const probe = new ProbeMeasures(aggregate, 'limit', 2, 5000);
  expect(probe.state('iteration_response_time').samples).toBe(100);
  expect(probe.state('iteration_response_time').stat('max')).toBe(20);
  const values = rules.map((rule) => {
    const { value, samples } = probe.measure(rule);
    return [value, samples];
  });
  // 100 requests in a window of 5 s are 20/s; nobody counted WebSocket messages, so there were none.
  expect(values).toEqual([
    [expect.closeTo(20, 1), 100],
    [20, 100],
    [0.5, 100],
    [0, 0],
  ]);
  expect(new ProbeMeasures(aggregate, 'limit', 3, 5000).measure(rules[0]!).value).toBeUndefined();
});

test('the whole metric holds all probes and the warm-up', () => {
  const whole = merged().track({ metric: 'iteration_response_time', tags: [['scenario', 'limit']] });
  expect(whole.samples).toBe(300);
});

test('a gauge of the main thread is there for thresholds and as a whole', () => {
  const aggregate = merged();
  const own = new OwnGaugeRecorder((bytes) => aggregate.apply(bytes));
  own.gauge('capacity_rate', [['scenario', 'limit']], 400, 800);
  own.gauge('capacity_rate', [['scenario', 'limit']], 436, 900);
  expect(aggregate.track({ metric: 'capacity_rate', tags: [] }).stat('value')).toBe(436);
  expect(aggregate.track({ metric: 'capacity_rate', tags: [['scenario', 'limit']] }).stat('value')).toBe(436);
  expect(aggregate.track({ metric: 'capacity_rate', tags: [['scenario', 'other']] }).samples).toBe(0);
  expect(aggregate.metrics().map((state) => state.def.name)).toContain('capacity_rate');
});

test('seconds that lie in a window tell how busy the generator was', () => {
  const course = [0.1, 0.9, 0.7, 0.2].map((value, i) => ({ atMs: 1000 * (i + 1), value }));
  expect(busyBetween(course, 1000, 3000)).toBeCloseTo(0.8);
  expect(busyBetween(course, 1400, 2600)).toBeCloseTo(0.8);
  expect(busyBetween(course, 9000, 9900)).toBe(0);
});

test('the generator was the limit where it started late or had no time left', () => {
  const probe = new ProbeMeasures(merged(), 'limit', 2, 5000);
  const window = { from: { atMs: 0, ended: 0 }, to: { atMs: 2000, ended: 9 } };
  const limit = (maxStartLagMs: number, share: number, of: readonly ThresholdRule[] = rules) =>
    generatorLimit(
      { maxStartLagMs, workers: 2, rules: of, busy: [{ atMs: 1000, value: share }] },
      probe,
      window,
      400,
    );
  expect(limit(100, 0.9)).toBeUndefined();
  expect(limit(100, 0.97)).toMatch(/at 400\/s .* its event loops were 97 % busy.*there were 2/);
  expect(limit(10, 0.5)).toMatch(/start lag p99 20 ms/);
  // 20 ms are a fifth of 100 ms, which is allowed, but more than a fifth of 99 ms.
  const tight = { ...(rules[0] as ThresholdRule), limit: 99 };
  expect(limit(100, 0.5, [tight])).toMatch(/start lag p\(50\) 20 ms, with 99 ms allowed/);
  expect(limit(100, 0.5, [{ ...tight, operator: '>' }])).toBeUndefined();
});

test('VUs were the limit where all are made and most of the time was a wait for one', () => {
  const probe = new ProbeMeasures(merged(), 'limit', 2, 5000);
  expect(vuLimit(probe, { made: 10, most: 10 }, 400)).toMatch(/more than 10 at once, raise maxVUs/);
  expect(vuLimit(probe, { made: 9, most: 10 }, 400)).toBeUndefined();
});
