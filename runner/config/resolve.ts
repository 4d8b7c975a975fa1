/**
 * From layers to options that a run can use: merges script, variables and flags, checks everything, fills in every
 * default, and either returns the whole or throws one error with every problem.
 */

import { availableParallelism } from 'node:os';
import { ConfigError, type Problem } from '../../dsl/errors.ts';
import type { ResolvedOptions, ResolvedScenario, ResolvedThreshold } from '../../dsl/options.ts';
import { EXECUTORS, SCENARIO_KEYS } from './executors.ts';
import { type Input, isRecord, membersOf, subject } from './input.ts';
import { mergeLayers, misspelledVariables, scriptLayer, settingsLayer, variableLayer } from './layers.ts';
import { readLoad, type ShortcutWarning } from './load.ts';
import { createLocate, type Locate } from './locate.ts';
import { OPTION_KEYS, readGeneralOptions, reportUnknownOptions } from './options.ts';
import { Problems } from './problems.ts';
import { Provenance } from './provenance.ts';
import type { RunFlags } from './run-flags.ts';
import { leftOutWarning, onlyOnce, selectScenarios, selectThresholds } from './select.ts';
import { readThresholds, type ThresholdSite } from './threshold-inputs.ts';

export interface ConfigInput {
  /** The script's `options` export; undefined where it has none. */
  readonly scriptOptions: unknown;
  /** Names of the functions that the script exports, `default` included. */
  readonly exportedFunctions: readonly string[];
  readonly flags: RunFlags;
  /** The process's variables, of which `BRUNT_*` set options. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the script. */
  readonly entry: string;
  /** Absolute paths of the user's files in the bundle. */
  readonly userFiles: readonly string[];
  /**
   * Checks what the texts of thresholds and `breakdown` mean. Asked also where other options are wrong, so that all
   * problems are told at once.
   */
  readonly checkTexts?: (texts: ConfigTexts) => readonly TextProblem[];
}

export interface ConfigTexts {
  /** Those of the run, then those that probes of capacity scenarios have to meet. */
  readonly thresholds: readonly ResolvedThreshold[];
  /** Where the latter begin. */
  readonly probesFrom: number;
  readonly breakdown: readonly string[];
  /** Names of the scenarios that will run. */
  readonly scenarios: readonly string[];
}

/** A problem inside one of the texts: `index` counts in its list, `offset` in characters of the text. */
export interface TextProblem extends Problem {
  readonly part: 'metric' | 'threshold' | 'breakdown';
  readonly index: number;
  readonly offset: number;
}

export interface Config {
  readonly options: ResolvedOptions;
  /** Where each leaf came from. */
  readonly sources: Provenance;
  /** Finds an option in the user's files. Costly the first time; meant for problems. */
  readonly locate: Locate;
  /** Where each of `options.thresholds` was written, in the same order. */
  readonly thresholdSites: readonly ThresholdSite[];
  /** Settings without effect and the like: for the user to see, not to stop the run. */
  readonly warnings: readonly Problem[];
}

