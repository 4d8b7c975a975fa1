/** Experiment 6: percentiles of merged measurements are those of all samples together, however they were divided. */

import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { encodeHdr } from '../../bench/lib/hdr.ts';
import { BUILTIN_METRICS, M } from '../../dsl/metrics.ts';
import { createAggregate } from '../../runner/aggregate/aggregate.ts';
import type { Aggregate, Tracked } from '../../runner/aggregate/types.ts';
import { Histogram } from '../../workers/record/histogram.ts';
import { ThreadRecorder } from '../../workers/record/recorder.ts';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import { Random } from '../../workers/vu/random.ts';

const DURATION = { metric: 'http_req_duration', tags: [] } as const;

/** Snapshots of one trace that is dealt to several recorders and flushed every 500 samples. */
function snapshotsOf(trace: readonly number[], workers: number): ArrayBuffer[] {
  const snapshots: ArrayBuffer[] = [];
  const recorders = Array.from({ length: workers }, () => new ThreadRecorder());
  for (let second = 0; second * 500 < trace.length; second++) {
    for (const [worker, recorder] of recorders.entries()) {
      const series = recorder.series(M.http_req_duration, recorder.root.with('scenario', 'default'));
      for (let i = second * 500; i < Math.min(trace.length, (second + 1) * 500); i++) {
        if (i % workers === worker) series.add(trace[i] as number);
      }
      snapshots.push(recorder.flush(`w${worker}`, second + 1, second * 1000, (second + 1) * 1000));
    }
  }
  return snapshots;
}

function merged(snapshots: Iterable<ArrayBuffer>): { all: Aggregate; duration: Tracked } {
  const all = createAggregate(BUILTIN_METRICS);
  const duration = all.track(DURATION);
  for (const snapshot of snapshots) all.apply(snapshot);
  return { all, duration };
}

/** The same merge over histograms alone, for their encoded form. */
function histogramOf(snapshots: Iterable<ArrayBuffer>): Histogram {
  const histogram = new Histogram(3, 1000);
  for (const bytes of snapshots) {
    for (const delta of decodeSnapshot(bytes).deltas) if (delta.type === 'trend') histogram.mergeDelta(delta);
  }
  return histogram;
}

function within(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual as number) - expected) / expected).toBeLessThanOrEqual(0.001);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

test('1..1000 ms merged with 1001..2000 ms', () => {
  const [fast, slow] = [new ThreadRecorder(), new ThreadRecorder()];
  for (const ms of range(1, 1000)) fast.series(M.http_req_duration, fast.root).add(ms);
  for (const ms of range(1001, 2000)) slow.series(M.http_req_duration, slow.root).add(ms);
  const { duration } = merged([fast.flush('w0', 1, 0, 1000), slow.flush('w1', 1, 0, 1000)]);
  expect(duration.stat('count')).toBe(2000);
  within(duration.stat('p(50)'), 1000);
  within(duration.stat('p(95)'), 1900);
  within(duration.stat('p(99)'), 1980);
  expect(duration.stat('avg')).toBe(1000.5);
});

test('9,900 x 10 ms with 100 x 1000 ms', () => {
  const [many, few] = [new ThreadRecorder(), new ThreadRecorder()];
  for (let i = 0; i < 9900; i++) many.series(M.http_req_duration, many.root).add(10);
  for (let i = 0; i < 100; i++) few.series(M.http_req_duration, few.root).add(1000);
  const { duration } = merged([many.flush('w0', 1, 0, 1000), few.flush('w1', 1, 0, 1000)]);
  within(duration.stat('p(99)'), 10);
  expect(duration.stat('p(99.5)')).toBe(1000);
});

const random = new Random(2024);
const TRACE = Array.from({ length: 5000 }, () => 0.2 - 30 * Math.log(1 - random.next()));
const REFERENCE = new Histogram(3, 1000);
for (const ms of TRACE) REFERENCE.add(ms);

test.each([1, 2, 4, 8])(
  'one trace over %i workers: byte-identical histogram, equal statistics',
  async (workers) => {
    const snapshots = snapshotsOf(TRACE, workers);
    expect(await encodeHdr(histogramOf(snapshots))).toBe(await encodeHdr(REFERENCE));
    const { duration } = merged(snapshots);
    for (const p of [0, 1, 50, 90, 95, 99, 99.9, 100]) {
      expect(duration.stat(`p(${p})`)).toBe(REFERENCE.percentile(p));
    }
    expect([duration.stat('count'), duration.stat('min'), duration.stat('max')]).toEqual([
      REFERENCE.count,
      REFERENCE.min,
      REFERENCE.max,
    ]);
    expect(duration.stat('sum')).toBeCloseTo(REFERENCE.sum, 6);
    expect(duration.stat('stdev')).toBeCloseTo(REFERENCE.stdev, 6);
  },
);

test('the order in which workers report does not matter', async () => {
  const snapshots = snapshotsOf(TRACE, 4);
  // Each worker's own snapshots stay in order, as their channel keeps it.
  const byWorker = snapshots
    .map((bytes, i) => ({ bytes, worker: i % 4 }))
    .sort((a, b) => b.worker - a.worker)
    .map(({ bytes }) => bytes);
  expect(await encodeHdr(histogramOf(byWorker))).toBe(await encodeHdr(histogramOf(snapshots)));
  const { duration } = merged(byWorker);
  expect(duration.stat('p(99)')).toBe(REFERENCE.percentile(99));
});

test('snapshots that are delivered twice change nothing', () => {
  const snapshots = snapshotsOf(TRACE, 4);
  const once = merged(snapshots);
  const twice = merged([...snapshots.flatMap((bytes) => [bytes, bytes]), ...snapshots]);
  for (const stat of ['count', 'sum', 'min', 'max', 'stdev', 'p(50)', 'p(99.9)']) {
    expect(twice.duration.stat(stat)).toBe(once.duration.stat(stat));
  }
  expect(twice.all.warnings()).toEqual([]);
});

test('other HdrHistogram tools read the encoded form and find the same percentiles', async () => {
  const hdr = decodeFromCompressedBase64(await encodeHdr(REFERENCE), 64);
  expect(hdr.totalCount).toBe(5000);
  for (const p of [1, 50, 90, 95, 99, 99.9]) {
    expect(hdr.getValueAtPercentile(p)).toBe(REFERENCE.percentile(p) * 1000);
  }
});

test('an empty histogram has an encoded form too', async () => {
  const hdr = decodeFromCompressedBase64(await encodeHdr(new Histogram(2, 1000)), 64);
  expect(hdr.totalCount).toBe(0);
});
