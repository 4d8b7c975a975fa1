/** What `--scenario`, `--once` and `--no-thresholds` leave of the resolved options. */

import type { Problem } from '../../dsl/errors.ts';
import type { ResolvedScenario } from '../../dsl/options.ts';
import { DEFAULT_MAX_DURATION_MS } from './executors.ts';
import { show } from './input.ts';
import { SHORTCUT_SCENARIO } from './load.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';
import type { Provenance } from './provenance.ts';
import type { RunFlags } from './run-flags.ts';
import type { ThresholdSite } from './threshold-inputs.ts';

/** The scenarios that `--scenario` names, in the order of the script; all of them where it names none. */
export function selectScenarios(
  scenarios: readonly ResolvedScenario[],
  names: readonly string[],
  { scenarios: wanted, scenariosBy }: RunFlags,
  problems: Problems,
  sources: Provenance,
): readonly ResolvedScenario[] {
  if (wanted.length === 0) return scenarios;
  const input = { value: wanted, path: ['scenario'], source: scenariosBy, text: true };
  for (const name of wanted) {
    if (names.includes(name)) continue;
    const hint = didYouMean(name, names) ?? `The script has ${names.map((n) => `\`${n}\``).join(', ')}.`;
    problems.add(
      input,
      `${scenariosBy.name} names ${show(name)}, but the script has no such scenario.`,
      hint,
    );
  }
  for (const name of names) if (!wanted.includes(name)) sources.drop(['scenarios', name]);
  return scenarios.filter((scenario) => wanted.includes(scenario.name));
}

/** Each scenario that was chosen by name, else `default` or the first, as one iteration of one VU that starts at once. */
export function onlyOnce(
  scenarios: readonly ResolvedScenario[],
  flags: RunFlags,
  sources: Provenance,
): readonly ResolvedScenario[] {
  const chosen =
    flags.scenarios.length > 0
      ? scenarios
      : [scenarios.find((s) => s.name === SHORTCUT_SCENARIO) ?? scenarios[0]].filter((s) => s !== undefined);
  return chosen.map((scenario) => {
    const { name, exec, gracefulStopMs, env, tags } = scenario;
    sources.drop(['scenarios', name]);
    const once = { executor: 'shared-iterations', vus: 1, iterations: 1, maxDuration: '10m' } as const;
    for (const [key, value] of Object.entries(once)) {
      sources.record(['scenarios', name, key], value, { layer: 'flag', name: '--once' });
    }
    return {
      name,
      exec,
      startTimeMs: 0,
      gracefulStopMs,
      env,
      tags,
      executor: once.executor,
      vus: once.vus,
      iterations: once.iterations,
      maxDurationMs: DEFAULT_MAX_DURATION_MS,
    };
  });
}

const SCENARIO_TAG = /[{,]\s*scenario\s*:\s*(?:"([^"]*)"|'([^']*)'|([^,}]*))/;

/**
 * Thresholds without those on scenarios that this run leaves out, which would fail for want of data. One that names a
 * scenario which the script does not have at all stays, to be refused as a mistake.
 */
export function selectThresholds(
  sites: readonly ThresholdSite[],
  all: readonly string[],
  running: readonly string[],
): { readonly kept: readonly ThresholdSite[]; readonly left: readonly ThresholdSite[] } {
  const leftOut = new Set(all.filter((name) => !running.includes(name)));
  const kept: ThresholdSite[] = [];
  const left: ThresholdSite[] = [];
  for (const site of sites) {
    const tag = SCENARIO_TAG.exec(site.threshold.metric);
    const name = tag?.[1] ?? tag?.[2] ?? tag?.[3]?.trim();
    (name !== undefined && leftOut.has(name) ? left : kept).push(site);
  }
  return { kept, left };
}

export function leftOutWarning(left: readonly ThresholdSite[]): Problem | undefined {
  if (left.length === 0) return undefined;
  const names = [...new Set(left.map((site) => site.threshold.metric))].join(', ');
  return { message: `Not judged, as their scenarios do not run: ${names}.` };
}
