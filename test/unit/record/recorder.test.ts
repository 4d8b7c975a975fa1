import { expect, test } from 'vitest';
import { M, type MetricDef } from '../../../dsl/metrics.ts';
import { OTHER_ERRORS, RecorderErrors } from '../../../workers/record/errors.ts';
import { type RecorderOptions, ThreadRecorder } from '../../../workers/record/recorder.ts';
import { decodeSnapshot } from '../../../workers/record/snapshot.ts';
import type { TagNode } from '../../../workers/record/tags.ts';
import type { Snapshot } from '../../../workers/record/types.ts';

class Recording {
  readonly recorder: ThreadRecorder;
  #seq = 0;

  constructor(options: RecorderOptions = {}) {
    this.recorder = new ThreadRecorder({ now: () => 0, ...options });
  }

  tags(tags: Record<string, string>): TagNode {
    return Object.entries(tags).reduce((set, [key, value]) => set.with(key, value), this.recorder.root);
  }

  add(metric: number, value: number, tags: Record<string, string> = {}): void {
    this.recorder.series(metric, this.tags(tags)).add(value);
  }

  flush(): Snapshot {
    this.#seq++;
    return decodeSnapshot(this.recorder.flush('w0', this.#seq, (this.#seq - 1) * 1000, this.#seq * 1000));
  }
}

const custom = (name: string, type: MetricDef['type'], unit: MetricDef['unit'] = 'none'): MetricDef => ({
  name,
  type,
  unit,
  digits: 3,
  split: 'system',
  custom: true,
});

test('a series is the same object each time', () => {
  const { recorder } = new Recording();
  const tags = recorder.root.with('status', '200');
  expect(recorder.series(M.http_reqs, tags)).toBe(recorder.series(M.http_reqs, tags));
  expect(recorder.series(M.http_reqs, tags)).not.toBe(recorder.series(M.http_req_failed, tags));
});

test('a flush holds what changed since the last one, definitions only once', () => {
  const run = new Recording();
  run.add(M.http_reqs, 2);
  run.add(M.checks, 1, { check: 'ok' });
  run.add(M.checks, 0, { check: 'ok' });
  const first = run.flush();
  expect(first.metrics.map((def) => def.name)).toEqual(['http_reqs', 'checks']);
  expect(first.series).toEqual([
    { id: 0, metric: 'http_reqs', tags: [] },
    { id: 1, metric: 'checks', tags: [['check', 'ok']] },
  ]);
  expect(first.deltas).toEqual([
    { id: 0, type: 'counter', sum: 2, count: 1 },
    { id: 1, type: 'rate', passes: 1, fails: 1 },
  ]);
  run.add(M.http_reqs, 5);
  const second = run.flush();
  expect([second.metrics, second.series]).toEqual([[], []]);
  expect(second.deltas).toEqual([{ id: 0, type: 'counter', sum: 5, count: 1 }]);
  expect(run.flush().deltas).toEqual([]);
  expect([first.seq, second.seq, second.fromMs, second.toMs]).toEqual([1, 2, 1000, 2000]);
});

test('trends carry exact moments and buckets, and start anew after a flush', () => {
  const run = new Recording();
  for (const ms of [1, 2, 2]) run.add(M.http_req_duration, ms);
  expect(run.flush().deltas).toEqual([
    {
      id: 0,
      type: 'trend',
      count: 3,
      sum: 5,
      sumOfSquares: 9,
      min: 1,
      max: 2,
      buckets: new Uint32Array([1000, 1, 2000, 2]),
    },
  ]);
  run.add(M.http_req_duration, 7);
  expect(run.flush().deltas).toMatchObject([{ count: 1, sum: 7, min: 7, max: 7 }]);
});

test('gauges carry the last value, the extremes and the time in the run', () => {
  let now = 50_000;
  const run = new Recording({ now: () => now });
  for (const value of [5, 9, 2]) run.add(M.vus, value);
  // Flushed at 1,000 ms of the run, 250 ms after the last value.
  now += 250;
  expect(run.flush().deltas).toEqual([{ id: 0, type: 'gauge', value: 2, min: 2, max: 9, atMs: 750 }]);
  now += 1000;
  run.add(M.vus, 3);
  expect(run.flush().deltas).toEqual([{ id: 0, type: 'gauge', value: 3, min: 3, max: 3, atMs: 2000 }]);
});

test('what is no number is left out, with one warning per metric', () => {
  const run = new Recording();
  for (const metric of [M.http_req_duration, M.http_reqs, M.checks, M.vus]) {
    run.add(metric, Number.NaN);
    run.add(metric, Number.NaN);
  }
  run.add(M.http_req_duration, Number.POSITIVE_INFINITY);
  run.add(M.http_req_duration, -1);
  const snapshot = run.flush();
  expect(snapshot.deltas).toMatchObject([{ type: 'trend', count: 1, sum: -1, min: -1, max: -1 }]);
  expect(snapshot.warnings).toEqual([
    'http_req_duration: values that are not finite numbers were ignored',
    'http_reqs: values that are not finite numbers were ignored',
    'checks: values that are not finite numbers were ignored',
    'vus: values that are not finite numbers were ignored',
    'http_req_duration: percentiles count negative values as 0',
  ]);
  run.add(M.http_reqs, Number.NaN);
  expect(run.flush().warnings).toEqual([]);
});

test('metrics that are split by scenario share a series over the other tags', () => {
  const run = new Recording();
  run.add(M.data_sent, 1, { scenario: 'a', name: '/x', status: '200' });
  run.add(M.data_sent, 2, { scenario: 'a', name: '/y', group: '::g' });
  run.add(M.data_sent, 4, { scenario: 'b', group: '::setup::login' });
  const { series, deltas } = run.flush();
  expect(series.map(({ tags }) => Object.fromEntries(tags))).toEqual([
    { scenario: 'a' },
    { scenario: 'b', group: '::setup::login' },
  ]);
  expect(deltas).toMatchObject([{ sum: 3 }, { sum: 4 }]);
});

test('selected tags split the metrics that they were selected for', () => {
  const run = new Recording();
  run.recorder.select({ everywhere: ['region'], byMetric: { iterations: ['kind'] } });
  const tags = { region: 'eu', kind: 'k', user: 'u', status: '200' };
  run.add(M.iterations, 1, tags);
  run.add(M.data_sent, 1, tags);
  run.add(M.http_reqs, 1, tags);
  expect(run.flush().series.map((def) => [def.metric, Object.fromEntries(def.tags)])).toEqual([
    ['iterations', { region: 'eu', kind: 'k' }],
    ['data_sent', { region: 'eu' }],
    ['http_reqs', { region: 'eu', status: '200' }],
  ]);
});

test('a selection after the first series loses no sample', () => {
  const run = new Recording();
  const tags = run.recorder.root.with('status', '200');
  run.recorder.series(M.http_reqs, tags).add(1);
  run.recorder.select({ everywhere: ['region'], byMetric: {} });
  run.recorder.series(M.http_reqs, tags).add(2);
  run.recorder.series(M.http_reqs, tags.with('region', 'eu')).add(4);
  const sums = run.flush().deltas.map((delta) => (delta.type === 'counter' ? delta.sum : Number.NaN));
  expect(sums).toEqual([1, 2, 4]);
});

test('a key of `byMetric` that Object has too is no selection', () => {
  const run = new Recording();
  const metric = run.recorder.declare(custom('constructor', 'counter'));
  run.add(metric, 1, { status: '1' });
  expect(run.flush().series).toEqual([{ id: 0, metric: 'constructor', tags: [['status', '1']] }]);
});

test('custom metrics: the same again is the same, another type or unit or a bad name is refused', () => {
  const { recorder } = new Recording();
  const id = recorder.declare(custom('tokens', 'counter'));
  expect(recorder.declare(custom('tokens', 'counter'))).toBe(id);
  expect(recorder.customMetrics()).toEqual([custom('tokens', 'counter')]);
  expect(() => recorder.declare(custom('tokens', 'trend'))).toThrow(
    "the metric 'tokens' cannot be a trend (none): it is declared before as a counter (none)",
  );
  expect(() => recorder.declare(custom('tokens', 'counter', 'ms'))).toThrow(/cannot be a counter \(ms\)/);
  expect(() => recorder.declare(custom('http_reqs', 'trend'))).toThrow(/built into Brunt as a counter/);
  expect(() => recorder.declare(custom('9 lives', 'counter'))).toThrow(/'9 lives' is no name for a metric/);
  expect(() => recorder.series(4711, recorder.root)).toThrow(RangeError);
});

test('past the cap on series, values go to the totals of their scenario, and totals stay true', () => {
  const run = new Recording({ maxSeries: 10 });
  for (let i = 0; i < 100; i++) run.add(M.http_reqs, 1, { scenario: 's', name: `n${i}`, method: 'GET' });
  run.add(M.http_reqs, 1, { scenario: 's', group: '::setup', name: 'late' });
  const { series, deltas, warnings } = run.flush();
  expect(series).toHaveLength(12);
  const others = series.slice(10).map(({ tags }) => Object.fromEntries(tags));
  expect(others).toEqual([
    { name: '(other)', scenario: 's' },
    { group: '::setup', name: '(other)', scenario: 's' },
  ]);
  expect(deltas.reduce((sum, delta) => sum + (delta.type === 'counter' ? delta.sum : 0), 0)).toBe(101);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('more than 10 series');
});

test('`pending` tells whether there is something to flush', () => {
  const run = new Recording();
  expect(run.recorder.pending).toBe(false);
  run.recorder.errors.count('GET /', 0, 'x');
  expect(run.recorder.pending).toBe(true);
  run.flush();
  expect(run.recorder.pending).toBe(false);
  run.add(M.http_reqs, 1);
  expect(run.recorder.pending).toBe(true);
});

test('errors: grouped, with the stack of the first, as deltas', () => {
  const errors = new RecorderErrors();
  errors.count('GET /', 1220, 'reset', 'at a.ts:1');
  errors.count('GET /', 1220, 'reset', 'at a.ts:2');
  errors.count('GET /', 1221, 'reset');
  expect(errors.drain()).toEqual([
    { label: 'GET /', code: 1220, message: 'reset', stack: 'at a.ts:1', count: 2 },
    { label: 'GET /', code: 1221, message: 'reset', count: 1 },
  ]);
  errors.count('GET /', 1220, 'reset');
  expect(errors.drain()).toEqual([{ label: 'GET /', code: 1220, message: 'reset', count: 1 }]);
  expect(errors.drain()).toEqual([]);
});

test('errors: past the cap on groups the rest is one group; long messages are cut', () => {
  const errors = new RecorderErrors(3);
  for (let i = 0; i < 10; i++) errors.count('GET /', 0, `user ${i} not found`);
  errors.count('GET /', 0, 'user 0 not found');
  const groups = errors.drain();
  expect(groups.map(({ label, count }) => [label, count])).toEqual([
    ['GET /', 2],
    ['GET /', 1],
    ['GET /', 1],
    [OTHER_ERRORS, 7],
  ]);
  const long = new RecorderErrors();
  long.count('GET /', 0, 'x'.repeat(100_000));
  expect(long.drain()[0]?.message.length).toBeLessThan(1100);
});
