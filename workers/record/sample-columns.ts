/**
 * A batch of raw samples as it crosses threads: columns in one buffer, which is transferred, and beside them the texts
 * that were not told before.
 *
 *     offset        type          what
 *     0             f64 * rows    time, ms on the clock that all threads of the process share
 *     8 * rows      f64 * rows    value, in the metric's unit; 0 or 1 of a rate
 *     16 * rows     u32 * rows    series, by its id within the source
 *     20 * rows     u32 * rows    URL: its place in `urls` plus 1, or 0 for a sample without
 *
 * `rows` is the room of the buffer, of which the first `count` are used.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { SeriesDef } from './types.ts';

export const ROW_BYTES = 24;

export interface SampleColumns {
  /** Who measured: as in snapshots. */
  readonly source: string;
  readonly count: number;
  readonly bytes: ArrayBuffer;
  readonly urls: readonly string[];
  /** Series that appear for the first time, with all tags of their samples, and their metrics. */
  readonly series: readonly SeriesDef[];
  readonly metrics: readonly MetricDef[];
  /** Samples left out since the last batch, as the main thread had not taken the ones before. */
  readonly dropped: number;
}

export interface ColumnViews {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly series: Uint32Array;
  readonly urls: Uint32Array;
}

/** The columns of a buffer, each cut to `count` rows. */
export function viewColumns(
  bytes: ArrayBuffer,
  count: number = Math.floor(bytes.byteLength / ROW_BYTES),
): ColumnViews {
  const rows = Math.floor(bytes.byteLength / ROW_BYTES);
  return {
    times: new Float64Array(bytes, 0, count),
    values: new Float64Array(bytes, rows * 8, count),
    series: new Uint32Array(bytes, rows * 16, count),
    urls: new Uint32Array(bytes, rows * 20, count),
  };
}
