/** Batches that follow each other as one: what a receiver gets that was slow or away for some seconds. */

import type { Measured, MeasuredTrend, OutputBatch, OutputSeries } from './output.ts';

const LARGEST_IN_32_BITS = 0xffff_ffff;

/** Pairs of (bucket, count), by rising bucket. */
export type Buckets = MeasuredTrend['buckets'];

/** Pairs as an array as narrow as their counts allow. */
export function bucketsOf(pairs: readonly number[]): Buckets {
  for (let i = 1; i < pairs.length; i += 2) {
    if ((pairs[i] as number) > LARGEST_IN_32_BITS) return Float64Array.from(pairs);
  }
  return Uint32Array.from(pairs);
}

function mergeBuckets(a: Buckets, b: Buckets): Buckets {
  const pairs: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const inA = i < a.length ? (a[i] as number) : Number.POSITIVE_INFINITY;
    const inB = j < b.length ? (b[j] as number) : Number.POSITIVE_INFINITY;
    let count = 0;
    if (inA <= inB) {
      count += a[i + 1] as number;
      i += 2;
    }
    if (inB <= inA) {
      count += b[j + 1] as number;
      j += 2;
    }
    pairs.push(Math.min(inA, inB), count);
  }
  return bucketsOf(pairs);
}

/** What two intervals, the earlier first, measured of one series together. */
export function mergeMeasured(earlier: Measured, later: Measured): Measured {
  if (earlier.type === 'trend' && later.type === 'trend') {
    return {
      type: 'trend',
      count: earlier.count + later.count,
      sum: earlier.sum + later.sum,
      min: Math.min(earlier.min, later.min),
      max: Math.max(earlier.max, later.max),
      buckets: mergeBuckets(earlier.buckets, later.buckets),
    };
  }
  if (earlier.type === 'counter' && later.type === 'counter') {
    return { type: 'counter', sum: earlier.sum + later.sum };
  }
  if (earlier.type === 'rate' && later.type === 'rate') {
    return { type: 'rate', passes: earlier.passes + later.passes, fails: earlier.fails + later.fails };
  }
  if (earlier.type === 'gauge' && later.type === 'gauge') {
    const { value } = later;
    return {
      type: 'gauge',
      value,
      min: Math.min(earlier.min, later.min),
      max: Math.max(earlier.max, later.max),
    };
  }
  throw new TypeError(`a ${earlier.type} and a ${later.type} cannot be merged`);
}

/** Two batches of one accumulator, the earlier first, as one. */
export function mergeBatches(earlier: OutputBatch, later: OutputBatch): OutputBatch {
  const series = new Map<ReadonlyMap<string, string>, Map<string, OutputSeries>>();
  const put = (one: OutputSeries): void => {
    let byMetric = series.get(one.tags);
    if (byMetric === undefined) {
      byMetric = new Map();
      series.set(one.tags, byMetric);
    }
    const before = byMetric.get(one.def.name);
    byMetric.set(
      one.def.name,
      before === undefined ? one : { ...one, delta: mergeMeasured(before.delta, one.delta) },
    );
  };
  for (const one of earlier.series) put(one);
  for (const one of later.series) put(one);
  return {
    from: earlier.from,
    to: later.to,
    series: [...series.values()].flatMap((byMetric) => [...byMetric.values()]),
  };
}
