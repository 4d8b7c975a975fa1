/** Builds the summary of a run, or of the part of it that was measured. */

import type { MetricType } from '../../dsl/metrics.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import { ScenarioControl } from '../../workers/control.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { Aggregate, MetricState, Selector, Tracked } from '../aggregate/types.ts';
import type { Judgement } from '../thresholds/evaluate.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { formatSelector } from '../thresholds/selector.ts';
import { callRows } from './calls.ts';
import type {
  CheckSummary,
  GeneratorSummary,
  MetricSummary,
  ScenarioSummary,
  Summary,
  ThresholdResult,
} from './model.ts';
import { requestRows } from './requests.ts';
import type { Validity } from './validity.ts';
import type { Cause, Decision } from './verdict.ts';

/** Facts of the run that nothing else tells. */
export interface RunFacts {
  readonly script: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly version: string;
  /** Version of Node, such as `20.20.0`. */
  readonly node: string;
  readonly workers: number;
}

export interface SummaryInput {
  readonly aggregate: Aggregate;
  readonly options: Pick<ResolvedOptions, 'seed' | 'summaryTrendStats' | 'breakdown'>;
  /** All of them, in the names that users write. */
  readonly plainOptions: Summary['options'];
  readonly run: RunFacts;
  readonly scenarios: Readonly<Record<string, ScenarioSummary>>;
  /** What `trackSubMetrics` gave. */
  readonly subMetrics: readonly Tracked[];
  /** Last evaluation; undefined where no load was started. */
  readonly judgement: Judgement | undefined;
  readonly validity: Validity;
  /** What `GeneratorWatch` says of it. */
  readonly advice?: readonly string[];
  /** All of them, as given to `decideVerdict`. */
  readonly causes: readonly Cause[];
  readonly decision: Decision;
}

/** Counters of every scenario, as all threads share them; `over`: no iteration runs any more. */
export function scenarioSummaries(
  plan: RunPlan,
  control: SharedArrayBuffer,
  over = true,
): Readonly<Record<string, ScenarioSummary>> {
  return Object.fromEntries(
    plan.scenarios.map(({ name, executor, index }) => {
      const counters = new ScenarioControl(control, index);
      const summary = {
        executor,
        iterations: counters.get('complete'),
        failed: counters.get('failed'),
        // A worker that was lost counts nothing any more: what it had started was interrupted.
        interrupted: over
          ? counters.get('started') -
            counters.get('complete') -
            counters.get('failed') -
            counters.get('exhausted')
          : counters.get('interrupted'),
        dropped: counters.get('dropped'),
      };
      return [name, summary];
    }),
  );
}

/**
 * Registers the sub-metrics that the summary shows: those of thresholds and of `breakdown`. Call before the first
 * snapshot, after `createJudge` (which registers its windows).
 */
export function trackSubMetrics(
  aggregate: Aggregate,
  rules: readonly ThresholdRule[],
  breakdown: readonly Selector[],
): readonly Tracked[] {
  const selectors = [...rules.filter((rule) => !rule.builtin).map((rule) => rule.selector), ...breakdown];
  const unique = new Map(
    selectors.filter((s) => s.tags.length > 0).map((selector) => [formatSelector(selector), selector]),
  );
  return [...unique.values()].map((selector) => aggregate.track(selector));
}

export function buildSummary(input: SummaryInput): Summary {
  const { aggregate, options, run, decision } = input;
  const calls = callRows(aggregate);
  return {
    schema: 'brunt/summary@1',
    run: {
      script: run.script,
      startedAt: run.startedAt.toISOString(),
      durationMs: run.durationMs,
      verdict: decision.verdict,
      exitCode: decision.exitCode,
      reasons: decision.reasons,
      seed: options.seed,
      version: run.version,
      node: run.node,
      workers: run.workers,
    },
    options: input.plainOptions,
    scenarios: input.scenarios,
    metrics: metricSummaries(input),
    checks: checkSummaries(aggregate),
    requests: requestRows(aggregate),
    ...(calls.length === 0 ? {} : { calls }),
    errors: aggregate.errors().toSorted((a, b) => b.count - a.count),
    generator: generatorSummary(input),
  };
}

