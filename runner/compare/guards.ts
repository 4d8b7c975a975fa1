/** Whether runs can be compared at all: only like with like gives an answer about the system. */

import { basename } from 'node:path';
import type { SavedResult } from '../results/result.ts';
import type { Summary } from '../summary/model.ts';

export interface Concern {
  readonly severity: 'refuse' | 'warn';
  readonly message: string;
}

/** Of a scenario, what shapes the load. */
const NO_LOAD = new Set(['thresholds', 'tags', 'env', 'exec']);

function loadOf(summary: Summary): string {
  const scenarios = (summary.options.scenarios ?? {}) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  const plain = Object.entries(scenarios)
    .map(([name, scenario]) => {
      const entries = Object.entries(scenario ?? {}).filter(([key]) => !NO_LOAD.has(key));
      return [name, entries.sort(([a], [b]) => (a < b ? -1 : 1))] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(plain);
}

function executorsOf(summary: Summary): string {
  return Object.entries(summary.scenarios)
    .map(([name, { executor }]) => `${name}: ${executor}`)
    .sort()
    .join(', ');
}

/** Distinct values over all runs, `undefined` where every run has the same. */
function differing(
  runs: readonly Summary[],
  of: (summary: Summary) => string,
): readonly string[] | undefined {
  const values = [...new Set(runs.map(of))];
  return values.length > 1 ? values : undefined;
}

const UNFINISHED: ReadonlySet<string> = new Set(['aborted', 'interrupted', 'error']);

export function concerns(results: readonly SavedResult[]): readonly Concern[] {
  const found: Concern[] = [];
  const refuse = (message: string) => found.push({ severity: 'refuse', message });
  const warn = (message: string) => found.push({ severity: 'warn', message });
  const runs: Summary[] = [];
  for (const { file, summary } of results) {
    if (summary === undefined) {
      refuse(`${file} is partial: its run never came to its end`);
      continue;
    }
    runs.push(summary);
    const { verdict } = summary.run;
    if (!summary.generator.valid)
      refuse(`${file} is invalid: the generator, not the system, shaped its numbers`);
    else if (UNFINISHED.has(verdict)) refuse(`${file} did not run to its end: ${verdict}`);
  }
  const scripts = differing(runs, ({ run }) => basename(run.script));
  if (scripts !== undefined) refuse(`the runs are of different scripts: ${scripts.join(', ')}`);
  const executors = differing(runs, executorsOf);
  if (executors !== undefined) refuse(`the runs have different scenarios: ${executors.join(' / ')}`);
  else if (differing(runs, loadOf) !== undefined)
    refuse('the runs have different loads: options of their scenarios differ');
  const workers = differing(runs, ({ run }) => String(run.workers));
  if (workers !== undefined) warn(`the runs had different numbers of workers: ${workers.join(', ')}`);
  const versions = differing(runs, ({ run }) => run.version);
  if (versions !== undefined)
    warn(`the runs were made by different versions of Brunt: ${versions.join(', ')}`);
  const nodes = differing(runs, ({ run }) => run.node.split('.', 1)[0] as string);
  if (nodes !== undefined) warn(`the runs were made on different versions of Node.js: ${nodes.join(', ')}`);
  return found;
}
