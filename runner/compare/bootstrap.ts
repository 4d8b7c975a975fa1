/**
 * One run against one: a block bootstrap over their seconds (of a long run: its intervals of some seconds). Neighbours
 * resemble each other, so whole blocks of them are drawn; every draw merges the blocks' histograms and takes the statistic anew. The bounds tell how steady
 * the two runs were in themselves. They know nothing of the differences between runs, so no build fails by them.
 */

import { rankOf } from '../../workers/record/histogram.ts';
import { halfBits, highestOf } from '../../workers/record/layout.ts';
import type { Intervals } from '../results/intervals.ts';
import type { Quantity } from './metrics.ts';
import { type Judged, logRatio, medianOf, shareOf } from './verdict.ts';

/** Fewer tell nothing of how blocks vary. */
export const LEAST_BLOCKS = 20;
const DRAWS = 1000;
const SEED = 0x6272_756e;

/** A statistic of the seconds that were drawn: `counts[i]` is how often block i was. */
type Statistic = (counts: Uint16Array) => number;

/** mulberry32: small, seeded, so that the same two files always give the same answer. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Intervals per block: the cube root of their number, but so that there are at least 20 blocks. */
function blockLength(intervals: number): number {
  return Math.max(1, Math.min(Math.round(Math.cbrt(intervals)), Math.floor(intervals / LEAST_BLOCKS)));
}

function blocksOf(intervals: Intervals): Intervals[] {
  const length = blockLength(intervals.length);
  const blocks: Intervals[] = [];
  for (let i = 0; i + length <= intervals.length; i += length) blocks.push(intervals.slice(i, i + length));
  return blocks;
}

/** Of the highest values of their buckets, weighted by the draws; the mean from exact sums. */
function trendStatistic(blocks: readonly Intervals[], stat: string): Statistic | undefined {
  const p = stat === 'med' ? 50 : Number(/^p\((.+)\)$/.exec(stat)?.[1] ?? Number.NaN);
  const exact = blocks.map((block) => ({
    count: block.reduce((sum, { histogram }) => sum + (histogram?.count ?? 0), 0),
    sum: block.reduce((sum, { histogram }) => sum + (histogram?.sum ?? 0), 0),
  }));
  if (stat === 'avg') {
    return (draws) => {
      let sum = 0;
      let count = 0;
      for (const [i, block] of exact.entries()) {
        sum += block.sum * (draws[i] as number);
        count += block.count * (draws[i] as number);
      }
      return sum / count;
    };
  }
  if (Number.isNaN(p)) return undefined;
  const buckets = blocks.map((block) => {
    const merged = new Map<number, number>();
    for (const { histogram } of block) {
      histogram?.forEachBucket((bucket, count) => merged.set(bucket, (merged.get(bucket) ?? 0) + count));
    }
    return merged;
  });
  const used = [...new Set(buckets.flatMap((block) => [...block.keys()]))].sort((x, y) => x - y);
  const places = new Map(used.map((bucket, place) => [bucket, place]));
  const sparse = buckets.map((block) => ({
    places: Uint32Array.from(block.keys(), (bucket) => places.get(bucket) as number),
    counts: Float64Array.from(block.values()),
  }));
  const shape = blocks[0]?.[0]?.histogram;
  if (shape === undefined) return undefined;
  const bits = halfBits(shape.digits);
  const whole = new Float64Array(used.length);
  return (draws) => {
    whole.fill(0);
    let total = 0;
    for (const [i, block] of sparse.entries()) {
      const times = draws[i] as number;
      if (times === 0) continue;
      total += (exact[i]?.count ?? 0) * times;
      for (let j = 0; j < block.places.length; j++) {
        const place = block.places[j] as number;
        whole[place] = (whole[place] as number) + (block.counts[j] as number) * times;
      }
    }
    if (total === 0) return Number.NaN;
    const rank = rankOf(p, total);
    let seen = 0;
    for (let place = 0; place < whole.length; place++) {
      seen += whole[place] as number;
      if (seen >= rank) return highestOf(used[place] as number, bits) / shape.scale;
    }
    return Number.NaN;
  };
}

/** Passes among all for rates, the sum per second for counters. */
function shareStatistic(blocks: readonly Intervals[], type: 'rate' | 'counter'): Statistic {
  const exact = blocks.map((block) => ({
    sum: block.reduce((sum, interval) => sum + interval.sum, 0),
    total: block.reduce((sum, { seconds, total }) => sum + (type === 'rate' ? total : seconds), 0),
  }));
  return (draws) => {
    let sum = 0;
    let total = 0;
    for (const [i, block] of exact.entries()) {
      sum += block.sum * (draws[i] as number);
      total += block.total * (draws[i] as number);
    }
    return sum / total;
  };
}

function statisticOf(blocks: readonly Intervals[], type: string, stat: string): Statistic | undefined {
  if (type === 'trend') return trendStatistic(blocks, stat);
  return (type === 'rate' || type === 'counter') && stat === 'rate'
    ? shareStatistic(blocks, type)
    : undefined;
}

export interface WithinRun extends Pick<Judged, 'effect' | 'lower' | 'upper' | 'verdict'> {
  readonly blocks: number;
}

/** Undefined where a run has fewer than 20 seconds, or the statistic cannot be drawn anew. */
export function bootstrap(
  a: Intervals,
  b: Intervals,
  metric: { readonly type: string; readonly stat: string },
  quantity: Quantity,
  margin: number,
): WithinRun | undefined {
  const sides = [blocksOf(a), blocksOf(b)] as const;
  const blocks = Math.min(sides[0].length, sides[1].length);
  if (Math.min(a.length, b.length) < LEAST_BLOCKS) return undefined;
  const statistics = sides.map((side) => statisticOf(side, metric.type, metric.stat));
  const [ofA, ofB] = statistics;
  if (ofA === undefined || ofB === undefined) return undefined;
  const random = randomFrom(SEED);
  const draw = (count: number): Uint16Array => {
    const draws = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      const block = Math.floor(random() * count);
      draws[block] = (draws[block] as number) + 1;
    }
    return draws;
  };
  const sign = quantity.higherIsBetter ? -1 : 1;
  const d: number[] = [];
  for (let i = 0; i < DRAWS; i++) {
    const value =
      sign * logRatio(quantity.from(ofA(draw(sides[0].length))), quantity.from(ofB(draw(sides[1].length))));
    if (!Number.isNaN(value)) d.push(value);
  }
  if (d.length < DRAWS / 2) return undefined;
  d.sort((x, y) => x - y);
  const lower = d[Math.floor(d.length * 0.05)] as number;
  const upper = d[Math.ceil(d.length * 0.95) - 1] as number;
  const limit = Math.log1p(margin);
  return {
    effect: shareOf(medianOf(d)),
    lower: shareOf(lower),
    upper: shareOf(upper),
    verdict: lower > limit ? 'regression' : upper <= limit ? 'ok' : 'inconclusive',
    blocks,
  };
}
