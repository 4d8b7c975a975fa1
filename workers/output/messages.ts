/**
 * Every message between the main thread and the thread of an output that is the user's own module. It has a thread of
 * its own so that whatever it does (computes for ever, calls process.exit, runs out of memory) costs nobody else
 * anything.
 *
 *     main                        output's thread
 *     OutputTask (workerData) --> evaluates the module
 *            <------------------- loaded, or failed { id: 0 }
 *     open, batch, samples, … --> one call of the module's function
 *            <------------------- done, or failed, with the call's id
 *     abort { id } -------------> its signal aborts
 */

import type { WireError } from '../../dsl/errors.ts';
import type { MetricDef } from '../../dsl/metrics.ts';
import type { OutputRun, OutputSummary } from '../../dsl/output/types.ts';
import type { BundleCode } from '../messages.ts';
import type { Measured } from '../record/measured.ts';

export interface OutputTask {
  readonly bundle: BundleCode;
  readonly target: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export interface WireSeries {
  readonly def: MetricDef;
  readonly tags: ReadonlyMap<string, string>;
  readonly delta: Measured;
  readonly total: Measured;
}

export interface WireBatch {
  readonly from: Date;
  readonly to: Date;
  readonly series: readonly WireSeries[];
}

/** As `SampleBatch` of the runner's outputs, with those series only that were not sent before. */
export interface WireSamples {
  /** Tells the tables of different workers apart. */
  readonly table: number;
  readonly added: readonly { readonly def: MetricDef; readonly tags: ReadonlyMap<string, string> }[];
  readonly series: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly urls: Uint32Array;
  readonly urlTable: readonly string[];
}

export type OutputCall =
  | { readonly type: 'open'; readonly run: OutputRun }
  | { readonly type: 'batch'; readonly batch: WireBatch }
  | { readonly type: 'samples'; readonly samples: WireSamples }
  | { readonly type: 'close' }
  | { readonly type: 'summary'; readonly summary: OutputSummary };

export type ToOutput =
  | { readonly type: 'call'; readonly id: number; readonly call: OutputCall }
  | { readonly type: 'abort'; readonly id: number; readonly reason: string };

export type FromOutput =
  | {
      readonly type: 'loaded';
      readonly wants: readonly OutputCall['type'][];
      readonly timeoutMs: number | undefined;
    }
  | { readonly type: 'refused'; readonly error: WireError }
  | { readonly type: 'done'; readonly id: number }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly message: string;
      readonly retryable: boolean;
      readonly afterMs: number | undefined;
    }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string };
