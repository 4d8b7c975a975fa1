/**
 * The summary of a run that never came to its end, of what its file holds. Its thresholds are judged as of the end of the
 * data; what only the shared memory of its threads knew (interrupted iterations, the course of a capacity search) is
 * not there.
 */

import { EXIT } from '../../dsl/errors.ts';
import type { ResolvedThreshold } from '../../dsl/options.ts';
import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { Aggregate, Tracked } from '../aggregate/types.ts';
import { buildSummary, trackSubMetrics } from '../summary/build.ts';
import type { ScenarioSummary, Summary } from '../summary/model.ts';
import { judgeValidity } from '../summary/validity.ts';
import { type Cause, decideVerdict, endCauses } from '../summary/verdict.ts';
import { formatSpan } from '../terminal/format.ts';
import { withBuiltinRules } from '../thresholds/builtin.ts';
import { createJudge, type Judge } from '../thresholds/evaluate.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { baselineRefusal, validateBreakdown, validateThresholds } from '../thresholds/validate.ts';
import type { HeadLine, StartLine } from './format.ts';

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

/** Counted per scenario by the workers. */
function scenariosOf(aggregate: Aggregate, start: StartLine): Readonly<Record<string, ScenarioSummary>> {
  const counts = (metric: string): ReadonlyMap<string, number> =>
    new Map(
      aggregate
        .grouped(metric, ['scenario'])
        .map((state) => [state.tags.get('scenario') ?? '', state.stat('count') ?? 0]),
    );
  const complete = counts('iterations');
  const failed = counts('iteration_errors');
  const dropped = counts('dropped_iterations');
  return Object.fromEntries(
    start.scenarios.map(({ name, executor }) => [
      name,
      {
        executor,
        iterations: complete.get(name) ?? 0,
        failed: failed.get(name) ?? 0,
        interrupted: 0,
        dropped: dropped.get(name) ?? 0,
      },
    ]),
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

export class PartialResult {
  readonly #head: HeadLine;
  readonly #start: StartLine;
  readonly #options: PlainOptions;
  readonly #aggregate: Aggregate;
  readonly #judge: Judge;
  readonly #subMetrics: readonly Tracked[];
  #toMs = 0;

  /** Before the first report is applied to the aggregate: windows of thresholds are followed from the start. */
  constructor(head: HeadLine, start: StartLine, aggregate: Aggregate) {
    this.#head = head;
    this.#start = start;
    this.#aggregate = aggregate;
    this.#options = start.options as PlainOptions;
    const names = start.scenarios.map(({ name }) => name);
    const steady = start.scenarios.filter(({ executor }) => executor !== 'capacity').map(({ name }) => name);
    const { rules: written } = validateThresholds(
      thresholdsOf(this.#options),
      start.metrics,
      names,
      baselineRefusal(true),
    );
    const rules = written.flatMap((rule) => withLimit(rule, start));
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

  /** A report up to that time is to be applied: with the first of a second, all of the one before are there. */
  reporting(toMs: number): void {
    const isNext = Math.floor(toMs / 1000) > Math.floor(this.#toMs / 1000);
    // Thresholds over a window are judged as it goes by.
    if (isNext && this.#toMs > 0) this.#judge.evaluate(this.#toMs, false);
    this.#toMs = Math.max(this.#toMs, toMs);
  }

  #plannedMs(): number {
    const timed = this.#start.scenarios.filter(({ executor }) => !/iterations$|^capacity$/.test(executor));
    return Math.max(0, ...timed.map(({ endMs }) => endMs));
  }

  summary(traces: RequestTraces | undefined): Summary {
    const toMs = this.#toMs;
    const aggregate = this.#aggregate;
    const { summaryTrendStats = ['avg', 'min', 'med', 'max'], breakdown = [], seed = 0 } = this.#options;
    const judgement = this.#judge.evaluate(toMs, true);
    const validity = judgeValidity(
      aggregate,
      this.#options.validity?.maxStartLag ?? Number.POSITIVE_INFINITY,
    );
    const causes: readonly Cause[] = [
      {
        exitCode: EXIT.interrupted,
        reason: `the run did not come to its end: this is what it had measured after ${formatSpan(toMs)}`,
      },
      ...endCauses(judgement, validity),
    ];
    const summary = buildSummary({
      aggregate,
      options: { seed, summaryTrendStats, breakdown },
      plainOptions: this.#start.options,
      run: {
        script: this.#head.script,
        startedAt: new Date(this.#start.startedAt),
        durationMs: toMs,
        version: this.#head.version,
        node: this.#start.node,
        workers: this.#start.workers,
      },
      scenarios: scenariosOf(aggregate, this.#start),
      subMetrics: this.#subMetrics,
      judgement,
      validity,
      causes,
      decision: decideVerdict(causes),
    });
    return {
      ...summary,
      ...(traces === undefined ? {} : { traces }),
      partial: { toMs, plannedMs: this.#plannedMs() },
    };
  }
}
