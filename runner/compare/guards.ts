/** Whether runs can be compared at all: only like with like gives an answer about the system. */

import type { RunFacts, RunIdentity } from './identity.ts';

export interface Concern {
  readonly severity: 'refuse' | 'warn';
  readonly message: string;
}

/** Distinct values over all runs, `undefined` where every run has the same. */
function differing(
  runs: readonly RunFacts[],
  of: (run: RunFacts) => string | undefined,
): readonly string[] | undefined {
  const values = [...new Set(runs.map(of))];
  return values.length > 1 ? values.map(String) : undefined;
}

/** Names of the options in which the runs differ. An option that a run does not have had its default, or none yet. */
function differingSettings(runs: readonly RunFacts[]): readonly string[] {
  const names = new Set(runs.flatMap(({ settings }) => [...settings.keys()]));
  return [...names].filter((name) => differing(runs, ({ settings }) => settings.get(name)) !== undefined);
}

export function concerns(runs: readonly RunIdentity[]): readonly Concern[] {
  const found: Concern[] = [];
  const refuse = (message: string) => found.push({ severity: 'refuse', message });
  const warn = (message: string) => found.push({ severity: 'warn', message });
  for (const { name, unusable } of runs) if (unusable !== undefined) refuse(`${name} ${unusable}`);
  const facts = runs.flatMap((run) => run.facts ?? []);
  const scripts = differing(facts, ({ script }) => script);
  if (scripts !== undefined) refuse(`the runs are of different scripts: ${scripts.join(', ')}`);
  const executors = differing(facts, (run) => run.executors);
  if (executors !== undefined) refuse(`the runs have different scenarios: ${executors.join(' / ')}`);
  else if (differing(facts, ({ load }) => load) !== undefined)
    refuse('the runs have different loads: options of their scenarios differ');
  const machines = differing(facts, (run) => String(run.machines));
  if (machines !== undefined) refuse(`the runs are of different numbers of machines: ${machines.join(', ')}`);
  const settings = differingSettings(facts);
  if (settings.length > 0) warn(`the runs had different options: ${settings.join(', ')}`);
  const workers = differing(facts, (run) => String(run.workers));
  if (workers !== undefined) warn(`the runs had different numbers of workers: ${workers.join(', ')}`);
  const versions = differing(facts, ({ version }) => version);
  if (versions !== undefined)
    warn(`the runs were made by different versions of Brunt: ${versions.join(', ')}`);
  const nodes = differing(facts, ({ node }) => node);
  if (nodes !== undefined) warn(`the runs were made on different versions of Node.js: ${nodes.join(', ')}`);
  return found;
}
