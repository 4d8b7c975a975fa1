/** From a script's path to everything that a run needs: bundle, options, rules, plan. Starts no load. */

import { resolve } from 'node:path';
import { ConfigError } from '../../dsl/errors.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';
import type { ScriptFacts, TagSelection } from '../../workers/messages.ts';
import { makePlan } from '../../workers/plan/plan.ts';
import type { RunPlan } from '../../workers/plan/types.ts';
import type { Selector } from '../aggregate/types.ts';
import type { Bundle } from '../bundle/bundle.ts';
import { withProbes } from '../capacity/measures.ts';
import type { Baseline } from '../compare/baseline.ts';
import { type Config, resolveConfig } from '../config/resolve.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { withBuiltinRules } from '../thresholds/builtin.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import {
  baselineRefusal,
  tagSelection,
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
  /** What a probe of a capacity scenario must meet, by the scenario's name. */
  readonly probeRules: ReadonlyMap<string, readonly ThresholdRule[]>;
  /** What the run is compared with. */
  readonly baseline: Baseline | undefined;
}

export interface PrepareInput {
  readonly script: string;
  readonly flags: RunFlags;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws ConfigError (exit 104) with every problem of options, thresholds and breakdown, or of the baseline. */
export async function prepare(bundle: Bundle, facts: ScriptFacts, input: PrepareInput): Promise<Prepared> {
  const { env, flags } = input;
  const hasBaseline = flags.baseline !== undefined;
  const config = await resolveConfig({
    scriptOptions: facts.options,
    exportedFunctions: facts.functions,
    flags,
    env,
    entry: bundle.entry,
    userFiles: bundle.inputs,
    checkTexts: ({ thresholds, probesFrom, breakdown, scenarios }) => [
      ...validateThresholds(
        thresholds,
        facts.customMetrics,
        scenarios,
        baselineRefusal(hasBaseline, probesFrom),
      ).problems,
      ...validateBreakdown(breakdown, facts.customMetrics, scenarios).problems,
    ],
  });
  const { options } = config;
  const names = options.scenarios.map((scenario) => scenario.name);
  const refusal = baselineRefusal(hasBaseline);
  const open = validateThresholds(options.thresholds, facts.customMetrics, names, refusal).rules;
  const { baseline, rules } = await withBaseline(open, config, input);
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
    rules: withBuiltinRules(rules, names, steady),
    breakdown: breakdown.selectors,
    selection: withProbes(
      tagSelection([...rules, ...[...probeRules.values()].flat()], options.breakdown),
      probeRules,
    ),
    probeRules,
    baseline,
  };
}

/** One iteration says nothing that could be compared. */
async function withBaseline(
  rules: readonly ThresholdRule[],
  { locate, options, thresholdSites }: Config,
  { cwd, flags, script }: PrepareInput,
): Promise<Pick<Prepared, 'baseline' | 'rules'>> {
  const name = flags.baseline;
  if (name === undefined || flags.once) return { baseline: undefined, rules };
  const [{ loadBaseline }, { identityOfPlanned }, { limitsFrom, subjectOfRule }] = await Promise.all([
    import('../compare/baseline.ts'),
    import('../compare/identity.ts'),
    import('../compare/limits.ts'),
  ]);
  const baseline = await loadBaseline({
    name,
    path: resolve(cwd, name),
    candidate: identityOfPlanned('this run', script, options),
    wanted: {
      usual: true,
      asked: rules.filter(({ term }) => term !== undefined).map(subjectOfRule),
    },
  });
  const limits = limitsFrom(rules, baseline.runs);
  if (limits.problems.length > 0) {
    throw new ConfigError(
      limits.problems.map(({ index, message, hint, offset }) => {
        const site = thresholdSites[index];
        const location = site && locate(site.path, 'value', offset);
        return {
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(location === undefined ? {} : { location }),
        };
      }),
    );
  }
  return { baseline, rules: limits.rules };
}
