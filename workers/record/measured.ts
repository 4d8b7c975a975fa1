/** What a series measured in an interval, or since the start: merged over all workers. */

export interface MeasuredTrend {
  readonly type: 'trend';
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /**
   * Pairs of (bucket index, count) in the layout of `layout.ts`, ascending, no count 0. Bounds are integers,
   * `scaleOf(def.unit)` of them to a unit of the metric.
   */
  readonly buckets: Uint32Array | Float64Array;
}

export type Measured =
  | MeasuredTrend
  | { readonly type: 'counter'; readonly sum: number }
  | { readonly type: 'rate'; readonly passes: number; readonly fails: number }
  | { readonly type: 'gauge'; readonly value: number; readonly min: number; readonly max: number };
