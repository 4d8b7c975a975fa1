import { expect, test } from 'vitest';
import { BUILTIN_METRICS, M, type MetricDef } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { gaugeRuleOf } from '../../../runner/aggregate/gauge.ts';
import { OwnGaugeRecorder } from '../../../runner/run/own-gauges.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';

const QUEUE: MetricDef = {
  name: 'queue',
  type: 'gauge',
  unit: 'none',
  digits: 3,
  split: 'system',
  custom: true,
};

/** Two workers on a hand-turned clock that report to one aggregate. */
function pair() {
  let now = 0;
  const all = createAggregate([...BUILTIN_METRICS, QUEUE]);
  const workers = ['w0', 'w1'].map((source) => {
    const recorder = new ThreadRecorder({ now: () => now });
    const queue = recorder.declare(QUEUE);
    let seq = 0;
    let fromMs = 0;
    return {
      queue,
      set: (metric: number, value: number, scenario = '') =>
        recorder.series(metric, recorder.root.with('scenario', scenario)).add(value),
      flush: () => {
        seq++;
        all.apply(recorder.flush(source, seq, fromMs, now));
        fromMs = now;
      },
    };
  });
  const [a, b] = workers;
  if (a === undefined || b === undefined) throw new Error('two workers');
  return { all, a, b, turn: (ms: number) => (now = ms) };
}

test('which rule a gauge has is decided by its name', () => {
  expect(['vus', 'vus_max', 'generator_memory', 'queue'].map(gaugeRuleOf)).toEqual([
    'sum',
    'sum',
    'max',
    'last',
  ]);
});

test('VUs of the whole are the sum over workers and scenarios, second by second', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] }, { history: true });
  const buy = all.track({ metric: 'vus', tags: [['scenario', 'buy']] });
  for (const [second, [inA, inB]] of [
    [1, [5, 5]],
    [2, [10, 10]],
    [3, [4, 2]],
  ] as const) {
    turn(second * 1000);
    a.set(M.vus, inA, 'buy');
    a.set(M.vus, 1, 'see');
    b.set(M.vus, inB, 'buy');
    a.flush();
    b.flush();
  }
  expect([vus.stat('value'), vus.stat('min'), vus.stat('max')]).toEqual([7, 7, 21]);
  expect([buy.stat('value'), buy.stat('min'), buy.stat('max')]).toEqual([6, 6, 20]);
  expect(vus.history()).toEqual([
    { atMs: 1000, value: 11 },
    { atMs: 2000, value: 21 },
    { atMs: 3000, value: 7 },
  ]);
});

test('a second that only some workers have reported is no extreme', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] });
  turn(1000);
  a.set(M.vus, 5);
  b.set(M.vus, 5);
  a.flush();
  b.flush();
  turn(2000);
  a.set(M.vus, 1);
  b.set(M.vus, 9);
  a.flush();
  expect([vus.stat('min'), vus.stat('max')]).toEqual([10, 10]);
  b.flush();
  expect([vus.stat('value'), vus.stat('min'), vus.stat('max')]).toEqual([10, 10, 10]);
});

test('a worker that says nothing keeps its VUs', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] });
  turn(1000);
  a.set(M.vus, 5);
  b.set(M.vus, 3);
  a.flush();
  b.flush();
  turn(2000);
  a.set(M.vus, 6);
  a.flush();
  b.flush();
  expect(vus.stat('value')).toBe(9);
});

test('of a gauge of the script the newest value counts, and every extreme', () => {
  const { all, a, b, turn } = pair();
  const queue = all.track({ metric: 'queue', tags: [] }, { history: true });
  turn(100);
  a.set(a.queue, 100);
  turn(600);
  b.set(b.queue, 7);
  turn(700);
  a.set(a.queue, 1);
  turn(800);
  a.set(a.queue, 3);
  turn(1000);
  a.flush();
  // Reported later, but set earlier.
  b.flush();
  expect([queue.stat('value'), queue.stat('min'), queue.stat('max')]).toEqual([3, 1, 100]);
  turn(2000);
  a.flush();
  turn(2500);
  b.set(b.queue, 50);
  turn(3000);
  b.flush();
  expect(queue.stat('value')).toBe(50);
  expect(queue.history()).toEqual([
    { atMs: 800, value: 3 },
    { atMs: 2500, value: 50 },
  ]);
});

test('of the generator`s own gauges the worst worker counts', () => {
  const { all, a, b, turn } = pair();
  const busy = all.track({ metric: 'generator_loop_busy', tags: [] });
  for (const [second, inA, inB] of [
    [1, 0.2, 0.9],
    [2, 0.4, 0.3],
  ] as const) {
    turn(second * 1000);
    a.set(M.generator_loop_busy, inA);
    b.set(M.generator_loop_busy, inB);
    a.flush();
    b.flush();
  }
  expect([busy.stat('value'), busy.stat('max'), busy.stat('min')]).toEqual([0.4, 0.9, 0.4]);
});

test('a window of a gauge has the course of its seconds only', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] }, { windowMs: 3000 });
  for (let second = 1; second <= 6; second++) {
    turn(second * 1000);
    a.set(M.vus, second);
    b.set(M.vus, 10);
    a.flush();
    b.flush();
  }
  const window = vus.window(3000);
  expect([window.stat('value'), window.stat('min'), window.stat('max')]).toEqual([16, 14, 16]);
  expect(window.samples).toBe(6);
  expect(vus.window(1000).stat('min')).toBe(16);
});

test('where one worker reports for all, its extremes within a second count', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] });
  turn(1);
  a.set(M.vus, 1);
  turn(1000);
  a.set(M.vus, 50);
  a.flush();
  b.flush();
  turn(2000);
  a.set(M.vus, 40);
  a.flush();
  b.flush();
  expect([vus.stat('value'), vus.stat('min'), vus.stat('max')]).toEqual([40, 1, 50]);
});

test('what the main thread says begins no second, and no second waits for it', () => {
  const { all, a, b, turn } = pair();
  const vus = all.track({ metric: 'vus', tags: [] });
  const own = new OwnGaugeRecorder((bytes) => all.apply(bytes));
  for (const second of [1, 2]) {
    turn(second * 1000);
    a.set(M.vus, 5 * second);
    a.flush();
    own.gauge('capacity_rate', [['scenario', 'limit']], 100 * second, second * 1000 + 900);
    b.set(M.vus, 5 * second);
    b.flush();
  }
  expect([vus.stat('value'), vus.stat('min'), vus.stat('max')]).toEqual([20, 10, 20]);
  expect(all.track({ metric: 'capacity_rate', tags: [] }).stat('value')).toBe(200);
  expect(all.warnings()).toEqual([]);
});
