/** What a run was, as far as its numbers depend on it. Known of a run that is about to start, too. */

import { basename } from 'node:path';
import type { ResolvedOptions } from '../../dsl/options.ts';
import { bruntVersion } from '../config/version.ts';
import type { Summary } from '../summary/model.ts';
import { plainOptions } from '../summary/options.ts';
import { wasStopped } from '../summary/verdict.ts';
import { formatSpan } from '../terminal/format.ts';

type Plain = Readonly<Record<string, unknown>>;

export interface RunIdentity {
  /** For messages: the file, or `this run`. */
  readonly name: string;
  /** Why its numbers say nothing of the system; undefined where they do. */
  readonly unusable: string | undefined;
  /** Undefined for a run of which nothing else is known. */
  readonly facts: RunFacts | undefined;
}

export interface RunFacts {
  readonly script: string;
  /** Executors by scenario, and what else shapes the load, as texts to be compared. */
  readonly executors: string;
  readonly load: string;
  /** That made the load together. */
  readonly machines: number;
  /** Other options that numbers may depend on, each as JSON. */
  readonly settings: ReadonlyMap<string, string>;
  readonly workers: number;
  readonly version: string;
  /** Major version of Node. */
  readonly node: string;
}

/** Of a scenario, what does not shape the load. */
const NO_LOAD = new Set(['thresholds', 'tags', 'env', 'exec']);

/** Options on which no number depends, or which are compared by themselves. */
const NO_SETTING = new Set([
  'scenarios',
  'workers',
  'thresholds',
  'breakdown',
  'tags',
  'seed',
  'setupTimeout',
  'teardownTimeout',
  'summaryTrendStats',
  // Names the version, which is compared by itself.
  'userAgent',
  'validity',
]);

function scenariosOf(options: Plain): readonly (readonly [name: string, scenario: Plain])[] {
  const scenarios = (options.scenarios ?? {}) as Readonly<Record<string, Plain>>;
  return Object.entries(scenarios).sort(([a], [b]) => (a < b ? -1 : 1));
}

function loadOf(options: Plain): string {
  return JSON.stringify(
    scenariosOf(options).map(([name, scenario]) => [
      name,
      Object.entries(scenario)
        .filter(([key, value]) => value !== undefined && !NO_LOAD.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
  );
}

function factsOf(
  run: Pick<Summary['run'], 'script' | 'workers' | 'version' | 'node'>,
  options: Plain,
  machines: number,
): RunFacts {
  const settings = Object.entries(options).flatMap(([key, value]) => {
    const text = JSON.stringify(value);
    return NO_SETTING.has(key) || text === undefined ? [] : [[key, text] as const];
  });
  return {
    script: basename(run.script),
    executors: scenariosOf(options)
      .map(([name, { executor }]) => `${name}: ${String(executor)}`)
      .join(', '),
    load: loadOf(options),
    machines,
    settings: new Map(settings),
    workers: run.workers,
    version: run.version,
    node: run.node.split('.', 1)[0] as string,
  };
}

const PARTIAL = 'is partial: its run never came to its end';
const UNFINISHED: ReadonlySet<string> = new Set(['aborted', 'interrupted', 'error']);

/** Why the numbers of a run that is over say nothing of the system under this load. */
export function unusable({ generator, partial, run }: Summary): string | undefined {
  if (partial !== undefined) return `${PARTIAL}, and its data reach to ${formatSpan(partial.toMs)}`;
  if (!generator.valid) return 'is invalid: the generator, not the system, shaped its numbers';
  if (wasStopped(run.reasons)) return 'was stopped before its end by a threshold';
  return UNFINISHED.has(run.verdict) ? `did not run to its end: ${run.verdict}` : undefined;
}

/** `summary` undefined: the run never came to its end. */
export function identityOf(name: string, summary: Summary | undefined): RunIdentity {
  if (summary === undefined) return { name, unusable: PARTIAL, facts: undefined };
  return {
    name,
    unusable: unusable(summary),
    facts: factsOf(summary.run, summary.options, summary.merged?.length ?? 1),
  };
}

/** Of a run that is about to start here. */
export function identityOfPlanned(name: string, script: string, options: ResolvedOptions): RunIdentity {
  const run = {
    script,
    workers: options.workers,
    version: bruntVersion(),
    node: process.version.slice(1),
  };
  return { name, unusable: undefined, facts: factsOf(run, plainOptions(options), 1) };
}
