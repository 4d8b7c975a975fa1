import { describe, expect, test } from 'vitest';
import { BUILTIN_METRICS, type BuiltinMetric, M } from '../../../dsl/metrics.ts';
import type { ResolvedScenario } from '../../../dsl/options.ts';
import { createAggregate } from '../../../runner/aggregate/aggregate.ts';
import { GeneratorWatch } from '../../../runner/summary/generator-watch.ts';
import { judgeValidity } from '../../../runner/summary/validity.ts';
import { makePlan } from '../../../workers/plan/plan.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { constantRate, optionsWith, rampingVus, scenario } from '../plan/options.ts';

const CLOSED = rampingVus(5, [[5, 20_000]]);
const LATER = scenario('per-vu-iterations', {
  ...{ vus: 1, iterations: 1, maxDurationMs: 10_000, startTimeMs: 8000 },
});
const OPEN = constantRate(10, 20_000);

type Second = Partial<Record<BuiltinMetric, number>>;

/** One worker's seconds, with 2 cores; what else the other of two workers reports is all idle. */
function notes(scenarios: readonly ResolvedScenario[], seconds: readonly Second[], workers = 1) {
  const aggregate = createAggregate(BUILTIN_METRICS);
  const watch = new GeneratorWatch(aggregate, makePlan(optionsWith(scenarios, { workers })), 2);
  for (let worker = 0; worker < workers; worker++) {
    let nowMs = 0;
    const recorder = new ThreadRecorder({ now: () => nowMs });
    const tags = recorder.root.with('worker', String(worker));
    seconds.forEach((second, i) => {
      nowMs = (i + 1) * 1000;
      recorder.series(M.generator_loop_busy, tags).add(0.1);
      if (worker === 0) {
        for (const [metric, value] of Object.entries(second) as [BuiltinMetric, number][])
          recorder.series(M[metric], tags).add(value);
      }
      aggregate.apply(recorder.flush(`w${worker}`, i + 1, i * 1000, nowMs));
    });
  }
  return watch.notes(judgeValidity(aggregate, 100, watch.filled));
}

const times = (n: number, second: Second): Second[] => Array.from({ length: n }, () => second);
const FULL: Second = { generator_loop_busy: 0.97 };

describe('a closed model', () => {
  test('says nothing while there is room, or when full for a moment only', () => {
    expect(notes([CLOSED], times(10, { generator_loop_busy: 0.85 }))).toEqual([]);
    expect(notes([CLOSED], [...times(2, FULL), ...times(8, {})])).toEqual([]);
  });

  test('that fills an event loop has inflated latencies, and what helps is said', () => {
    expect(notes([CLOSED], [...times(4, FULL), ...times(4, {})])).toEqual([
      'latencies are inflated by the generator: for 4 s an event loop was more than 90 % busy, and what waited for it was measured too; use more workers (--workers), fewer VUs or another machine',
    ]);
  });

  test('one full worker of two is enough; with as many workers as cores more of them do not help', () => {
    expect(notes([CLOSED], times(5, FULL), 2)).toEqual([
      expect.stringMatching(/for 5 s .*; use fewer VUs or another machine$/),
    ]);
  });

  test('counts only while its scenarios run', () => {
    expect(notes([LATER, OPEN], [...times(8, FULL), ...times(4, {})])).toEqual([]);
    expect(notes([LATER, OPEN], [...times(8, {}), ...times(4, FULL)])).toHaveLength(1);
  });
});

describe('an open model', () => {
  test('that starts on time needs no advice, however busy it is', () => {
    expect(notes([OPEN], times(10, { ...FULL, generator_start_lag: 20 }))).toEqual([]);
  });

  test('that starts late because it has too much to do needs a lower rate', () => {
    expect(notes([OPEN], times(10, { ...FULL, generator_start_lag: 400 }))).toEqual([
      'an event loop was more than 90 % busy for 10 s: use more workers (--workers), a lower rate or another machine',
    ]);
  });

  test('whose arrivals waited for VUs is invalid if loops were full most of the time, not else', () => {
    const waited = { generator_start_lag: 20, iteration_start_lag: 400 };
    const lower = 'use more workers (--workers), a lower rate or another machine';
    expect(notes([OPEN], times(10, { ...FULL, ...waited }))).toEqual([
      `an event loop was more than 90 % busy for 10 s: ${lower}`,
    ]);
    // The system was slow, and the generator full while it caught up.
    expect(notes([OPEN], [...times(4, { ...FULL, ...waited }), ...times(6, waited)])).toEqual([]);
    expect(notes([OPEN], times(10, waited))).toEqual([]);
  });

  test('that dropped arrivals is told so if loops were full most of the time', () => {
    const dropped = { generator_start_lag: 20, dropped_iterations: 5 };
    expect(notes([OPEN], times(10, { ...FULL, ...dropped }))).toEqual([
      expect.stringMatching(/^arrivals were dropped as no VU was free, .* for 10 s: use more workers/),
    ]);
    expect(notes([OPEN], times(10, dropped))).toEqual([]);
  });

  test('that was held up is told what to look for', () => {
    const held = { generator_start_lag: 400, generator_loop_lag: 498.6 };
    expect(notes([OPEN], times(10, held))).toEqual([
      'an event loop stood still for up to 499 ms: look for synchronous work in the script, or for other work on this machine',
    ]);
    expect(notes([OPEN], times(10, { ...held, generator_gc_pause: 420 }))).toEqual([
      expect.stringContaining('stood still for up to 499 ms, 420 ms of it to collect garbage: keep less'),
    ]);
  });
});
