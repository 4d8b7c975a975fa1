import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { BUILTIN_METRICS } from '../../../dsl/metrics.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { type Health, watchHealth } from '../../../workers/health.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';

interface Watched {
  readonly health: Health;
  readonly stat: (metric: string, stat: string) => number | undefined;
}

function watched(worker: number): Watched {
  const recorder = new ThreadRecorder();
  const health = watchHealth(recorder, recorder.root, worker);
  onTestFinished(() => health.stop());
  return {
    health,
    stat: (metric, stat) => {
      const aggregate = createAggregate(BUILTIN_METRICS);
      const tracked = aggregate.track({ metric, tags: [] });
      aggregate.apply(recorder.flush('w0', 1, 0, 1000));
      return tracked.stat(stat);
    },
  };
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a thread that only waits is not busy', async () => {
  const { health, stat } = watched(0);
  await wait(400);
  health.sample();
  expect(stat('generator_loop_busy', 'value')).toBeLessThan(0.5);
});

test('a thread that stands still for most of the time is busy, and its timers are late', async () => {
  const { health, stat } = watched(0);
  await wait(30);
  block(400);
  await wait(30);
  health.sample();
  expect(stat('generator_loop_busy', 'value')).toBeGreaterThan(0.6);
});

test('how late timers were is that of the longest standstill', async () => {
  const { health, stat } = watched(0);
  await wait(30);
  block(300);
  await wait(30);
  health.sample();
  expect(stat('generator_loop_lag', 'max')).toBeGreaterThan(250);
});

test('collections of garbage are recorded one by one', async () => {
  const { health, stat } = watched(1);
  let kept: unknown[] = [];
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 20_000; i++) kept.push({ i });
    if (round % 10 === 9) kept = [];
    await wait(2);
  }
  await wait(200);
  health.sample();
  expect(stat('generator_gc_pause', 'count')).toBeGreaterThan(0);
});

test('the first worker speaks for the process', async () => {
  const { health, stat } = watched(0);
  await wait(250);
  health.sample();
  expect(stat('generator_memory', 'value')).toBeGreaterThan(10e6);
});

test('the second one does not', async () => {
  const { health, stat } = watched(1);
  await wait(250);
  health.sample();
  expect(stat('generator_memory', 'value')).toBeUndefined();
});

test('the last moments of a run are no second of their own', async () => {
  const { health, stat } = watched(0);
  await wait(250);
  health.sample();
  block(20);
  health.sample();
  expect(stat('generator_loop_busy', 'max')).toBeLessThan(0.9);
});
