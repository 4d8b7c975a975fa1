/** What thresholds, live view, summary and outputs ask of the merged measurements of all workers. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { ErrorGroup } from '../summary/model.ts';

/** A metric, or the part of it whose series carry all the given tags (a sub-metric). */
export interface Selector {
  readonly metric: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/**
 * A statistic of a metric: `count`, `rate` (per second for counters, share of passes for rates), `avg`, `min`, `med`,
 * `max`, `stdev`, `p(N)`, `passes`, `fails`, `value`, `sum`.
 */
export type Stat = string;

/** Merged state of one metric, sub-metric or series. */
export interface MetricState {
  readonly def: MetricDef;
  /** Number of samples; 0 means no data. */
  readonly samples: number;
  /** Undefined where there is no data or the statistic does not fit the type. */
  stat(stat: Stat): number | undefined;
}

/** A point of a gauge's or other metric's course, one per second. */
export interface HistoryPoint {
  readonly atMs: number;
  readonly value: number;
}

/** One selector that is kept up to date from the start. */
export interface Tracked extends MetricState {
  readonly selector: Selector;
  /** State over the last `ms` before the newest snapshot; needs `windowMs >= ms` at `track`. */
  window(ms: number): MetricState;
  /** Value (of a gauge) each second; needs `history` at `track`. */
  history(): readonly HistoryPoint[];
}

export interface TrackOptions {
  readonly windowMs?: number;
  readonly history?: boolean;
}

export interface SeriesState extends MetricState {
  readonly tags: ReadonlyMap<string, string>;
}

export interface Aggregate {
  /** Registers a selector before the first snapshot; the same selector twice gives the same object. */
  track(selector: Selector, options?: TrackOptions): Tracked;
  /**
   * Merges one encoded snapshot. One that was applied before (same source and seq) changes nothing. Series of
   * `group` `::setup` and `::teardown` (and groups inside them) count only for selectors that name that group.
   */
  apply(bytes: ArrayBuffer): void;
  /** Whole metrics with data, built-in ones first in their table's order, then custom ones. */
  metrics(): readonly Tracked[];
  /** Every series of a metric, without those of setup and teardown. */
  series(metric: string): Iterable<SeriesState>;
  /**
   * The same series merged over every tag but `keys`: one state per combination of their values, in the order in
   * which these appeared; a series without a key stands apart, its key absent from `tags`. This is how rows by
   * request name or by check come to be: histograms merge, percentiles don't. To be read before the next snapshot.
   */
  grouped(metric: string, keys: readonly string[]): readonly SeriesState[];
  errors(): readonly ErrorGroup[];
  warnings(): readonly string[];
  /** Divisor of counter rates; set by the run: the time from start to the end of the last iteration, ms. */
  durationMs: number;
}

/** Records what the main thread itself finds out. */
export interface OwnGauges {
  /** Sets a gauge that no worker reports. */
  gauge(metric: string, tags: Selector['tags'], value: number, atMs: number): void;
}
