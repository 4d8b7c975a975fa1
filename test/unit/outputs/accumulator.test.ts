import { describe, expect, it } from 'vitest';
import { BUILTIN_METRICS, type BuiltinMetric, M } from '../../../dsl/metrics.ts';
import { Accumulator } from '../../../runner/outputs/accumulator.ts';
import { mergeBatches } from '../../../runner/outputs/batch.ts';
import type { Measured, MeasuredTrend, OutputBatch, OutputSeries } from '../../../runner/outputs/output.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';

const START = new Date('2026-01-02T03:04:05.000Z');

/** Two workers that report to one accumulator. */
function rig(workers = 2) {
  let nowMs = 0;
  const recorders = Array.from({ length: workers }, () => new ThreadRecorder({ now: () => nowMs }));
  const seqs = recorders.map(() => 0);
  const accumulator = new Accumulator(BUILTIN_METRICS, START);
  return {
    accumulator,
    add: (
      worker: number,
      metric: BuiltinMetric,
      value: number,
      tags: Readonly<Record<string, string>> = {},
    ): void => {
      const recorder = recorders[worker] as ThreadRecorder;
      let set = recorder.root;
      for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
      recorder.series(M[metric], set).add(value);
    },
    report: (worker: number, toMs: number): ArrayBuffer => {
      nowMs = toMs;
      const seq = (seqs[worker] ?? 0) + 1;
      seqs[worker] = seq;
      const bytes = (recorders[worker] as ThreadRecorder).flush(`w${worker}`, seq, toMs - 1000, toMs);
      accumulator.apply(bytes);
      return bytes;
    },
    at: (ms: number): void => {
      nowMs = ms;
    },
  };
}

function find(batch: OutputBatch | undefined, metric: string, tags: Record<string, string> = {}) {
  const found = batch?.series.filter(
    (one) =>
      one.def.name === metric && JSON.stringify([...one.tags]) === JSON.stringify(Object.entries(tags)),
  );
  expect(found).toHaveLength(1);
  return (found as OutputSeries[])[0] as OutputSeries;
}

function trendOf(values: readonly number[]): MeasuredTrend {
  const histogram = new Histogram(3, 1000);
  for (const value of values) histogram.add(value);
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => {
    pairs.push(bucket, count);
  });
  const { count, sum, min, max } = histogram;
  return { type: 'trend', count, sum, min, max, buckets: Uint32Array.from(pairs) };
}

