import { expect, test } from 'vitest';
import { BUILTIN_METRICS, M, type MetricDef } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import type { Aggregate } from '../../../runner/aggregate/types.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { decodeSnapshot, encodeSnapshot } from '../../../workers/record/snapshot.ts';

const NOW = () => 0;

function aggregate(...more: MetricDef[]): Aggregate {
  return createAggregate([...BUILTIN_METRICS, ...more]);
}

function custom(name: string, type: MetricDef['type'], unit: MetricDef['unit'] = 'none'): MetricDef {
  return { name, type, unit, digits: 3, split: 'system', custom: true };
}

/** A recorder that flushes second after second into an aggregate. */
class Worker {
  readonly recorder = new ThreadRecorder({ now: NOW });
  readonly #into: Aggregate;
  readonly #source: string;
  #second = 0;

  constructor(source: string, into: Aggregate, second = 0) {
    this.#source = source;
    this.#into = into;
    this.#second = second;
  }

  add(metric: number, value: number, tags: Record<string, string> = {}): void {
    let set = this.recorder.root;
    for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
    this.recorder.series(metric, set).add(value);
  }

  /** Ends a second; returns the bytes. */
  tick(): ArrayBuffer {
    const seq = this.#second + 1;
    const bytes = this.recorder.flush(this.#source, seq, this.#second * 1000, seq * 1000);
    this.#second = seq;
    this.#into.apply(bytes);
    return bytes;
  }
}

test('counters, rates and trends of several workers add up', () => {
  const all = aggregate();
  const workers = [new Worker('w0', all), new Worker('w1', all)];
  for (const [i, worker] of workers.entries()) {
    worker.add(M.http_reqs, 3);
    worker.add(M.http_req_failed, i);
    for (let ms = 1; ms <= 10; ms++) worker.add(M.http_req_duration, ms + 10 * i);
    worker.tick();
  }
  all.durationMs = 2000;
  const by = Object.fromEntries(all.metrics().map((metric) => [metric.def.name, metric]));
  expect(Object.keys(by)).toEqual(['http_reqs', 'http_req_duration', 'http_req_failed']);
  expect(by.http_reqs?.stat('count')).toBe(6);
  expect(by.http_reqs?.stat('rate')).toBe(3);
  expect(by.http_reqs?.samples).toBe(2);
  expect(by.http_req_failed?.stat('rate')).toBe(0.5);
  expect(by.http_req_failed?.stat('passes')).toBe(1);
  expect(by.http_req_failed?.stat('fails')).toBe(1);
  const duration = by.http_req_duration;
  expect(duration?.stat('count')).toBe(20);
  expect(duration?.stat('min')).toBe(1);
  expect(duration?.stat('max')).toBe(20);
  expect(duration?.stat('avg')).toBe(10.5);
  expect(duration?.stat('sum')).toBe(210);
  expect(duration?.stat('med')).toBeCloseTo(10, 1);
  expect(duration?.stat('p(95)')).toBeCloseTo(19, 1);
  expect(duration?.stat('stdev')).toBeCloseTo(Math.sqrt((400 - 1) / 12), 9);
});

test('a statistic that does not fit the type, or no data, is undefined', () => {
  const all = aggregate();
  const worker = new Worker('w0', all);
  worker.add(M.http_reqs, 1);
  worker.add(M.http_req_duration, 1);
  worker.add(M.http_req_failed, 0);
  worker.add(M.vus, 1);
  worker.tick();
  const stat = (metric: string, name: string) => all.track({ metric, tags: [] }).stat(name);
  expect(stat('http_reqs', 'p(95)')).toBeUndefined();
  expect(stat('http_req_duration', 'rate')).toBeUndefined();
  expect(stat('http_req_duration', 'p(101)')).toBeUndefined();
  expect(stat('http_req_duration', 'p(x)')).toBeUndefined();
  expect(stat('http_req_failed', 'avg')).toBeUndefined();
  expect(stat('vus', 'avg')).toBeUndefined();
  expect(stat('iterations', 'count')).toBeUndefined();
  expect(stat('never_declared', 'count')).toBeUndefined();
  expect(all.track({ metric: 'never_declared', tags: [] }).samples).toBe(0);
});

test('a snapshot that comes twice, or late after a later one, changes nothing', () => {
  const all = aggregate();
  const worker = new Worker('w0', all);
  worker.add(M.http_reqs, 1);
  const first = worker.tick();
  worker.add(M.http_reqs, 1);
  worker.tick();
  all.apply(first);
  expect(all.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(2);
  expect(all.warnings()).toEqual([]);
});

test('a lost snapshot is told', () => {
  const all = aggregate();
  const recorder = new ThreadRecorder({ now: NOW });
  all.apply(recorder.flush('w0', 1, 0, 1000));
  all.apply(recorder.flush('w0', 3, 2000, 3000));
  expect(all.warnings()).toEqual(['measurements of w0 are missing: a snapshot was lost']);
});

test('a snapshot with an unannounced series is refused as a whole', () => {
  const all = aggregate();
  const worker = new Worker('w0', aggregate());
  worker.add(M.http_reqs, 5);
  const announced = decodeSnapshot(worker.tick());
  const broken = encodeSnapshot({
    ...announced,
    deltas: [...announced.deltas, { id: 99, type: 'counter', sum: 1, count: 1 }],
  });
  expect(() => all.apply(broken)).toThrow(/never announced its series 99/);
  expect(all.metrics()).toEqual([]);
  all.apply(encodeSnapshot(announced));
  expect(all.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(5);
});

test('a selector counts the series that carry all its tags, in any order', () => {
  const all = aggregate();
  const both = all.track({
    metric: 'http_reqs',
    tags: [
      ['status', '200'],
      ['scenario', 'buy'],
    ],
  });
  const same = all.track({
    metric: 'http_reqs',
    tags: [
      ['scenario', 'buy'],
      ['status', '200'],
    ],
  });
  expect(same).toBe(both);
  const untagged = all.track({ metric: 'http_reqs', tags: [['scenario', '']] });
  const worker = new Worker('w0', all);
  worker.add(M.http_reqs, 1, { scenario: 'buy', status: '200', method: 'GET' });
  worker.add(M.http_reqs, 10, { scenario: 'buy', status: '500' });
  worker.add(M.http_reqs, 100, { scenario: 'see', status: '200' });
  worker.add(M.http_reqs, 1000);
  worker.tick();
  expect(both.stat('count')).toBe(1);
  expect(untagged.stat('count')).toBe(1000);
  expect(all.track({ metric: 'http_reqs', tags: [] }).stat('count')).toBe(1111);
});

test('setup and teardown count only for selectors that name their group', () => {
  const all = aggregate();
  const whole = all.track({ metric: 'http_reqs', tags: [] });
  const ok = all.track({ metric: 'http_reqs', tags: [['status', '200']] });
  const setup = all.track({ metric: 'http_reqs', tags: [['group', '::setup']] });
  const inner = all.track({ metric: 'http_reqs', tags: [['group', '::setup::login']] });
  const data = all.track({ metric: 'data_sent', tags: [] });
  const setupData = all.track({ metric: 'data_sent', tags: [['group', '::setup']] });
  const worker = new Worker('w0', all);
  worker.add(M.http_reqs, 1, { status: '200' });
  worker.add(M.http_reqs, 10, { status: '200', group: '::setup' });
  worker.add(M.http_reqs, 100, { status: '200', group: '::setup::login' });
  worker.add(M.http_reqs, 1000, { status: '200', group: '::teardown' });
  worker.add(M.http_reqs, 10_000, { status: '200', group: '::setups' });
  worker.add(M.data_sent, 1, { group: '::buy' });
  worker.add(M.data_sent, 10, { group: '::setup' });
  worker.tick();
  expect(whole.stat('count')).toBe(10_001);
  expect(ok.stat('count')).toBe(10_001);
  expect(setup.stat('count')).toBe(10);
  expect(inner.stat('count')).toBe(100);
  expect(data.stat('count')).toBe(1);
  expect(setupData.stat('count')).toBe(10);
  expect([...all.series('http_reqs')].map((series) => series.stat('count'))).toEqual([1, 10_000]);
});

test('series are merged over workers, and grouped by the tags that are asked for', () => {
  const all = aggregate();
  for (const name of ['w0', 'w1']) {
    const worker = new Worker(name, all);
    for (const status of ['200', '500']) {
      worker.add(M.http_req_duration, status === '200' ? 10 : 1000, { name: '/a', method: 'GET', status });
    }
    worker.add(M.http_req_duration, 5, { method: 'GET' });
    worker.tick();
  }
  expect([...all.series('http_req_duration')]).toHaveLength(3);
  const [a, none, ...rest] = all.grouped('http_req_duration', ['method', 'name']);
  expect(rest).toEqual([]);
  expect(Object.fromEntries(a?.tags ?? [])).toEqual({ method: 'GET', name: '/a' });
  expect([a?.samples, a?.stat('min'), a?.stat('max'), a?.stat('p(75)')]).toEqual([4, 10, 1000, 1000]);
  expect(Object.fromEntries(none?.tags ?? [])).toEqual({ method: 'GET' });
  expect(none?.samples).toBe(2);
  expect(all.grouped('http_reqs', ['name'])).toEqual([]);
});

test('metrics come in the order of their definitions, a script`s own after the built-in ones', () => {
  const all = aggregate(custom('b', 'counter'), custom('a', 'counter'));
  const worker = new Worker('w0', all);
  const late = worker.recorder.declare(custom('late', 'gauge'));
  worker.add(late, 1);
  worker.add(worker.recorder.declare(custom('a', 'counter')), 1);
  worker.add(worker.recorder.declare(custom('b', 'counter')), 1);
  worker.add(M.checks, 1);
  worker.add(M.http_reqs, 1);
  worker.tick();
  expect(all.metrics().map((metric) => metric.def.name)).toEqual(['http_reqs', 'checks', 'b', 'a', 'late']);
});

test('a custom metric that is tracked before it is known counts from its first value', () => {
  const all = aggregate();
  const tracked = all.track({ metric: 'tokens', tags: [] }, { windowMs: 5000, history: true });
  expect([tracked.samples, tracked.window(5000).samples, tracked.history()]).toEqual([0, 0, []]);
  const worker = new Worker('w0', all);
  worker.add(worker.recorder.declare(custom('tokens', 'counter', 'count')), 7);
  worker.tick();
  expect(tracked.def.type).toBe('counter');
  expect(tracked.stat('count')).toBe(7);
  expect(tracked.window(5000).stat('count')).toBe(7);
  expect(tracked.history()).toEqual([{ atMs: 1000, value: 7 }]);
});

test('one name with two definitions is told and only the first is counted', () => {
  const all = aggregate();
  const [a, b] = [new Worker('w0', all), new Worker('w1', all)];
  a.add(a.recorder.declare(custom('x', 'counter')), 1);
  b.add(b.recorder.declare(custom('x', 'gauge')), 5);
  a.tick();
  b.tick();
  expect(all.track({ metric: 'x', tags: [] }).stat('count')).toBe(1);
  expect(all.warnings()).toEqual(['the metric x has different definitions: only one of them is counted']);
});

test('equal errors of several workers are one group, the first stack is kept', () => {
  const all = aggregate();
  const [a, b] = [new Worker('w0', all), new Worker('w1', all)];
  a.recorder.errors.count('GET /a', 1220, 'connection reset');
  b.recorder.errors.count('GET /a', 1220, 'connection reset', 'at b.ts:1');
  b.recorder.errors.count('GET /a', 1220, 'connection reset', 'at b.ts:2');
  b.recorder.errors.count('GET /b', 1220, 'connection reset');
  a.tick();
  b.tick();
  expect(all.errors()).toEqual([
    { label: 'GET /a', code: 1220, message: 'connection reset', count: 3, stack: 'at b.ts:1' },
    { label: 'GET /b', code: 1220, message: 'connection reset', count: 1 },
  ]);
});

test('a counter`s rate is per second of the run, or of what was reported while that is not set', () => {
  const all = aggregate();
  const worker = new Worker('w0', all);
  worker.add(M.http_reqs, 30);
  worker.tick();
  worker.tick();
  const tracked = all.track({ metric: 'http_reqs', tags: [] });
  expect(tracked.stat('rate')).toBe(15);
  all.durationMs = 1500;
  expect(tracked.stat('rate')).toBe(20);
});

test('a selector that comes after data has all of it but windows', () => {
  const all = aggregate();
  const workers = [new Worker('w0', all), new Worker('w1', all)];
  const record = () => {
    for (const worker of workers) {
      worker.add(M.http_reqs, 1, { status: '200' });
      worker.add(M.http_reqs, 1, { status: '500' });
      worker.add(M.vus, 4, { scenario: 's' });
      worker.tick();
    }
  };
  record();
  const ok = all.track({ metric: 'http_reqs', tags: [['status', '200']] }, { windowMs: 10_000 });
  const vus = all.track({ metric: 'vus', tags: [['scenario', 's']] });
  expect([ok.stat('count'), vus.stat('value')]).toEqual([2, 8]);
  record();
  expect([ok.stat('count'), vus.stat('value')]).toEqual([4, 8]);
  expect(ok.window(10_000).stat('count')).toBe(2);
});
