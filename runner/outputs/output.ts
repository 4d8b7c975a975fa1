/** What an output is: where a run's measurements go while it goes on. */

import type { MetricDef } from '../../dsl/metrics.ts';

/** What a series measured in one interval, or since the start: merged over all workers. */
export type Measured =
  | {
      readonly type: 'trend';
      readonly count: number;
      readonly sum: number;
      readonly min: number;
      readonly max: number;
      /** Pairs of (bucket index, count) in the layout of `workers/record/histogram.ts`, ascending. */
      readonly buckets: Uint32Array | Float64Array;
    }
  | { readonly type: 'counter'; readonly sum: number }
  | { readonly type: 'rate'; readonly passes: number; readonly fails: number }
  | { readonly type: 'gauge'; readonly value: number; readonly min: number; readonly max: number };

export interface OutputSeries {
  readonly def: MetricDef;
  readonly tags: ReadonlyMap<string, string>;
  /** Of this interval. */
  readonly delta: Measured;
  /** Since the start of the run. */
  readonly total: Measured;
}

/** One second of the run, or the seconds since the last batch where a receiver was slow. */
export interface OutputBatch {
  readonly from: Date;
  readonly to: Date;
  /** Series that changed. */
  readonly series: readonly OutputSeries[];
}

export interface OutputRun {
  readonly script: string;
  /** Tells this run from others at the receiver. */
  readonly runId: string;
  readonly version: string;
  readonly metrics: readonly MetricDef[];
}

export interface Output {
  /** As the user wrote it, without secrets: `prometheus=http://127.0.0.1:9090/api/v1/write`. */
  readonly name: string;
  /** Before anything runs. Rejects with a BruntError where the target cannot be used: the run is refused. */
  open(run: OutputRun): Promise<void>;
  /**
   * One at a time: never called before the last call settled. A rejection loses the batch, which is counted and said;
   * the next is tried again.
   */
  send(batch: OutputBatch, signal: AbortSignal): Promise<void>;
  /** After the last batch. */
  close(): Promise<void>;
}
