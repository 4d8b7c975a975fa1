/** The result of a run as data: what `--summary-export` writes, `handleSummary` gets and the terminal shows. */

import type { ExitCode } from '../../dsl/errors.ts';
import type { MetricType, MetricUnit } from '../../dsl/metrics.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { Comparison } from '../compare/model.ts';

export type Verdict = 'passed' | 'failed' | 'invalid' | 'aborted' | 'interrupted' | 'error';

/** Where the limit of a threshold came from that refers to a baseline. */
export interface ThresholdBaseline {
  /** What the baseline had; of several runs their median. */
  readonly value: number;
  readonly runs: number;
}

export interface ThresholdResult {
  readonly threshold: string;
  readonly ok: boolean;
  /** The measured value in the metric's unit; null where there was no data. */
  readonly value: number | null;
  /** The number it was compared with; null where the threshold has none. */
  readonly limit: number | null;
  /** Absent where the limit was written as a number. */
  readonly baseline?: ThresholdBaseline;
  /** `no data` and the like; absent where value and limit say it all. */
  readonly note?: string;
}

export interface MetricSummary {
  readonly type: MetricType;
  readonly unit: MetricUnit;
  /**
   * Trend: `count avg min med max stdev p(N)…`; counter: `count rate`; rate: `rate passes fails`; gauge:
   * `value min max`.
   */
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: readonly ThresholdResult[];
}

/** One probe of a capacity scenario. Rates per second, times in ms. */
export interface CapacityProbe {
  /** 1, 2, 3 … in the order in which they ran; also the value of the tag `probe`. */
  readonly number: number;
  /** Arrivals offered, and iterations that ended. */
  readonly rate: number;
  readonly achieved: number;
  /** Length of the measured part. */
  readonly windowMs: number;
  /** Response times of arrivals in the measured part, from the schedule; null where none completed. */
  readonly responseTime: {
    readonly count: number;
    readonly avg: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  } | null;
  /** Share of failed requests, or of thrown iterations where there were no requests; null where there was neither. */
  readonly failedShare: number | null;
  readonly dropped: number;
  readonly held: boolean;
  /** So far from every limit that it needed no second probe. */
  readonly clear: boolean;
  /** Why it did not hold. */
  readonly reasons: readonly string[];
}

export interface CapacitySummary {
  /** Highest rate that held, arrivals per second; null where none did. */
  readonly rate: number | null;
  /** Lowest rate above it that failed; null where none did. */
  readonly failedAt: number | null;
  /** Why that rate failed. */
  readonly limitedBy: readonly string[];
  /**
   * How the search ended: `found` (the bracket is within `precision`), `above` (maxRate held), `below` (no rate held),
   * `time` (maxDuration), `generator` (the generator was the limit), `data` (the script's data was used up), `stopped`.
   */
  readonly end: 'found' | 'above' | 'below' | 'time' | 'generator' | 'data' | 'stopped';
  /** Rate with the highest ratio of throughput to mean response time. */
  readonly knee: number | null;
  readonly probes: readonly CapacityProbe[];
  /** Advice: what to change for a better answer. */
  readonly notes: readonly string[];
}

export interface ScenarioSummary {
  readonly executor: string;
  /** Complete iterations. */
  readonly iterations: number;
  /** Iterations that threw. */
  readonly failed: number;
  readonly interrupted: number;
  readonly dropped: number;
  /** Of capacity scenarios only. */
  readonly capacity?: CapacitySummary;
}

export interface CheckSummary {
  readonly name: string;
  /** `::outer::inner`, or `''`. */
  readonly group: string;
  readonly passes: number;
  readonly fails: number;
}

/** One line of the REQUESTS table: one method and name, over all statuses. Times in ms. */
export interface RequestRow {
  readonly method: string;
  readonly name: string;
  readonly count: number;
  /** Per second. */
  readonly rate: number;
  readonly failed: number;
  /** Of responses; null where no request got one. */
  readonly duration: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  } | null;
}

