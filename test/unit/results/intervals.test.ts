import { expect, test } from 'vitest';
import { BUILTIN_METRICS, type MetricDef } from '../../../dsl/metrics.ts';
import { IntervalTracker } from '../../../runner/results/intervals.ts';
import { Histogram } from '../../../workers/record/histogram.ts';

const DURATION = BUILTIN_METRICS.find(({ name }) => name === 'http_req_duration') as MetricDef;

function tracked(seconds: number): IntervalTracker {
  const tracker = new IntervalTracker({ metric: 'http_req_duration', tags: [] });
  const histogram = new Histogram(3, 1000);
  histogram.add(5);
  const { count, sum, sumOfSquares, min, max } = histogram;
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, n) => pairs.push(bucket, n));
  for (let second = 0; second < seconds; second++) {
    tracker.add({
      version: 1,
      source: 'w0',
      seq: second + 1,
      fromMs: second * 1000,
      toMs: second * 1000 + 1000,
      metrics: second === 0 ? [DURATION] : [],
      series: second === 0 ? [{ id: 0, metric: DURATION.name, tags: [] }] : [],
      deltas: [
        { id: 0, type: 'trend', count, sum, sumOfSquares, min, max, buckets: Uint32Array.from(pairs) },
      ],
      errors: [],
      warnings: [],
    });
  }
  return tracker;
}

test('up to ten minutes every second is kept; of longer runs neighbours are put together', () => {
  expect(tracked(600).intervals()).toHaveLength(599);
  for (const [seconds, each, count] of [
    [601, 2, 300],
    [3600, 8, 449],
    [86_400, 256, 337],
  ] as const) {
    const intervals = tracked(seconds).intervals();
    expect(intervals).toHaveLength(count);
    expect(new Set(intervals.map((one) => one.seconds))).toEqual(new Set([each]));
    expect(intervals.every(({ histogram }) => histogram?.count === each)).toBe(true);
  }
});
