/** What was measured of one probe: the series with its tag, merged over all workers. */

import type { TagSelection } from '../../workers/messages.ts';
import type { Aggregate, MetricState, Selector } from '../aggregate/types.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import type { Measured } from './judge.ts';

/** Metrics that every probe is described by, whatever its thresholds are. */
const DESCRIBING = [
  'http_req_failed',
  'iterations',
  'iteration_duration',
  'iteration_response_time',
  'iteration_start_lag',
  'iteration_errors',
  'dropped_iterations',
  'generator_start_lag',
] as const;

const TAG = 'probe';

/** Adds what makes probes tell apart: the tag `probe`, for the metrics that are asked for by probe and no others. */
export function withProbes(
  selection: TagSelection,
  rules: ReadonlyMap<string, readonly ThresholdRule[]>,
): TagSelection {
  if (rules.size === 0) return selection;
  const byMetric: Record<string, readonly string[]> = { ...selection.byMetric };
  const judged = [...rules.values()].flat().map((rule) => rule.selector.metric);
  for (const metric of new Set([...DESCRIBING, ...judged])) {
    byMetric[metric] = [...new Set([...(byMetric[metric] ?? []), 'scenario', TAG])];
  }
  return { ...selection, byMetric };
}

/** The measurements of one probe's window; complete when every worker has sent its last snapshot of the probe. */
export class ProbeMeasures {
  readonly #aggregate: Aggregate;
  readonly #tags: Selector['tags'];
  readonly #windowMs: number;

  constructor(aggregate: Aggregate, scenario: string, probe: number, windowMs: number) {
    this.#aggregate = aggregate;
    this.#tags = [
      ['scenario', scenario],
      [TAG, String(probe)],
    ];
    this.#windowMs = windowMs;
  }

  state(metric: (typeof DESCRIBING)[number]): MetricState {
    return this.#select({ metric, tags: [] });
  }

  /** The value of a threshold's statistic; rates of counters are per second of the window. */
  measure(rule: ThresholdRule): Measured {
    const state = this.#select(rule.selector);
    const { measure, def } = rule;
    const { samples } = state;
    if (measure.kind !== 'stat') return { rule, value: undefined, samples };
    if (def.type === 'counter') {
      // A counter that nobody counted is at zero if it is one of Brunt's own.
      const count = state.stat('count') ?? (def.custom ? undefined : 0);
      const value = measure.stat === 'rate' && count !== undefined ? (count * 1000) / this.#windowMs : count;
      return { rule, value, samples };
    }
    return { rule, value: samples === 0 ? undefined : state.stat(measure.stat), samples };
  }

  #select({ metric, tags }: Selector): MetricState {
    const own = tags.filter(([key]) => !this.#tags.some(([name]) => name === key));
    return this.#aggregate.track({ metric, tags: [...own, ...this.#tags] });
  }
}
