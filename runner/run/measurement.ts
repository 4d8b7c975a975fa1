/** What a run has measured: merged as it comes in, judged every second, summed up at any time. */

import { BUILTIN_METRICS, type MetricDef } from '../../dsl/metrics.ts';
import { plannedEndMs } from '../../workers/plan/plan.ts';
import { createAggregate } from '../aggregate/aggregate.ts';
import type { Aggregate, Tracked } from '../aggregate/types.ts';
import type { CapacityTeam } from '../capacity/team.ts';
import { bruntVersion } from '../config/version.ts';
import { buildSummary, type RunFacts, scenarioSummaries, trackSubMetrics } from '../summary/build.ts';
import { GeneratorWatch } from '../summary/generator-watch.ts';
import type { Summary } from '../summary/model.ts';
import { plainOptions } from '../summary/options.ts';
import { judgeValidity } from '../summary/validity.ts';
import { type Cause, decideVerdict, endCauses } from '../summary/verdict.ts';
import { createJudge, type Judge, type Judgement } from '../thresholds/evaluate.ts';
import { LiveMeter } from './live-state.ts';
import type { Prepared } from './prepare.ts';

export interface SummaryFacts extends Pick<RunFacts, 'script' | 'startedAt' | 'durationMs'> {
  /** What happened, in order. */
  readonly causes: readonly Cause[];
  /** Shared counters of the scenarios. */
  readonly control: SharedArrayBuffer;
  /** Undefined where the load was never started: then nothing is judged. */
  readonly capacity: CapacityTeam | undefined;
}

export class Measurement {
  readonly aggregate: Aggregate;
  readonly meter: LiveMeter;
  readonly #prepared: Prepared;
  readonly #judge: Judge;
  readonly #subMetrics: readonly Tracked[];
  readonly #watch: GeneratorWatch;
  /** Workers whose report of the current second is in. */
  readonly #reported = new Set<number>();
  #judgement: Judgement | undefined;

  /** `endedMs`: when the load was told to end before its time, or did end; undefined while it goes on as planned. */
  constructor(prepared: Prepared, customMetrics: readonly MetricDef[], endedMs: () => number | undefined) {
    const { plan, rules, breakdown } = prepared;
    this.#prepared = prepared;
    this.aggregate = createAggregate([...BUILTIN_METRICS, ...customMetrics]);
    this.#judge = createJudge(rules, this.aggregate, {
      loadEndMs: (name) => endedMs() ?? plannedEndMs(plan, name),
    });
    this.#subMetrics = trackSubMetrics(this.aggregate, rules, breakdown);
    this.#watch = new GeneratorWatch(this.aggregate, plan);
    this.meter = new LiveMeter(this.aggregate);
  }

  /** Merges a worker's report; true when every worker's report of this second is in. */
  add(bytes: ArrayBuffer, worker: number): boolean {
    this.aggregate.apply(bytes);
    this.#reported.add(worker);
    return this.#reported.size >= this.#prepared.plan.workers;
  }

  /** Whether some worker has reported since the last judgement. */
  get pending(): boolean {
    return this.#reported.size > 0;
  }

  /** Judges the rules as of now; the rule that is to end the run, if there is one. */
  judge(atMs: number): Judgement['abort'] {
    this.#reported.clear();
    this.#judgement = this.#judge.evaluate(atMs, false);
    return this.#judgement.abort;
  }

  /** The script's thresholds as of the last judgement. */
  get thresholds(): Judgement['results'] {
    return this.#judgement?.results ?? new Map();
  }

  /** The script's thresholds that fail now. */
  failing(): readonly string[] {
    return (this.#judgement?.failures ?? [])
      .filter(({ rule }) => !rule.builtin)
      .map(({ rule }) => `${rule.metric} ${rule.threshold}`);
  }

  /** The result of a run that is over. */
  summarize(facts: SummaryFacts): Summary {
    const { capacity, durationMs } = facts;
    this.aggregate.durationMs = durationMs;
    return this.#summary(
      facts,
      capacity === undefined ? undefined : this.#judge.evaluate(durationMs, true),
      true,
    );
  }

  /** What it would be by the last judgement, while the run goes on: nothing is judged for good. */
  summarizeNow(facts: SummaryFacts): Summary {
    return this.#summary(facts, this.#judgement, false);
  }

  #summary(facts: SummaryFacts, judgement: Judgement | undefined, over: boolean): Summary {
    const { options, plan } = this.#prepared;
    const { capacity, durationMs, script, startedAt } = facts;
    const validity = judgeValidity(this.aggregate, options.validity.maxStartLagMs, this.#watch.filled);
    const causes = [
      ...facts.causes,
      ...(judgement === undefined ? [] : endCauses(judgement, validity)),
      ...(capacity?.causes() ?? []),
    ];
    const scenarios = scenarioSummaries(plan, facts.control, over);
    const run = { version: bruntVersion(), node: process.version.slice(1), workers: plan.workers };
    return buildSummary({
      aggregate: this.aggregate,
      options,
      plainOptions: plainOptions(options),
      run: { script, startedAt, durationMs, ...run },
      scenarios: capacity?.complete(scenarios) ?? scenarios,
      subMetrics: this.#subMetrics,
      judgement,
      validity,
      advice: this.#watch.notes(validity),
      causes,
      decision: decideVerdict(causes),
    });
  }
}
