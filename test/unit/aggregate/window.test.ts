import { expect, test } from 'vitest';
import { BUILTIN_METRICS, M } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { Random } from '../../../workers/vu/random.ts';

const WINDOWS = [1, 2, 5, 10];

test('at every second each window is what its seconds hold, exactly', () => {
  const random = new Random(99);
  const all = createAggregate(BUILTIN_METRICS);
  const track = (metric: string) => all.track({ metric, tags: [] }, { windowMs: 10_000 });
  const [duration, requests, failed] = [
    track('http_req_duration'),
    track('http_reqs'),
    track('http_req_failed'),
  ];
  const recorders = [new ThreadRecorder(), new ThreadRecorder()];
  const perSecond: number[][] = [];
  for (let second = 0; second < 40; second++) {
    const values: number[] = [];
    perSecond.push(values);
    for (const [worker, recorder] of recorders.entries()) {
      // Some seconds are empty.
      const count = random.next() < 0.3 ? 0 : Math.floor(random.next() * 50);
      for (let i = 0; i < count; i++) {
        const ms = random.next() ** 4 * 1000;
        values.push(ms);
        recorder.series(M.http_req_duration, recorder.root).add(ms);
        recorder.series(M.http_reqs, recorder.root).add(1);
        recorder.series(M.http_req_failed, recorder.root).add(ms > 100 ? 1 : 0);
      }
      all.apply(recorder.flush(`w${worker}`, second + 1, second * 1000, (second + 1) * 1000));
    }
    for (const seconds of WINDOWS) {
      const expected = new Histogram(3, 1000);
      const inWindow = perSecond.slice(-seconds).flat();
      for (const ms of inWindow) expected.add(ms);
      const window = duration.window(seconds * 1000);
      expect(window.samples).toBe(inWindow.length);
      const covered = Math.min(seconds, second + 1);
      if (inWindow.length === 0) {
        expect(window.stat('p(95)')).toBeUndefined();
        expect(requests.window(seconds * 1000).stat('rate')).toBeUndefined();
        continue;
      }
      for (const p of [1, 50, 95, 99]) expect(window.stat(`p(${p})`)).toBe(expected.percentile(p));
      expect([window.stat('min'), window.stat('max')]).toEqual([expected.min, expected.max]);
      expect(window.stat('avg')).toBeCloseTo(expected.mean, 9);
      expect(window.stat('stdev')).toBeCloseTo(expected.stdev, 6);
      expect(requests.window(seconds * 1000).stat('rate')).toBeCloseTo(inWindow.length / covered, 9);
      expect(failed.window(seconds * 1000).stat('rate')).toBe(
        inWindow.filter((ms) => ms > 100).length / inWindow.length,
      );
    }
  }
  const total = perSecond.flat().length;
  expect([duration.samples, requests.stat('count'), failed.samples]).toEqual([total, total, total]);
});

test('a report that comes late still enters the windows that hold its second', () => {
  const all = createAggregate(BUILTIN_METRICS);
  const reqs = all.track({ metric: 'http_reqs', tags: [] }, { windowMs: 3000 });
  const [fast, slow] = [new ThreadRecorder(), new ThreadRecorder()];
  const report = (recorder: ThreadRecorder, source: string, second: number) => {
    recorder.series(M.http_reqs, recorder.root).add(1);
    return recorder.flush(source, second + 1, second * 1000, (second + 1) * 1000);
  };
  const late = [0, 1, 2].map((second) => report(slow, 'slow', second));
  for (const second of [0, 1, 2, 3]) all.apply(report(fast, 'fast', second));
  expect([reqs.window(3000).stat('count'), reqs.window(1000).stat('count')]).toEqual([3, 1]);
  for (const bytes of late) all.apply(bytes);
  // Seconds 1, 2 and 3 are in; second 0 is past.
  expect([reqs.window(3000).stat('count'), reqs.window(1000).stat('count')]).toEqual([5, 1]);
  all.apply(report(fast, 'fast', 4));
  expect(reqs.window(3000).stat('count')).toBe(4);
  expect(reqs.stat('count')).toBe(8);
});

test('a pause in the reports empties the windows', () => {
  const all = createAggregate(BUILTIN_METRICS);
  const reqs = all.track({ metric: 'http_reqs', tags: [] }, { windowMs: 3000 });
  const recorder = new ThreadRecorder();
  recorder.series(M.http_reqs, recorder.root).add(7);
  all.apply(recorder.flush('w0', 1, 0, 1000));
  expect(reqs.window(2000).stat('count')).toBe(7);
  all.apply(recorder.flush('w0', 2, 9000, 10_000));
  expect(reqs.window(2000).samples).toBe(0);
  expect(reqs.window(3000).stat('count')).toBeUndefined();
  expect(reqs.stat('count')).toBe(7);
});

test('the course of counters, rates and trends, second by second', () => {
  const all = createAggregate(BUILTIN_METRICS);
  const track = (metric: string) => all.track({ metric, tags: [] }, { history: true });
  const [reqs, checks, duration] = [track('http_reqs'), track('checks'), track('http_req_duration')];
  const recorder = new ThreadRecorder();
  for (let second = 0; second < 3; second++) {
    recorder.series(M.http_reqs, recorder.root).add(second);
    recorder.series(M.checks, recorder.root).add(1);
    recorder.series(M.checks, recorder.root).add(second === 1 ? 0 : 1);
    recorder.series(M.http_req_duration, recorder.root).add(10 * second);
    recorder.series(M.http_req_duration, recorder.root).add(20 * second);
    all.apply(recorder.flush('w0', second + 1, second * 1000, (second + 1) * 1000));
  }
  expect(reqs.history().map((point) => point.value)).toEqual([0, 1, 2]);
  expect(checks.history().map((point) => point.value)).toEqual([1, 0.5, 1]);
  expect(duration.history()).toEqual([
    { atMs: 1000, value: 0 },
    { atMs: 2000, value: 15 },
    { atMs: 3000, value: 30 },
  ]);
});

test('a window or history that was not asked for is a mistake of the caller', () => {
  const all = createAggregate(BUILTIN_METRICS);
  const tracked = all.track({ metric: 'http_reqs', tags: [] }, { windowMs: 2000 });
  expect(() => tracked.window(5000)).toThrow(RangeError);
  expect(() => tracked.history()).toThrow(RangeError);
  all.track({ metric: 'http_reqs', tags: [] }, { windowMs: 5000, history: true });
  expect(tracked.window(5000).samples).toBe(0);
  expect(tracked.history()).toEqual([]);
});