/** Every metric with data or thresholds, each followed by its sub-metrics. */
function metricSummaries(input: SummaryInput): Readonly<Record<string, MetricSummary>> {
  const { aggregate, options, judgement } = input;
  const stats = options.summaryTrendStats;
  const splitKeys = options.breakdown.map((entry) => entry.trim()).filter((entry) => !entry.includes('{'));
  const result: Record<string, MetricSummary> = {};
  const put = (key: string, state: MetricState) => {
    result[key] ??= metricSummary(state, stats, judgement?.results.get(key));
  };
  const putSubMetrics = (metric: string) => {
    for (const state of input.subMetrics) {
      const key = formatSelector(state.selector);
      if (state.selector.metric === metric && (state.samples > 0 || judgement?.results.has(key)))
        put(key, state);
    }
    for (const key of splitKeys) {
      for (const state of aggregate.grouped(metric, [key])) {
        const value = state.tags.get(key);
        if (value !== undefined) put(formatSelector({ metric, tags: [[key, value]] }), state);
      }
    }
  };

  const withData = aggregate.metrics().filter((state) => state.samples > 0);
  for (const state of withData) {
    put(state.selector.metric, state);
    putSubMetrics(state.selector.metric);
  }
  // Thresholds on metrics without any data: their failure has to stand somewhere.
  for (const state of input.subMetrics) putSubMetrics(state.selector.metric);
  for (const metric of judgement?.results.keys() ?? []) {
    if (!metric.includes('{')) put(metric, aggregate.track({ metric, tags: [] }));
  }
  return result;
}

const NO_VALUES: Readonly<Record<MetricType, Readonly<Record<string, number>>>> = {
  trend: { count: 0 },
  counter: { count: 0, rate: 0 },
  rate: { passes: 0, fails: 0 },
  gauge: {},
};

const VALUES: Readonly<Record<Exclude<MetricType, 'trend'>, readonly string[]>> = {
  counter: ['count', 'rate'],
  rate: ['rate', 'passes', 'fails'],
  gauge: ['value', 'min', 'max'],
};

/** What the tables of the end summary show, whatever `summaryTrendStats` asks for besides. */
const SHOWN = ['max', 'p(50)', 'p(95)', 'p(99)'] as const;

function metricSummary(
  state: MetricState,
  trendStats: readonly string[],
  thresholds: readonly ThresholdResult[] | undefined,
): MetricSummary {
  const { type, unit } = state.def;
  const stats = type === 'trend' ? [...new Set(['count', ...trendStats, ...SHOWN])] : VALUES[type];
  const values: Record<string, number> = {};
  if (state.samples === 0) Object.assign(values, NO_VALUES[type]);
  else {
    for (const stat of stats) {
      const value = state.stat(stat);
      if (value !== undefined && Number.isFinite(value)) values[stat] = value;
    }
  }
  return { type, unit, values, ...(thresholds === undefined ? {} : { thresholds }) };
}

/** In the order in which groups, and checks within them, first came up. */
function checkSummaries(aggregate: Aggregate): readonly CheckSummary[] {
  const byGroup = new Map<string, CheckSummary[]>();
  for (const state of aggregate.grouped('checks', ['group', 'check'])) {
    const group = state.tags.get('group') ?? '';
    const check = {
      name: state.tags.get('check') ?? '',
      group,
      passes: state.stat('passes') ?? 0,
      fails: state.stat('fails') ?? 0,
    };
    const list = byGroup.get(group);
    if (list === undefined) byGroup.set(group, [check]);
    else list.push(check);
  }
  return [...byGroup.values()].flat();
}

function generatorSummary({ aggregate, validity, advice = [], causes }: SummaryInput): GeneratorSummary {
  const invalid = causes.filter((cause) => cause.exitCode === 96).map((cause) => cause.reason);
  const maxOf = (name: string) =>
    aggregate
      .metrics()
      .find((m) => m.def.name === name)
      ?.stat('max') ?? 0;
  return {
    valid: validity.valid && invalid.length === 0,
    startLagP99Ms: validity.startLagP99Ms,
    loopBusyMax: maxOf('generator_loop_busy'),
    memoryMaxBytes: maxOf('generator_memory'),
    notes: [...new Set([...invalid, ...advice, ...aggregate.warnings()])],
  };
}
