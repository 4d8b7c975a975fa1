/** What an output is: where a run's measurements go while it goes on. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import type { Measured } from '../../workers/record/measured.ts';
import type { Summary } from '../summary/model.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';

export interface OutputSeries {
  readonly def: MetricDef;
  /** The same object in every batch: a key of caches. */
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
  /** Series that changed. Those of setup and teardown are among them, by their tag `group`. */
  readonly series: readonly OutputSeries[];
}

/** Samples of one metric with the same tags. */
export interface SampleSeries {
  readonly def: MetricDef;
  /** All tags, those too by which no series is split; `url` stands apart, with each sample. */
  readonly tags: ReadonlyMap<string, string>;
}

/** Samples of one worker, in the order in which it took them. Every array has an entry for each. */
export interface SampleBatch {
  readonly count: number;
  /** Of this worker, by the numbers in `series`. The same objects in every batch of it: keys of caches. */
  readonly table: readonly SampleSeries[];
  readonly series: Uint32Array;
  /** Milliseconds since 1970, with fractions. */
  readonly times: Float64Array;
  /** In the metric's unit: an increment of a counter, 0 or 1 of a rate. */
  readonly values: Float64Array;
  /** Places in `urlTable` plus 1; 0 for a sample without. */
  readonly urls: Uint32Array;
  readonly urlTable: readonly string[];
}

export interface OutputRun {
  readonly script: string;
  /** Tells this run from others at the receiver. */
  readonly runId: string;
  readonly version: string;
  /** Built-in ones, then those of the script. */
  readonly metrics: readonly MetricDef[];
  readonly options: ResolvedOptions;
  readonly rules: readonly ThresholdRule[];
}

export interface Output {
  /** As the user wrote it, without secrets: `prometheus=http://127.0.0.1:9090/api/v1/write`. */
  readonly name: string;
  /** A `send` that takes longer is told to end by its signal, and is lost. Default 10 s. */
  readonly sendTimeoutMs?: number;
  /** What `close` may take. Default 2 s. */
  readonly closeTimeoutMs?: number;
  /** Absolute path of the file that it writes, or `-` for stdout: no two outputs may share it. */
  readonly file?: string;
  /** Before anything runs. Rejects with a BruntError where the target cannot be used: the run is refused. */
  open(run: OutputRun): Promise<void>;
  /**
   * One at a time: never called before the last call settled, and seconds that pass meanwhile come as one batch. A
   * rejection loses the batch, which is counted and said. A `RetryableError` loses nothing: the batch comes again after
   * a pause, as one with what was measured since.
   */
  send?(batch: OutputBatch, signal: AbortSignal): Promise<void>;
  /**
   * Every single sample, for outputs that want it; workers send them only where there is such an output. One call at a
   * time. Samples that come in faster are left out once there are too many of them waiting, and counted.
   */
  samples?(batch: SampleBatch): Promise<void>;
  /** After the last batch, also where `open` of another output refused the run. */
  close(): Promise<void>;
  /** The run is over, here is its summary: the last call, after `close`. Gets 5 s. */
  ended?(summary: Summary): Promise<void>;
  /** Where a call did not come to its end: lets go of what would keep the process. */
  destroy?(): void;
}

export { RetryableError } from '../../dsl/output/retryable-error.ts';
export type { Measured, MeasuredTrend } from '../../workers/record/measured.ts';
