/** From a script's path to everything that a run needs: bundle, options, rules, plan. Starts no load. */

import { ConfigError, type Problem } from '../../dsl/errors.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import type { ScriptFacts, TagSelection } from '../../workers/messages.ts';
import { makePlan } from '../../workers/plan/plan.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { Selector } from '../aggregate/types.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { type Config, resolveConfig } from '../config/resolve.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { withBuiltinRules } from '../thresholds/builtin.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import {
  tagSelection,
  type ThresholdProblem,
  validateBreakdown,
  validateThresholds,
} from '../thresholds/validate.ts';

export interface Prepared {
  readonly options: ResolvedOptions;
  readonly config: Config;
  readonly plan: RunPlan;
  readonly rules: readonly ThresholdRule[];
  readonly breakdown: readonly Selector[];
  readonly selection: TagSelection;
}

/** Threshold problems with the place in the user's files put to them. */
function located(problems: readonly ThresholdProblem[], config: Config): Problem[] {
  return problems.map(({ index, part, offset, length: _length, ...problem }) => {
    const site = config.thresholdSites[index];
    const path =
      part === 'breakdown' ? ['breakdown', index] : part === 'metric' ? site?.metricPath : site?.path;
    if (path === undefined) return problem;
    const location = config.locate(path, part === 'metric' ? 'key' : 'value', offset);
    return location === undefined ? problem : { ...problem, location };
  });
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
  });
  const { options } = config;
  const names = options.scenarios.map((scenario) => scenario.name);
  const thresholds = validateThresholds(options.thresholds, facts.customMetrics, names);
  const breakdown = validateBreakdown(options.breakdown, facts.customMetrics, names);
  const problems = [...thresholds.problems, ...breakdown.problems];
  if (problems.length > 0) throw new ConfigError(located(problems, config));
  return {
    options,
    config,
    plan: makePlan(options),
    rules: withBuiltinRules(thresholds.rules, names),
    breakdown: breakdown.selectors,
    selection: tagSelection(thresholds.rules, options.breakdown),
  };
}
