/**
 * The course of a gauge over a run: how much it grew, and how fast.
 *
 *     points    x x | . . . . . . . . . . . . . . . . . .
 *               warm-up: the first tenth, at least one point
 *
 *     growth    last minus first point after warm-up
 *     slope     median of (v_j - v_i) / (t_j - t_i) over all pairs i < j, per second (Theil-Sen): up to 29 % of the
 *               points may be outliers (a collection, a burst) without moving it
 *
 * The warm-up is left out because a process that starts fills its caches, pools and heap once: that is no leak. Its
 * first point, moreover, covers only a part of a second. Fewer than three points after it are no course.
 */

import type { HistoryPoint } from '../aggregate/types.ts';

const WARM_UP_SHARE = 0.1;
const LEAST_POINTS = 3;
/**
 * Pairs grow with the square of the points: an hour has 6.5 million. Above this many points, neighbours are put into
 * this many groups of equal size, each standing for its medians; 45,000 pairs take a few milliseconds.
 */
const MOST_POINTS = 300;

function afterWarmUp(points: readonly HistoryPoint[]): readonly HistoryPoint[] {
  const rest = points.slice(Math.max(1, Math.ceil(points.length * WARM_UP_SHARE)));
  return rest.length < LEAST_POINTS ? [] : rest;
}

function median(values: Float64Array): number {
  values.sort();
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

function thin(points: readonly HistoryPoint[]): readonly HistoryPoint[] {
  if (points.length <= MOST_POINTS) return points;
  return Array.from({ length: MOST_POINTS }, (_, group) => {
    const from = Math.floor((group * points.length) / MOST_POINTS);
    const to = Math.floor(((group + 1) * points.length) / MOST_POINTS);
    const part = points.slice(from, to);
    return {
      atMs: median(Float64Array.from(part, (p) => p.atMs)),
      value: median(Float64Array.from(part, (p) => p.value)),
    };
  });
}

/** Last minus first point after warm-up, in the gauge's unit; undefined with too few points. */
export function growth(points: readonly HistoryPoint[]): number | undefined {
  const rest = afterWarmUp(points);
  return rest.length === 0 ? undefined : rest.at(-1)!.value - rest[0]!.value;
}

/** Theil-Sen slope after warm-up, in the gauge's unit per second; undefined with too few points. */
export function slope(points: readonly HistoryPoint[]): number | undefined {
  const rest = thin(afterWarmUp(points));
  const slopes = new Float64Array((rest.length * (rest.length - 1)) / 2);
  let n = 0;
  for (let i = 0; i < rest.length; i++) {
    const from = rest[i]!;
    for (let j = i + 1; j < rest.length; j++) {
      const to = rest[j]!;
      if (to.atMs > from.atMs) slopes[n++] = ((to.value - from.value) / (to.atMs - from.atMs)) * 1000;
    }
  }
  return n === 0 ? undefined : median(slopes.subarray(0, n));
}
