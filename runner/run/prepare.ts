/** From a script's path to everything that a run needs: bundle, options, rules, plan. Starts no load. */

import type { ResolvedOptions } from '../../dsl/options.ts';
import type { ScriptFacts, TagSelection } from '../../workers/messages.ts';
import { makePlan } from '../../workers/plan/plan.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { Selector } from '../aggregate/types.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { withProbes } from '../capacity/measures.ts';
import { type Config, resolveConfig } from '../config/resolve.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { withBuiltinRules } from '../thresholds/builtin.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import { tagSelection, validateBreakdown, validateThresholds } from '../thresholds/validate.ts';

export interface Prepared {
  readonly options: ResolvedOptions;
  readonly config: Config;
  readonly plan: RunPlan;
  readonly rules: readonly ThresholdRule[];
  readonly breakdown: readonly Selector[];
  readonly selection: TagSelection;
  /** What a probe of a capacity scenario must meet, by the scenario's name. */
  readonly probeRules: ReadonlyMap<string, readonly ThresholdRule[]>;
}

/** Throws ConfigError (exit 104) with every problem of options, thresholds and breakdown. */
export async function prepare(
  bundle: Bundle,
  facts: ScriptFacts,
  flags: RunFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Prepared> {
  const config = await resolveConfig({
    scriptOptions: facts.options,
    exportedFunctions: facts.functions,
    flags,
    env,
    entry: bundle.entry,
    userFiles: bundle.inputs,
    checkTexts: ({ thresholds, breakdown, scenarios }) => [
      ...validateThresholds(thresholds, facts.customMetrics, scenarios).problems,
      ...validateBreakdown(breakdown, facts.customMetrics, scenarios).problems,
    ],
  });
  const { options } = config;
  const names = options.scenarios.map((scenario) => scenario.name);
  const thresholds = validateThresholds(options.thresholds, facts.customMetrics, names);
  const breakdown = validateBreakdown(options.breakdown, facts.customMetrics, names);
  const probeRules = new Map(
    options.scenarios
      .filter((scenario) => scenario.executor === 'capacity')
      .map(({ name, thresholds: own }) => [name, validateThresholds(own, facts.customMetrics, names).rules]),
  );
  // Probes above the capacity are meant to fail, so what goes wrong in them is judged by the search alone.
  const steady = names.filter((name) => !probeRules.has(name));
  return {
    options,
    config,
    plan: makePlan(options),
    rules: withBuiltinRules(thresholds.rules, names, steady),
    breakdown: breakdown.selectors,
    selection: withProbes(
      tagSelection([...thresholds.rules, ...[...probeRules.values()].flat()], options.breakdown),
      probeRules,
    ),
    probeRules,
  };
}