/** @throws ConfigError (exit 104) with every problem found. */
export async function resolveConfig(input: ConfigInput): Promise<Config> {
  const { flags, env, entry } = input;
  const problems = new Problems();
  const warnings = new Problems();
  const sources = new Provenance();
  const locate = createLocate(entry, input.userFiles);

  const layer = mergeLayers([
    scriptLayer(input.scriptOptions, problems),
    variableLayer(env, problems),
    settingsLayer(flags.given, problems),
  ]);
  const scenarioKeys = new Set<string>([
    ...SCENARIO_KEYS,
    ...Object.values(EXECUTORS).flatMap((e) => e.keys),
  ]);
  reportUnknownOptions(layer, scenarioKeys, problems);

  const warn: ShortcutWarning = (at, message, hint) => {
    // One iteration asks for neither VUs nor workers.
    if (!flags.once) warnings.add(at, message, hint);
  };
  const context = { problems, sources, functions: input.exportedFunctions, optionKeys: new Set(OPTION_KEYS) };
  const all = readLoad(layer, context, warn);
  const general = readGeneralOptions(layer, problems, sources);
  const sites = readThresholds(layer.get('thresholds'), problems, sources);

  const names = scenarioNames(layer.get('scenarios'), all);
  const selected = selectScenarios(all, names, flags, problems, sources);
  const judged = !flags.once && !flags.noThresholds;
  const running =
    flags.scenarios.length === 0 ? names : names.filter((name) => flags.scenarios.includes(name));
  const { kept, left } = selectThresholds(judged ? sites : [], names, running);
  const thresholds = kept.map((site) => site.threshold);
  const checked = [...kept, ...probeSites(layer.get('scenarios'), flags.once ? [] : selected)];
  const texts = {
    thresholds: checked.map((site) => site.threshold),
    probesFrom: kept.length,
    breakdown: general.breakdown,
    scenarios: running,
  };
  const textProblems = (input.checkTexts?.(texts) ?? []).map((p) => located(p, checked, locate));
  const found = [...problems.finish(locate, entry), ...textProblems];
  if (found.length > 0) throw new ConfigError(found);

  const scenarios = flags.once ? onlyOnce(selected, flags, sources) : selected;
  const workers = chooseWorkers(general.workers, scenarios, layer.get('workers'), sources, warn);

  const told = [leftOutWarning(left)].filter((w) => w !== undefined);
  return {
    options: { ...general, scenarios, thresholds, workers },
    sources,
    locate,
    thresholdSites: kept,
    warnings: [...warnings.finish(locate, entry), ...misspelledVariables(env), ...told],
  };
}

/** Where the thresholds of capacity scenarios were written; that they have the right shape was checked before. */
function probeSites(input: Input | undefined, scenarios: readonly ResolvedScenario[]): ThresholdSite[] {
  const written = input && membersOf(input);
  return scenarios
    .filter((scenario) => scenario.executor === 'capacity')
    .flatMap(({ name }) => {
      const scenario = written?.get(name);
      const thresholds = scenario && membersOf(scenario)?.get('thresholds');
      return readThresholds(thresholds, new Problems(), new Provenance());
    });
}

/** Puts a problem inside a text to its place in the script. */
function located(found: TextProblem, sites: readonly ThresholdSite[], locate: Locate): Problem {
  const { part, index, offset, message, hint, where } = found;
  const site = sites[index];
  const path =
    part === 'breakdown' ? ['breakdown', index] : part === 'metric' ? site?.metricPath : site?.path;
  const location = path && locate(path, part === 'metric' ? 'key' : 'value', offset);
  return {
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    ...(location === undefined ? {} : { location }),
  };
}

/** All names, also of scenarios with a problem of their own, so that naming one is not reported as a second. */
function scenarioNames(input: Input | undefined, scenarios: readonly ResolvedScenario[]): string[] {
  if (input === undefined || !isRecord(input.value))
    return scenarios.length === 0 ? ['default'] : scenarios.map((s) => s.name);
  return Object.keys(input.value);
}

/** Most VUs that a scenario can have at a time. */
function mostVUs(scenario: ResolvedScenario): number {
  switch (scenario.executor) {
    case 'shared-iterations':
    case 'per-vu-iterations':
    case 'constant-vus':
      return scenario.vus;
    case 'ramping-vus':
      return Math.max(scenario.startVUs, ...scenario.stages.map((stage) => stage.target));
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
    case 'burst':
    case 'capacity':
      return scenario.maxVUs;
  }
}

/** One per core unless told, and never more than VUs: a thread without a VU would only cost memory. */
function chooseWorkers(
  wanted: number | undefined,
  scenarios: readonly ResolvedScenario[],
  input: Input | undefined,
  sources: Provenance,
  warn: ShortcutWarning,
): number {
  const most = Math.max(
    1,
    scenarios.reduce((sum, scenario) => sum + mostVUs(scenario), 0),
  );
  if (wanted !== undefined && input !== undefined) {
    if (wanted > most) {
      warn(
        input,
        `${subject(input)} is ${wanted}, but there ${most === 1 ? 'is 1 VU' : `are ${most} VUs`}: ${most} will run.`,
        'A worker needs at least one VU.',
      );
    }
    return Math.min(wanted, most);
  }
  const chosen = Math.min(availableParallelism(), most);
  sources.record(['workers'], chosen, { layer: 'default' });
  return chosen;
}
