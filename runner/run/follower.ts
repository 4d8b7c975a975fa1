/**
 * Whoever follows a run beside the terminal: the saved result, outputs, the dashboard. In order:
 *
 *     prepared      script, options and plan are known; nothing runs yet. May refuse the run by a BruntError
 *     started       the load begins
 *     snapshot      a worker's report, as often as one comes in (about one a second from each), or one of the main thread
 *     traces        requests that entered the slowest or first failing ones (`--trace-slowest`)
 *     second        every worker's report of a second was merged and judged
 *     finishing     the load and teardown are over; what is still under way is brought to its end. May add to the summary
 *     ended         here is the summary
 *
 * Instead of the last two `abandoned` where the user does not wait (a second Ctrl-C), and `discarded` where the load
 * never began. `live` (several times a second) and `log` come at any time, also before `prepared`. A follower that throws
 * elsewhere than in `prepared` is told of once and left out from then on: it never stops a run.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { SampleColumns } from '../../workers/record/sample-columns.ts';
import type { Aggregate } from '../aggregate/types.ts';
import type { Baseline } from '../compare/baseline.ts';
import type { LiveState, Summary, ThresholdResult } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';

export interface RunPreparation {
  /** Path of the script as given. */
  readonly script: string;
  readonly options: ResolvedOptions;
  readonly plan: RunPlan;
  readonly rules: readonly ThresholdRule[];
  readonly customMetrics: readonly MetricDef[];
  /** To be asked at any time; what is to be followed over time is to be tracked now, before the first snapshot. */
  readonly aggregate: Aggregate;
  /** What `--baseline` names. */
  readonly baseline: Baseline | undefined;
}

export interface RunSecond {
  /** Since the start of the load. */
  readonly atMs: number;
  readonly live: LiveState;
  /** Results of the script's thresholds as of now, by metric or sub-metric. */
  readonly thresholds: ReadonlyMap<string, readonly ThresholdResult[]>;
  /**
   * What the summary would be if the run ended now. Made when it is first asked for, from all series: ask only when
   * somebody wants to see it.
   */
  summary(): Summary;
}

/** What followers know that belongs in the summary. */
export type SummaryExtras = Partial<Pick<Summary, 'comparison' | 'outputs'>>;

export interface Findings extends SummaryExtras {
  /** What keeps the run from passing beside what is known of it. */
  readonly causes?: readonly Cause[];
}

export interface RunFollower {
  /** For messages: `--save`, `-o json=FILE`. */
  readonly name: string;
  /** Whether it writes to stdout: then everything else that goes there goes to stderr. */
  readonly usesStdout?: boolean | undefined;
  /** Why what it was asked for is not whole, once that is so: the run is then no success in every way. */
  readonly problem?: string | undefined;
  /** Where it can be looked at while the run goes on. */
  readonly url?: string | undefined;
  live?(state: LiveState): void;
  /** What the user is told while it runs: of the script's console, and warnings and errors of ours. */
  log?(level: LogLevel, text: string): void;
  prepared?(run: RunPreparation): void | Promise<void>;
  started?(at: Date): void;
  /** Encoded by `workers/record/snapshot.ts`; not to be changed, nor kept: their memory is used again. */
  snapshot?(bytes: ArrayBuffer): void;
  traces?(added: RequestTraces): void;
  /** Whether it wants every sample. Workers send them only where somebody does, as that costs. */
  readonly wantsSamples?: boolean | undefined;
  /** A batch of samples of one worker. */
  samples?(columns: SampleColumns): void;
  second?(second: RunSecond): void;
  /**
   * Must end by itself within a few seconds, whatever a receiver does. `summary` gives it as it is without what
   * followers add.
   */
  finishing?(summary: () => Summary): Findings | undefined | Promise<Findings | undefined>;
  ended?(summary: Summary): void | Promise<void>;
  abandoned?(summary: Summary): void;
  discarded?(): void;
}
