/** What authors of outputs build on. Types only. */

import type { Duration } from '../duration.ts';
import type { MetricType, MetricUnit } from '../metrics.ts';

export interface OutputContext {
  /** What stands behind the `=` of `-o MODULE=TARGET`. */
  readonly target: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder in which `brunt` was called: relative paths of the user's start here. */
  readonly cwd: string;
}

/** The run that begins. */
export interface OutputRun {
  /** Tells this run from others. */
  readonly id: string;
  readonly script: string;
  /** Of Brunt. */
  readonly version: string;
  /** Of the run: `--tag` and the option `tags`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly {
    readonly name: string;
    readonly type: MetricType;
    readonly unit: MetricUnit;
  }[];
  /** By metric or sub-metric: `http_req_duration{name:cart}`. */
  readonly thresholds: readonly { readonly metric: string; readonly threshold: string }[];
}

/** Values are in the metric's unit: times in ms. Statistics of no samples are NaN. */
export interface TrendValues {
  readonly count: number;
  readonly sum: number;
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  /** `p` from 0 to 100. */
  percentile(p: number): number;
  /** The histogram: values above `above` and up to `upTo`, by rising value, without empty ones. */
  buckets(): readonly { readonly above: number; readonly upTo: number; readonly count: number }[];
}

export interface CounterValues {
  readonly sum: number;
}

export interface RateValues {
  readonly passes: number;
  readonly fails: number;
  /** Share of passes, 0 to 1. */
  readonly rate: number;
}

export interface GaugeValues {
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

interface SeriesOf<Type extends MetricType, Values> {
  readonly metric: string;
  readonly type: Type;
  readonly unit: MetricUnit;
  readonly tags: Readonly<Record<string, string>>;
  /** What the batch brings. */
  readonly interval: Values;
  /** Since the start of the run. */
  readonly total: Values;
}

/** One metric with one set of tags, over all workers. */
export type OutputSeries =
  | SeriesOf<'trend', TrendValues>
  | SeriesOf<'counter', CounterValues>
  | SeriesOf<'rate', RateValues>
  | SeriesOf<'gauge', GaugeValues>;

type SeriesOfType<Type extends MetricType> = Extract<OutputSeries, { type: Type }>;

/** One second of the run, or more where the seconds before it took the output longer than that. */
export interface OutputBatch {
  readonly from: Date;
  readonly to: Date;
  /** Series that changed. */
  readonly series: readonly OutputSeries[];
  /**
   * All series of a metric that have these tags, as one; undefined where there is none so far. Requests of setup and
   * teardown count only where `tags` names their `group`. Gauges of several series: the extremes of all, and the value of
   * one of them.
   */
  trend(metric: string, tags?: Readonly<Record<string, string>>): SeriesOfType<'trend'> | undefined;
  counter(metric: string, tags?: Readonly<Record<string, string>>): SeriesOfType<'counter'> | undefined;
  rate(metric: string, tags?: Readonly<Record<string, string>>): SeriesOfType<'rate'> | undefined;
  gauge(metric: string, tags?: Readonly<Record<string, string>>): SeriesOfType<'gauge'> | undefined;
}

export interface OutputSample {
  readonly metric: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  /** An increment of a counter, 0 or 1 of a rate. */
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Of HTTP requests. */
  readonly url: string | undefined;
}

/** The end summary, as `--summary-export` writes it; only what is named here is promised by these types. */
export interface OutputSummary {
  readonly run: {
    readonly script: string;
    /** ISO time. */
    readonly startedAt: string;
    readonly durationMs: number;
    readonly verdict: 'passed' | 'failed' | 'invalid' | 'aborted' | 'interrupted' | 'error';
    readonly exitCode: number;
    readonly reasons: readonly string[];
  };
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly type: MetricType;
        readonly unit: MetricUnit;
        readonly values: Readonly<Record<string, number>>;
        readonly thresholds?: readonly {
          readonly threshold: string;
          readonly ok: boolean;
          readonly value: number | null;
        }[];
      }
    >
  >;
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
}

/**
 * Every function may be left out, and may return a promise. One call of them is under way at a time. What they throw
 * loses what they were given, which is counted and said; a `RetryableError` of `batch` loses nothing.
 */
export interface OutputDefinition {
  /** What a call of `batch` may take before its signal aborts. Default 10s. */
  readonly timeout?: Duration;
  /** Before the load. What it throws refuses the run. */
  open?(run: OutputRun): void | Promise<void>;
  /** Once a second. */
  batch?(batch: OutputBatch, signal: AbortSignal): void | Promise<void>;
  /** Every single sample, some thousand at a time. Workers take samples only where an output has this. */
  samples?(samples: readonly OutputSample[]): void | Promise<void>;
  /** After the last batch: write out what is left. Gets 2 s. */
  close?(): void | Promise<void>;
  /** After the verdict. Gets 5 s. */
  summary?(summary: OutputSummary): void | Promise<void>;
}

export type OutputFactory = (context: OutputContext) => OutputDefinition | Promise<OutputDefinition>;
