import { describe, expect, test } from 'vitest';
import { M } from '../../../dsl/metrics.ts';
import { RunCourse } from '../../../runner/course/course.ts';
import type { CounterTrack, GaugeTrack, RateTrack, TrendTrack } from '../../../runner/course/track.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';

type Tags = Readonly<Record<string, string>>;

/** Workers whose reports cover whole seconds. */
class Workers {
  readonly course = new RunCourse();
  readonly #recorders: readonly ThreadRecorder[];
  #nowMs = 0;

  constructor(count: number) {
    this.#recorders = Array.from({ length: count }, () => new ThreadRecorder({ now: () => this.#nowMs }));
  }

  add(worker: number, metric: keyof typeof M, value: number, tags: Tags = {}): void {
    const recorder = this.#recorders[worker] as ThreadRecorder;
    let set = recorder.root;
    for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
    recorder.series(M[metric], set).add(value);
  }

  error(worker: number): void {
    this.#recorders[worker]?.errors.count('GET /', 1000, 'no');
  }

  /** Ends the second for all, in the order of their numbers. */
  flush(second: number, toMs = (second + 1) * 1000): ArrayBuffer[] {
    this.#nowMs = toMs;
    return this.#recorders.map((recorder, i) => {
      const bytes = recorder.flush(`w${i}`, second + 1, second * 1000, toMs);
      this.course.addBytes(bytes);
      return bytes;
    });
  }
}

function sums(course: RunCourse, metric: string): number[] {
  const track = course.metric(metric) as CounterTrack;
  return Array.from({ length: course.lastStep + 1 }, (_, step) => track.sumOf(step));
}

describe('a step per second', () => {
  test('counters of all workers add up in their second', () => {
    const workers = new Workers(2);
    for (const [second, [a, b]] of [
      [3, 5],
      [0, 2],
      [7, 0],
    ].entries()) {
      workers.add(0, 'http_reqs', a as number, { name: 'a' });
      if (b !== 0) workers.add(1, 'http_reqs', b as number, { name: 'b' });
      workers.flush(second);
    }
    expect(sums(workers.course, 'http_reqs')).toEqual([8, 2, 7]);
    expect(workers.course.toMs).toBe(3000);
  });

  test('a snapshot that comes twice counts once', () => {
    const workers = new Workers(1);
    workers.add(0, 'iterations', 4);
    const [bytes] = workers.flush(0);
    workers.course.addBytes(bytes as ArrayBuffer);
    expect(sums(workers.course, 'iterations')).toEqual([4]);
  });

  test('what a worker sends in its last milliseconds belongs to the second before', () => {
    const workers = new Workers(1);
    workers.add(0, 'iterations', 4);
    workers.flush(0);
    workers.add(0, 'iterations', 1);
    workers.flush(1, 1040);
    expect(sums(workers.course, 'iterations')).toEqual([5]);
  });

  test('rates keep passes and fails, errors are counted', () => {
    const workers = new Workers(1);
    for (const value of [1, 1, 0]) workers.add(0, 'checks', value, { check: 'a' });
    workers.error(0);
    workers.error(0);
    workers.flush(0);
    workers.flush(1);
    expect((workers.course.metric('checks') as RateTrack).of(0)).toEqual([2, 1]);
    expect((workers.course.metric('checks') as RateTrack).of(1)).toEqual([0, 0]);
    expect([workers.course.errors.sumOf(0), workers.course.errors.sumOf(1)]).toEqual([2, 0]);
  });

  test('VUs are the sum of all workers, and stay while nobody changes them', () => {
    const workers = new Workers(2);
    workers.add(0, 'vus', 3);
    workers.add(1, 'vus', 2);
    workers.flush(0);
    workers.flush(1);
    workers.add(0, 'vus', 10);
    workers.flush(2);
    expect((workers.course.metric('vus') as GaugeTrack).values(3)).toEqual([5, 5, 12]);
  });

  test('the busiest worker counts for the generator', () => {
    const workers = new Workers(2);
    workers.add(0, 'generator_loop_busy', 0.2);
    workers.add(1, 'generator_loop_busy', 0.9);
    workers.flush(0);
    workers.flush(1);
    expect((workers.course.metric('generator_loop_busy') as GaugeTrack).values(2)).toEqual([0.9, undefined]);
  });

  test('setup and teardown are left out', () => {
    const workers = new Workers(1);
    workers.add(0, 'http_reqs', 1, { group: '::setup', name: 'login', method: 'POST' });
    workers.flush(0);
    expect(workers.course.metric('http_reqs')).toBeUndefined();
    expect(workers.course.rows('request')).toEqual([]);
  });
});

