/**
 * What the page shows, as data: of a run that ended, of one that goes on, or of what is left of one. Times in ms, rates
 * per second. Columns have one entry per step; `null` stands where a step has no value.
 */

import type { MetricUnit } from '../../dsl/metrics.ts';
import type { LiveState, Summary } from '../summary/model.ts';

export type Column = readonly (number | null)[];

/** Samples by time on a logarithmic scale, and the percentile curve. */
export interface Distribution {
  readonly count: number;
  /** Bins of `BINS_PER_DECADE`; entry i is bin `firstBin + i`. */
  readonly firstBin: number;
  readonly bins: readonly number[];
  /** Values at `curvePercentiles(count)`. */
  readonly curve: readonly number[];
}

export interface TrendColumns {
  readonly p50: Column;
  readonly p95: Column;
  readonly p99: Column;
  readonly max: Column;
}

/** The course of one metric over the whole run. */
export type MetricCourse = { readonly name: string; readonly unit: MetricUnit; readonly custom: boolean } & (
  | { readonly type: 'counter'; readonly perSecond: Column }
  | { readonly type: 'rate'; readonly passes: Column; readonly fails: Column }
  | ({ readonly type: 'trend'; readonly distribution?: Distribution } & TrendColumns)
  | { readonly type: 'gauge'; readonly value: Column }
);

export interface RowTimes {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** A scenario, a group, or a name of requests. */
export interface PageRow {
  readonly kind: 'scenario' | 'group' | 'request';
  /** `http`, `grpc`, `sql`, `redis`, `measure`, or the script's own. */
  readonly protocol: string;
  readonly method: string;
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  readonly times: RowTimes | null;
  /** Complete iterations and their times, of scenarios. */
  readonly iterations?: { readonly count: number; readonly times: RowTimes | null };
  /** Times of the group as a whole. */
  readonly groupTimes?: RowTimes;
  /** Undefined for rows that are not among the busiest. */
  readonly course?: { readonly rate: Column; readonly failed: Column } & TrendColumns;
  readonly distribution?: Distribution;
}

export interface PageCourse {
  /** Time that was reported on. */
  readonly toMs: number;
  readonly stepMs: number;
  readonly steps: number;
  readonly metrics: readonly MetricCourse[];
  /** All errors, per second. */
  readonly errors: Column;
  readonly rowStepMs: number;
  readonly rowSteps: number;
  readonly rows: readonly PageRow[];
  /** Rows by kind that there are beyond those in `rows`. */
  readonly hidden: Readonly<Record<PageRow['kind'], number>>;
}

export interface PageData {
  readonly schema: 'brunt/page@1';
  /** `partial`: the run's end is not known; the summary is made of what there is. */
  readonly state: 'running' | 'ended' | 'partial';
  /** Its longest lists are cut. */
  readonly summary: Summary;
  /** How much was cut. */
  readonly left: Readonly<Record<'requests' | 'checks' | 'errors' | 'metrics', number>>;
  readonly course: PageCourse;
  /** While it goes on. */
  readonly live?: LiveState;
}
