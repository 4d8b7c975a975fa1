/**
 * Every message between the main thread and a worker. Both sides import this file; both unions are closed, so a
 * `switch` over `type` is checked for completeness. Only plain data: what structured cloning takes.
 *
 *     main                          worker
 *     WorkerTask (Piscina) -------> load bundle, evaluate it once
 *            <--------------------- loaded { options, exports, … }      (worker 0 only feeds the config)
 *     prepare { plan, options } --> make planned VUs
 *            <--------------------- ready
 *     setup -----------------------> (worker 0)   <--- setupDone { data }
 *     start { epoch, data } ------> drivers run
 *            <--------------------- snapshot … (one in flight; acknowledged)
 *            <--------------------- samples … (where an output wants them; so many in flight; each acknowledged)
 *     stop { drain | interrupt } -> …
 *     probe { rate, start, … } ---> (capacity scenarios)   <--- probeDone, when nothing of it runs any more
 *            <--------------------- finished (after the last snapshot)
 *     teardown, handleSummary ----> (worker 0)   <--- teardownDone, summaryDone
 *     exit -----------------------> task resolves
 */

import type { MessagePort } from 'node:worker_threads';
import type { WireError } from '../dsl/errors.ts';
import type { MetricDef } from '../dsl/metrics.ts';
import type { ResolvedOptions } from '../dsl/options.ts';
import type { RequestTraces } from '../dsl/request-trace.ts';
import type { Probe, RunPlan } from './plan/types.ts';
import type { SampleColumns } from './record/sample-columns.ts';

/** The bundled script, ready to be evaluated. */
export interface BundleCode {
  /** One expression: a function that makes one VU's module scope; see `workers/load/`. Ends with its source map. */
  readonly code: string;
  /** Absolute path of the entry, for stack traces and `require`. */
  readonly entry: string;
  readonly scriptDir: string;
  /** URLs of ES modules outside the bundle that it imports; imported before the code is evaluated. */
  readonly esModules?: readonly string[];
}

export interface WorkerTask {
  readonly worker: number;
  readonly port: MessagePort;
  readonly bundle: BundleCode;
  readonly env: Readonly<Record<string, string>>;
  /** Names and values shared by all threads: counters, feeds, `shared()` data. */
  readonly sharedMemory: SharedArrayBuffer;
}

/** What the script's module shows after evaluation. Functions are named, not sent. */
export interface ScriptFacts {
  readonly options: unknown;
  /** Names of exported functions; `default` included if there is one. */
  readonly functions: readonly string[];
  readonly customMetrics: readonly MetricDef[];
}

/** Which tags make series beside the system's own; from thresholds and `breakdown`. */
export interface TagSelection {
  /** Tag keys that split every metric. */
  readonly everywhere: readonly string[];
  /** Tag keys by metric name. */
  readonly byMetric: Readonly<Record<string, readonly string[]>>;
}

export type ToWorker =
  | {
      readonly type: 'prepare';
      readonly plan: RunPlan;
      readonly options: ResolvedOptions;
      readonly control: SharedArrayBuffer;
      readonly selection: TagSelection;
      /** Of `--trace-slowest`; 0: none. */
      readonly traceSlowest: number;
      /** Whether some output wants every sample. */
      readonly samples: boolean;
    }
  | { readonly type: 'setup'; readonly timeoutMs: number }
  /** `epoch`: the run's start on the process's monotonic clock, ms. `data`: what `setup` returned. */
  | { readonly type: 'start'; readonly epoch: number; readonly data: unknown }
  /** A snapshot was read; its buffer is transferred back. */
  | { readonly type: 'ack'; readonly seq: number; readonly bytes: ArrayBuffer }
  /** A batch of samples was taken: another may be under way. */
  | { readonly type: 'samplesTaken' }
  /** Capacity scenarios, by their place in the plan: run a probe, end it early, no more of them. */
  | { readonly type: 'probe'; readonly scenario: number; readonly probe: Probe }
  | { readonly type: 'cutProbe'; readonly scenario: number; readonly number: number }
  | { readonly type: 'endProbes'; readonly scenario: number }
  | { readonly type: 'stop'; readonly how: 'drain' | 'interrupt' }
  | { readonly type: 'teardown'; readonly data: unknown; readonly timeoutMs: number }
  | { readonly type: 'handleSummary'; readonly summary: unknown }
  | { readonly type: 'exit' };

export type FromWorker =
  | { readonly type: 'loaded'; readonly facts: ScriptFacts }
  | { readonly type: 'ready' }
  | { readonly type: 'setupDone'; readonly data: unknown }
  /** Encoded by `workers/record/snapshot.ts`; the buffer is transferred. */
  | { readonly type: 'snapshot'; readonly seq: number; readonly bytes: ArrayBuffer }
  /** Requests that are among this worker's slowest or first failing ones by now; each once. */
  | { readonly type: 'traces'; readonly traces: RequestTraces }
  /** Raw samples; the buffer is transferred. */
  | { readonly type: 'samples'; readonly columns: SampleColumns }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly type: 'endRun'; readonly kind: 'abort' | 'fail'; readonly reason: string }
  /** Nothing of the probe runs or waits in this worker, and what it measured was sent. */
  | {
      readonly type: 'probeDone';
      readonly scenario: number;
      readonly number: number;
      /** The script's data was used up: further probes would run nothing. */
      readonly exhausted: boolean;
    }
  /** All drivers are done and the last snapshot was sent. */
  | { readonly type: 'finished' }
  | { readonly type: 'teardownDone' }
  /** Files to write: name (or `stdout`, `stderr`) to content; undefined where the script has no `handleSummary`. */
  | { readonly type: 'summaryDone'; readonly files: unknown }
  /** The step asked for failed. The worker stays, waiting for `exit`. */
  | { readonly type: 'failed'; readonly during: LifecycleStep; readonly error: WireError };

export type LifecycleStep = 'load' | 'init' | 'setup' | 'run' | 'teardown' | 'handleSummary';
