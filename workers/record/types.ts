/** The snapshot: what changed in one source since its last snapshot. One format for threads, machines, saved results. */

import type { MetricDef } from '../../dsl/metrics.ts';

export const SNAPSHOT_VERSION = 1;

/** A series as it is announced in the first snapshot that carries data for it; later ones refer to it by `id`. */
export interface SeriesDef {
  /** Unique within the source. */
  readonly id: number;
  /** Name of the metric; its definition came in `metrics` of this snapshot or an earlier one. */
  readonly metric: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

/** Equal errors, counted; `stack` is kept for the first of them only. */
export interface ErrorDelta {
  /** What failed: `POST /cart`, or `iteration` with the scenario's name. */
  readonly label: string;
  /** k6's error code; 0 for errors thrown by scripts. */
  readonly code: number;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly count: number;
}

/**
 * One decoded delta. Trend buckets are pairs of (bucket index, count) in `workers/record/histogram.ts`'s layout, so
 * merging is adding; count and sum are exact and add up, min and max combine.
 */
export type SeriesDelta =
  | {
      readonly id: number;
      readonly type: 'trend';
      readonly count: number;
      readonly sum: number;
      readonly sumOfSquares: number;
      readonly min: number;
      readonly max: number;
      readonly buckets: Uint32Array | Float64Array;
    }
  | { readonly id: number; readonly type: 'counter'; readonly sum: number; readonly count: number }
  | { readonly id: number; readonly type: 'rate'; readonly passes: number; readonly fails: number }
  | {
      readonly id: number;
      readonly type: 'gauge';
      readonly value: number;
      readonly min: number;
      readonly max: number;
      /** Time of `value`, ms since the run's start: the latest wins in a merge. */
      readonly atMs: number;
    };

export interface Snapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  /** Who measured: `w0`, `w1`, … within a process; an agent puts its name before it. */
  readonly source: string;
  /** 1, 2, 3 … within the source; one that was seen before is ignored. */
  readonly seq: number;
  /** Time covered, ms since the run's start. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly metrics: readonly MetricDef[];
  readonly series: readonly SeriesDef[];
  readonly deltas: readonly SeriesDelta[];
  readonly errors: readonly ErrorDelta[];
  /** Sentences for the user, each sent once (such as: the cap on series was reached). */
  readonly warnings: readonly string[];
}

const LIFECYCLE_GROUP = /^::(?:setup|teardown)(?:::|$)/;

/** Whether a `group` tag is that of setup or teardown, or of a group inside them: kept out of the main metrics. */
export function isLifecycleGroup(group: string): boolean {
  return LIFECYCLE_GROUP.test(group);
}