describe('a batch', () => {
  it('has of every series what is new, and all there is, over all workers', () => {
    const { accumulator, add, report } = rig();
    const tags = { name: '/a', scenario: 'main' };
    add(0, 'http_reqs', 3, tags);
    add(1, 'http_reqs', 4, tags);
    add(0, 'http_req_duration', 10, tags);
    add(1, 'http_req_duration', 20, tags);
    add(1, 'http_req_duration', 10, tags);
    add(0, 'http_req_failed', 1, tags);
    add(1, 'http_req_failed', 0, tags);
    report(0, 1000);
    report(1, 1004);
    const first = accumulator.take();
    expect(first?.from).toEqual(START);
    expect(first?.to).toEqual(new Date(START.getTime() + 1004));
    for (const part of ['delta', 'total'] as const) {
      expect(find(first, 'http_reqs', tags)[part]).toEqual({ type: 'counter', sum: 7 });
      expect(find(first, 'http_req_failed', tags)[part]).toEqual({ type: 'rate', passes: 1, fails: 1 });
      expect(find(first, 'http_req_duration', tags)[part]).toEqual(trendOf([10, 10, 20]));
    }

    add(1, 'http_reqs', 5, tags);
    add(0, 'http_req_duration', 0.5, tags);
    report(0, 2000);
    report(1, 2000);
    const second = accumulator.take();
    expect(second?.from).toEqual(first?.to);
    expect(find(second, 'http_reqs', tags)).toMatchObject({ delta: { sum: 5 }, total: { sum: 12 } });
    const duration = find(second, 'http_req_duration', tags);
    expect(duration.delta).toEqual(trendOf([0.5]));
    expect(duration.total).toEqual(trendOf([0.5, 10, 10, 20]));
    expect(duration.tags).toBe(find(first, 'http_reqs', tags).tags);
    expect(second?.series.map((one) => one.def.name)).not.toContain('http_req_failed');
  });

  it('is none where nothing was measured', () => {
    const { accumulator, add, report } = rig();
    expect(accumulator.take()).toBeUndefined();
    add(0, 'iterations', 1);
    report(0, 1000);
    expect(accumulator.take()?.series).toHaveLength(1);
    report(0, 2000);
    expect(accumulator.take()).toBeUndefined();
  });

  it('counts a report that comes twice once', () => {
    const { accumulator, add, report } = rig();
    add(0, 'iterations', 1);
    accumulator.apply(report(0, 1000));
    expect(find(accumulator.take(), 'iterations').total).toEqual({ type: 'counter', sum: 1 });
  });

  it('keeps the sum of the workers in gauges that are parts of one whole', () => {
    const { accumulator, add, report } = rig();
    add(0, 'sql_pool_size', 3);
    add(1, 'sql_pool_size', 4);
    report(0, 1000);
    report(1, 1000);
    expect(find(accumulator.take(), 'sql_pool_size').delta).toEqual({
      type: 'gauge',
      value: 7,
      min: 7,
      max: 7,
    });
    add(1, 'sql_pool_size', 9);
    report(0, 2000);
    report(1, 2000);
    expect(find(accumulator.take(), 'sql_pool_size')).toMatchObject({
      delta: { value: 12, min: 12, max: 12 },
      total: { value: 12, min: 7, max: 12 },
    });
  });

  it('keeps the extremes within the interval in a gauge of one worker', () => {
    const { accumulator, add, at, report } = rig();
    for (const [ms, value] of [
      [100, 5],
      [200, 1],
      [300, 3],
    ] as const) {
      at(ms);
      add(0, 'vus', value);
    }
    report(0, 1000);
    expect(find(accumulator.take(), 'vus').delta).toEqual({ type: 'gauge', value: 3, min: 1, max: 5 });
  });
});

describe('two batches as one', () => {
  it('have the sum of both as new, and the later as all there is', () => {
    const { accumulator, add, report } = rig();
    const batches: OutputBatch[] = [];
    for (const [second, values] of [[5, 5, 700], [0.2, 5], [9000]].entries()) {
      for (const value of values) add(second % 2, 'http_req_duration', value, { name: '/a' });
      add(0, 'http_reqs', values.length);
      add(0, 'checks', second === 1 ? 0 : 1, { check: 'ok' });
      add(0, 'vus', second + 1);
      if (second === 2) add(1, 'data_sent', 8);
      report(0, (second + 1) * 1000);
      report(1, (second + 1) * 1000);
      batches.push(accumulator.take() as OutputBatch);
    }
    const [one, two, three] = batches as [OutputBatch, OutputBatch, OutputBatch];
    const merged = mergeBatches(mergeBatches(one, two), three);
    expect([merged.from, merged.to]).toEqual([one.from, three.to]);
    const deltas = (metric: string, tags?: Record<string, string>): readonly Measured[] => {
      const { delta, total } = find(merged, metric, tags);
      return [delta, total];
    };
    for (const measured of deltas('http_req_duration', { name: '/a' })) {
      expect(measured).toEqual(trendOf([0.2, 5, 5, 5, 700, 9000]));
    }
    expect(deltas('http_reqs')).toEqual(Array(2).fill({ type: 'counter', sum: 6 }));
    expect(deltas('checks', { check: 'ok' })).toEqual(Array(2).fill({ type: 'rate', passes: 2, fails: 1 }));
    expect(deltas('vus')).toEqual(Array(2).fill({ type: 'gauge', value: 3, min: 1, max: 3 }));
    expect(find(merged, 'data_sent').delta).toEqual({ type: 'counter', sum: 8 });
    expect(merged.series).toHaveLength(5);
  });
});
