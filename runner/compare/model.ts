/** A comparison as data: what `--json` writes, and what terminal and Markdown show. */

import type { MetricType, MetricUnit } from '../../dsl/metrics.ts';
import type { Judged, Verdict } from './verdict.ts';

/** One metric that was compared. Values are in the metric's unit, effects are shares: 0.1 is 10 % worse. */
export interface Compared extends Omit<Judged, 'effect'> {
  readonly metric: string;
  readonly stat: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  readonly higherIsBetter: boolean;
  /** Null where something came of nothing. */
  readonly effect: number | null;
  /** Of every run, in the order of the files. */
  readonly baseline: readonly number[];
  readonly candidate: readonly number[];
  /** Medians of these. */
  readonly baselineValue: number;
  readonly candidateValue: number;
  /** Why the verdict is no firmer: a part of a sentence. */
  readonly note?: string;
}

/** One that could not be compared. */
export interface Skipped {
  readonly metric: string;
  readonly reason: string;
}

export interface Comparison {
  readonly schema: 'brunt/comparison@1';
  /** The worst of the metrics' verdicts; within one run of each side it is never `regression`. */
  readonly verdict: Verdict;
  /** 0.05 is 5 %. */
  readonly margin: number;
  /** Candidate / baseline above which the comparison fails whatever the statistics say; null: no such limit. */
  readonly maxRatio: number | null;
  /** Metrics above `maxRatio`. */
  readonly overMaxRatio: readonly string[];
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  readonly metrics: readonly Compared[];
  readonly skipped: readonly Skipped[];
  readonly warnings: readonly string[];
}
