import { describe, expect, test } from 'vitest';
import type { FinishedRequest } from '../../../dsl/host.ts';
import type { RequestTrace } from '../../../dsl/request-trace.ts';
import { MergedTraces } from '../../../runner/traces/merged.ts';
import { Best } from '../../../workers/record/best.ts';
import { TraceKeeper } from '../../../workers/traces.ts';

let made = 0;

function trace(duration: number, atMs: number, error = ''): RequestTrace {
  return { timings: { duration }, atMs, error } as RequestTrace;
}

function request(durationMs: number, failed = false, group = ''): FinishedRequest {
  return {
    durationMs,
    failed,
    group,
    trace: () => {
      made++;
      return trace(durationMs, 0, failed ? 'bad' : '');
    },
  };
}

test('the best so many, the best first, of equals the earlier', () => {
  const best = new Best<[number, string]>(3, (a, b) => a[0] > b[0]);
  for (const [value, name] of [
    [1, 'a'],
    [5, 'b'],
    [5, 'c'],
    [2, 'd'],
    [5, 'e'],
    [0, 'f'],
  ] as const) {
    best.add([value, name]);
  }
  expect(best.items.map(([, name]) => name).join('')).toBe('bce');
  expect(best.last?.[1]).toBe('e');
  expect(best.add([5, 'g'])).toBe(false);
});

describe('a thread', () => {
  test('keeps its slowest and its first failing requests, whatever their order', () => {
    const keeper = new TraceKeeper(3);
    const times = [5, 1, 9, 7, 3, 8, 2];
    for (const [i, time] of times.entries()) {
      if (keeper.wants(time, i % 2 === 0)) keeper.keep(request(time, i % 2 === 0));
    }
    const { slowest, failed } = keeper.drain() ?? { slowest: [], failed: [] };
    expect(slowest.map(({ timings }) => timings.duration)).toEqual([9, 8, 7]);
    expect(failed.map(({ timings }) => timings.duration)).toEqual([5, 9, 3]);
    expect(keeper.drain()).toBeUndefined();
  });

  test('wants no more than can be among them', () => {
    const keeper = new TraceKeeper(1);
    expect(keeper.wants(0.1, false)).toBe(true);
    keeper.keep(request(5, true));
    expect(keeper.wants(5, true)).toBe(false);
    expect(keeper.wants(5.1, false)).toBe(true);
    expect(keeper.wants(-1, true)).toBe(false);
  });

  test('makes traces of those only that are still among them when they are sent, a few each time', () => {
    made = 0;
    const keeper = new TraceKeeper(20);
    for (let time = 1; time <= 500; time++) keeper.keep(request(time, true));
    const first = keeper.drain();
    expect(first?.slowest.map(({ timings }) => timings.duration)).toEqual([500, 499, 498, 497, 496]);
    expect(first?.failed.map(({ timings }) => timings.duration)).toEqual([1, 2, 3, 4, 5]);
    expect(made).toBe(10);
    const rest = keeper.drain(Number.POSITIVE_INFINITY);
    expect([rest?.slowest.length, rest?.failed.length]).toEqual([15, 15]);
    expect(made).toBe(40);
  });

  test('has none of setup and teardown', () => {
    const keeper = new TraceKeeper(5);
    keeper.keep(request(5, true, '::setup'));
    keeper.keep(request(5, true, '::teardown::inner'));
    expect(keeper.drain()).toBeUndefined();
  });

  test('shares the room for bodies among many', () => {
    expect(new TraceKeeper(10).bodyLimit).toBe(65_536);
    expect(new TraceKeeper(1000).bodyLimit).toBe(8388);
  });
});

test('threads merge into the slowest and first failing ones of the run, and tell what entered', () => {
  const merged = new MergedTraces(2);
  expect(merged.add({ slowest: [trace(9, 1), trace(3, 2)], failed: [trace(1, 50)] })?.slowest).toHaveLength(
    2,
  );
  const added = merged.add({ slowest: [trace(4, 3), trace(1, 4)], failed: [trace(1, 10), trace(1, 99)] });
  expect(added?.slowest.map(({ timings }) => timings.duration)).toEqual([4]);
  expect(merged.add({ slowest: [trace(2, 3)], failed: [] })).toBeUndefined();
  const { slowest, failed } = merged.all();
  expect(slowest.map(({ timings }) => timings.duration)).toEqual([9, 4]);
  expect(failed.map(({ atMs }) => atMs)).toEqual([10, 50]);
});
