/**
 * A run told again from what was saved of it: its thresholds are judged as its reports pass by, as they were or would
 * have been while it ran, and its summary is made of what they held.
 */

import type { ResolvedThreshold } from '../../dsl/options.ts';
import type { Aggregate, Tracked } from '../aggregate/types.ts';
import { buildSummary, type RunFacts, trackSubMetrics } from '../summary/build.ts';
import type { ScenarioSummary, Summary } from '../summary/model.ts';
import { judgeValidity } from '../summary/validity.ts';
import { type Cause, decideVerdict, endCauses } from '../summary/verdict.ts';
import { withBuiltinRules } from '../thresholds/builtin.ts';
import { createJudge, type Judge } from '../thresholds/evaluate.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { baselineRefusal, validateBreakdown, validateThresholds } from '../thresholds/validate.ts';
import type { StartLine } from './format.ts';

/** What the plain form of options (`plainOptions`) says of thresholds. */
type PlainThreshold =
  | string
  | {
      readonly threshold: string;
      readonly abortOnFail: boolean;
      readonly delayAbortEval: number;
      readonly noData: 'fail' | 'pass';
    };

interface PlainOptions {
  readonly thresholds?: Readonly<Record<string, readonly PlainThreshold[]>>;
  readonly breakdown?: readonly string[];
  readonly summaryTrendStats?: readonly string[];
  readonly validity?: { readonly maxStartLag: number };
  readonly seed?: number;
}

function thresholdsOf({ thresholds = {} }: PlainOptions): readonly ResolvedThreshold[] {
  return Object.entries(thresholds).flatMap(([metric, texts]) =>
    texts.map((text) =>
      typeof text === 'string'
        ? { metric, threshold: text, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' }
        : {
            metric,
            threshold: text.threshold,
            abortOnFail: text.abortOnFail,
            delayAbortEvalMs: text.delayAbortEval,
            noData: text.noData,
          },
    ),
  );
}

/** A limit that refers to a baseline as the run had it; nothing where it had none. */
function withLimit(rule: ThresholdRule, { limits }: StartLine): readonly ThresholdRule[] {
  if (rule.term === undefined) return [rule];
  const found = limits.find(
    ({ metric, threshold }) => metric === rule.metric && threshold === rule.threshold,
  );
  if (found === undefined) return [];
  const { limit, baseline } = found;
  return [{ ...rule, limit, ...(baseline === undefined ? {} : { baseline }) }];
}

export interface RestoredFacts {
  readonly run: Omit<RunFacts, 'durationMs'>;
  readonly durationMs: number;
  readonly scenarios: Readonly<Record<string, ScenarioSummary>>;
  /** What is known of the run beside its measurements. */
  readonly causes: readonly Cause[];
  readonly advice?: readonly string[];
}

export class RestoredRun {
  readonly #start: StartLine;
  readonly #options: PlainOptions;
  readonly #aggregate: Aggregate;
  readonly #judge: Judge;
  readonly #subMetrics: readonly Tracked[];
  #toMs = 0;

  /** Before the first report is applied to the aggregate: windows of thresholds are followed from the start. */
  constructor(start: StartLine, aggregate: Aggregate) {
    this.#start = start;
    this.#aggregate = aggregate;
    this.#options = start.options as PlainOptions;
    const names = start.scenarios.map(({ name }) => name);
    const steady = start.scenarios.filter(({ executor }) => executor !== 'capacity').map(({ name }) => name);
    const thresholds = thresholdsOf(this.#options);
    const read = validateThresholds(thresholds, start.metrics, names, baselineRefusal(true));
    const rules = read.rules.flatMap((rule) => withLimit(rule, start));
    const { selectors } = validateBreakdown(this.#options.breakdown ?? [], start.metrics, names);
    this.#judge = createJudge(withBuiltinRules(rules, names, steady), aggregate, {
      loadEndMs: (name) =>
        Math.max(
          0,
          ...start.scenarios
            .filter((one) => name === undefined || one.name === name)
            .map(({ endMs }) => endMs),
        ),
    });
    this.#subMetrics = trackSubMetrics(aggregate, rules, selectors);
  }

  /** How far the reports reach. */
  get toMs(): number {
    return this.#toMs;
  }

  /** A report up to that time is to be applied: with the first of a second, all of the one before are there. */
  reporting(toMs: number): void {
    const isNext = Math.floor(toMs / 1000) > Math.floor(this.#toMs / 1000);
    // Thresholds over a window are judged as it goes by.
    if (isNext && this.#toMs > 0) this.#judge.evaluate(this.#toMs, false);
    this.#toMs = Math.max(this.#toMs, toMs);
  }

  summary({ advice = [], durationMs, run, scenarios, ...facts }: RestoredFacts): Summary {
    const aggregate = this.#aggregate;
    const { summaryTrendStats = ['avg', 'min', 'med', 'max'], breakdown = [], seed = 0 } = this.#options;
    aggregate.durationMs = durationMs;
    const judgement = this.#judge.evaluate(durationMs, true);
    const validity = judgeValidity(
      aggregate,
      this.#options.validity?.maxStartLag ?? Number.POSITIVE_INFINITY,
    );
    const causes = [...facts.causes, ...endCauses(judgement, validity)];
    return buildSummary({
      aggregate,
      options: { seed, summaryTrendStats, breakdown },
      plainOptions: this.#start.options,
      run: { ...run, durationMs },
      scenarios,
      subMetrics: this.#subMetrics,
      judgement,
      validity,
      advice,
      causes,
      decision: decideVerdict(causes),
    });
  }
}
