/**
 * The narrow waist between what a script can say (`dsl/`) and the thread that runs it (`workers/`). There is one
 * host per VU; everything a verb needs of the world comes through it, so that verbs know neither threads nor pools
 * and can be tested with a host made of plain objects.
 */

import type { MetricDef } from './metrics.ts';
import type { ResolvedOptions } from './options.ts';
import type { RequestTrace } from './request-trace.ts';

/**
 * An interned set of tags: two sets with the same content are the same object, so identity is equality. `with` drops
 * a tag that no series is split by (so a unique user id never grows memory) and folds values past the cap on
 * distinct values into `(other)`.
 */
export interface TagSet {
  /** This set plus one tag; an existing key is replaced. Returns `this` where nothing would change. */
  with(key: string, value: string): TagSet;
  get(key: string): string | undefined;
  entries(): Iterable<readonly [string, string]>;
  /** Per-set cache for a verb's own derived objects (such as the series of one request name), keyed by the verb. */
  readonly memo: Map<unknown, unknown>;
}

/** Where the values of one metric with one tag set go. Recording is this one call. */
export interface Series {
  /** Trend: a value in the metric's unit. Counter: an increment. Rate: 0 or non-zero. Gauge: the current value. */
  add(value: number): void;
}

/** What raw samples carry beside their series; they are taken only where an output wants them. */
export interface SampleMarks {
  /** Samples up to `end` are of one request: they get its URL, and the same time. */
  begin(url: string): void;
  end(): void;
}

export interface Recorder {
  /** Tag set without tags. */
  readonly root: TagSet;
  /** Undefined where nobody wants raw samples. */
  readonly samples?: SampleMarks | undefined;
  /** Id of a custom metric; declaring the same name with another type or unit throws. Init only. */
  declare(def: MetricDef): number;
  /** The series of a metric for a tag set; made at first use, then an array read. */
  series(metric: number, tags: TagSet): Series;
}

/** Groups of equal errors: the first few with their stack, all of them counted. */
export interface ErrorLog {
  /** A failed exchange or iteration for the ERRORS section; `label` is `POST /cart`, `code` a k6 error code or 0. */
  count(label: string, code: number, message: string): void;
}

/** A request that is over, held as it was. */
export interface FinishedRequest {
  /** Below 0 where there was no response. */
  readonly durationMs: number;
  readonly failed: boolean;
  readonly group: string;
  /** Made, and its secrets masked, only when it is asked for. */
  trace(): RequestTrace;
}

/** Where finished requests go with `--trace-slowest`. */
export interface TraceSink {
  /** Longest part of a body that is kept, in bytes. */
  readonly bodyLimit: number;
  /** Whether such a request would be kept: asked first, as hardly any is. `durationMs` is below 0 without a response. */
  wants(durationMs: number, failed: boolean): boolean;
  keep(request: FinishedRequest): void;
}

/** Memory that all threads of the process share. */
export interface SharedMemory {
  /** Adds `delta` to the named counter and returns the value before; starts at 0. Atomic over all VUs of the run. */
  addAndGetPrevious(name: string, delta: number): number;
  read(name: string): number;
  /** Data built once per process: `build` runs in one thread, the others get the stored bytes. */
  data(name: string, build: () => unknown): unknown;
}

/** What `vu` shows to the script. */
export interface VuContext {
  /** 1-based, unique over all workers; 0 in setup, teardown and while options are read. */
  readonly id: number;
  /** 0-based number of this VU's current iteration, over all scenarios that it served. */
  iteration: number;
  readonly scenario: string;
  /** 0-based number of the current iteration within the scenario, unique over all VUs and workers. */
  iterationInScenario: number;
}

export interface VuHost {
  readonly context: VuContext;
  readonly options: ResolvedOptions;
  readonly env: Readonly<Record<string, string>>;
  readonly recorder: Recorder;
  readonly errors: ErrorLog;
  readonly shared: SharedMemory;
  /** Undefined unless requests are to be kept. */
  readonly traces: TraceSink | undefined;
  /** Folder of the script: relative paths of data files start here. */
  readonly scriptDir: string;
  /** True while module code runs; metrics are declared and shared data is built only then. */
  readonly initializing: boolean;
  /** True once the current iteration was told to end at once: verbs reject with `InterruptedError`. */
  readonly interrupted: boolean;

  /** Current tags: run, scenario, VU and group. */
  tags(): TagSet;
  /** Changes a tag for everything that this VU records from now on; undefined removes it. */
  setTag(key: string, value: string | undefined): void;
  /** Runs `fn` with the group appended to the current one (`::outer::inner`); safe for groups that overlap in time. */
  inGroup<T>(name: string, fn: () => T): T;

  /** Seeded by run seed and VU id; the source of `Math.random` in scripts. */
  random(): number;
  seedRandom(seed: number): void;

  /** Called once when the iteration is interrupted, to abort what the verb has under way. One per verb, kept for life. */
  onInterrupt(listener: (reason: Error) => void): void;
  /** Called when an iteration ends, before the next starts (to reset cookies). One per verb, kept for life. */
  onIterationEnd(listener: () => void): void;
  /** Called when the VU is retired, to close connections. One per verb, kept for life. */
  onRetire(listener: () => void | Promise<void>): void;

  /** Line for the user, shown by the live view above its own lines; `console.log` of scripts comes here too. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
  /** Ends the whole run. `abort`: exit 108, at once. `fail`: the run goes on and exits 110. */
  endRun(kind: 'abort' | 'fail', reason: string): void;
  /** Milliseconds since the run's start; 0 before it. */
  elapsedMs(): number;
}