describe('percentiles', () => {
  test('of a step are those of recording with two digits, of the whole run those with three', () => {
    const workers = new Workers(2);
    const coarse = new Histogram(2, 1000);
    const fine = new Histogram(3, 1000);
    for (let i = 0; i < 5000; i++) {
      const ms = 0.05 * 1.0025 ** i + (i % 7);
      workers.add(i % 2, 'http_req_duration', ms, { name: String(i % 3) });
      coarse.add(ms);
      fine.add(ms);
    }
    workers.flush(0);
    const track = workers.course.metric('http_req_duration') as TrendTrack;
    expect(track.percentilesOf(0)).toEqual([50, 95, 99, 100].map((p) => coarse.percentile(p)));
    expect(track.total.percentile(99)).toBe(fine.percentile(99));
    expect(track.countOf(0)).toBe(5000);
  });
});

describe('a run that outgrows its steps', () => {
  const SECONDS = 1500;

  function long(): Workers {
    const workers = new Workers(2);
    for (let second = 0; second < SECONDS; second++) {
      for (const worker of [0, 1]) {
        workers.add(worker, 'http_reqs', 1, { name: 'a', scenario: 's' });
        workers.add(worker, 'http_req_duration', (second % 100) + worker, { name: 'a', scenario: 's' });
        workers.add(worker, 'http_req_failed', second % 5 === 0 ? 1 : 0, { name: 'a', scenario: 's' });
      }
      workers.flush(second);
    }
    return workers;
  }

  const { course } = long();

  test('has bounded steps, of which none is lost', () => {
    expect(course.steps.stepMs).toBe(4000);
    expect(course.lastStep).toBe(374);
    expect(sums(course, 'http_reqs')).toEqual(Array.from({ length: 375 }, () => 8));
    expect(course.rowSteps.stepMs).toBe(16_000);
    expect(course.lastRowStep).toBeLessThan(120);
  });

  test('has the percentiles that its merged seconds have', () => {
    const track = course.metric('http_req_duration') as TrendTrack;
    for (const step of [0, 17, 374]) {
      const all = new Histogram(2, 1000);
      for (let second = step * 4; second < step * 4 + 4; second++) {
        for (const worker of [0, 1]) all.add((second % 100) + worker);
      }
      expect(track.percentilesOf(step)).toEqual([50, 95, 99, 100].map((p) => all.percentile(p)));
    }
  });

  test('has rows that add up', () => {
    const [row] = course.rows('scenario');
    expect(row?.name).toBe('s');
    const failed = row?.track('http_req_failed') as RateTrack;
    expect([failed.passes, failed.fails]).toEqual([600, 2400]);
    const count = row?.track('http_reqs') as CounterTrack;
    const steps = Array.from({ length: course.lastRowStep + 1 }, (_, step) => count.sumOf(step));
    expect(steps.reduce((sum, one) => sum + one, 0)).toBe(3000);
    expect(steps[3]).toBe(32);
  });
});

describe('rows', () => {
  test('scenarios, groups, and request names of every protocol', () => {
    const workers = new Workers(1);
    const tags = { scenario: 'buy', group: '::pay', name: '/cart', method: 'POST' };
    workers.add(0, 'http_reqs', 1, tags);
    workers.add(0, 'http_req_duration', 5, tags);
    workers.add(0, 'sql_queries', 1, { scenario: 'buy', name: 'select ?' });
    workers.add(0, 'sql_query_duration', 2, { scenario: 'buy', name: 'select ?' });
    workers.add(0, 'grpc_reqs', 1, { scenario: 'buy', name: 'Shop/Buy' });
    workers.add(0, 'measure_failed', 0, { scenario: 'buy', name: 'work' });
    workers.flush(0);
    const { course } = workers;
    expect(course.rows('scenario').map(({ name }) => name)).toEqual(['buy']);
    expect(course.rows('group').map(({ name }) => name)).toEqual(['::pay']);
    const requests = course
      .rows('request')
      .map(({ family, method, name }) => [family.protocol, method, name].join(' '));
    expect(requests.toSorted()).toEqual([
      'grpc  Shop/Buy',
      'http POST /cart',
      'measure  work',
      'sql  select ?',
    ]);
  });

  test('of hundreds of names the busiest are followed, also those that come late', () => {
    const workers = new Workers(1);
    for (let i = 0; i < 300; i++) workers.add(0, 'http_reqs', 1, { name: `n${i}`, method: 'GET' });
    workers.flush(0);
    for (let second = 1; second < 5; second++) {
      for (let i = 0; i < 50; i++) workers.add(0, 'http_reqs', 1, { name: 'late', method: 'GET' });
      workers.flush(second);
    }
    const followed = workers.course.rows('request').filter((row) => row.tracked);
    expect(followed.length).toBe(48);
    expect(followed[0]?.name).toBe('late');
    expect(workers.course.rows('request').length).toBe(301);
  });
});