/** One line of the tables of the other protocols. Times in ms. */
export interface CallRow {
  /** `grpc`, `sql`, `redis`, `measure`, `ws`, `sse`, or the name of a protocol package. */
  readonly protocol: string;
  /** `connect`, `request` (ws), `first event` (sse); `''` where a protocol has one kind. */
  readonly kind: string;
  readonly name: string;
  readonly count: number;
  /** Per second. */
  readonly rate: number;
  /** Null where failures are not known by name. */
  readonly failed: number | null;
  readonly duration: RequestRow['duration'];
}

export interface ErrorGroup {
  readonly label: string;
  readonly code: number;
  readonly message: string;
  readonly stack?: string;
  readonly count: number;
}

export interface GeneratorSummary {
  readonly valid: boolean;
  /** Null where no open-model scenario ran. */
  readonly startLagP99Ms: number | null;
  /** Highest busy share of a worker's event loop in any second, 0 to 1. */
  readonly loopBusyMax: number;
  /** Highest resident memory of the process, bytes. */
  readonly memoryMaxBytes: number;
  readonly notes: readonly string[];
}

/** What became of one `-o`. */
export interface OutputSummary {
  /** As given, without secrets. */
  readonly name: string;
  /** Seconds of the run that arrived, and that did not. */
  readonly batches: number;
  readonly lost: number;
  /** Of outputs that get every sample. */
  readonly samples?: { readonly written: number; readonly lost: number };
  /** Why something is missing. */
  readonly problem?: string;
}

export interface Summary {
  readonly schema: 'brunt/summary@1';
  readonly run: {
    readonly script: string;
    readonly startedAt: string;
    readonly durationMs: number;
    readonly verdict: Verdict;
    readonly exitCode: ExitCode;
    readonly reasons: readonly string[];
    readonly seed: number;
    readonly version: string;
    readonly node: string;
    readonly workers: number;
  };
  /** As resolved, in the names that users write. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly scenarios: Readonly<Record<string, ScenarioSummary>>;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly checks: readonly CheckSummary[];
  /** Busiest first, all of them. */
  readonly requests: readonly RequestRow[];
  /** The same of the other protocols; absent where there were none. */
  readonly calls?: readonly CallRow[];
  readonly errors: readonly ErrorGroup[];
  readonly generator: GeneratorSummary;
  /** Of `--trace-slowest`. */
  readonly traces?: RequestTraces;
  /** Where the run never came to its end, and this was made of what it left behind. */
  readonly partial?: {
    /** How far the measurements reach, since the start of the load. */
    readonly toMs: number;
    /** How long the load was to last; 0 where that was not known, as it went by iterations. */
    readonly plannedMs?: number;
  };
  /** The results of several machines that this one was made of. */
  readonly merged?: readonly string[];
  /** With `--baseline`, where the run can be compared. */
  readonly comparison?: Comparison;
  /** In the order in which they were asked for; absent without `-o`. */
  readonly outputs?: readonly OutputSummary[];
}

/** What the live view shows of one scenario. */
export interface LiveScenario {
  readonly name: string;
  readonly executor: string;
  readonly state: 'waiting' | 'running' | 'stopping' | 'done';
  /** 0 to 1, by time or by iterations, whichever the executor counts. */
  readonly progress: number;
  readonly activeVUs: number;
  readonly maxVUs: number;
  /** Time since its start (negative while it waits), and its regular duration, ms. */
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly complete: number;
  /** Iterations to do in all, where the executor counts them. */
  readonly iterations?: number;
  readonly dropped: number;
  /** Target iterations per second now, for open-model executors. */
  readonly targetRate?: number;
  /** What else is to be told of it: the probe that runs. */
  readonly note?: string;
}

/** What the live view shows, taken several times a second. */
export interface LiveState {
  readonly script: string;
  readonly phase: 'bundling' | 'preparing' | 'setup' | 'running' | 'stopping' | 'teardown' | 'done';
  readonly elapsedMs: number;
  /** 0 where nobody can know: every scenario goes by iterations. */
  readonly durationMs: number;
  readonly scenarios: readonly LiveScenario[];
  /** Over the last second, and since the start. */
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly iterationsPerSecond: number;
  readonly p95Ms: number | null;
  /** Share of failed requests since the start, 0 to 1; null without requests. */
  readonly failedRate: number | null;
  readonly iterationErrors: number;
  readonly thresholdsFailing: readonly string[];
  /** Address of the live page, where there is one. */
  readonly dashboard?: string;
}
