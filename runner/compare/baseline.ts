/**
 * The baseline of a run: a saved result, or a folder of them as the history of the system. Of a folder the newest
 * results count that are like the run; of a single file one that is unlike it is refused.
 *
 * A run is found to be worse than a history if it is worse than all of it, which by chance happens to one metric in
 * 1 / (n + 1) of the cases: so many runs are taken as five per cent over all metrics need, and no more, as being worse
 * than an ever longer history proves nothing more.
 */

import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../../dsl/errors.ts';
import { loadRun, subjectsOf, type Wanted } from './compare.ts';
import { type Dated, datedResults, type Unread } from './dated.ts';
import { resultFiles } from './files.ts';
import { concerns } from './guards.ts';
import type { RunIdentity } from './identity.ts';
import type { ComparedRun } from './reading.ts';
import { ALPHA } from './verdict.ts';

export interface Baseline {
  /** As given. */
  readonly name: string;
  /** Oldest first; at least one. */
  readonly runs: readonly ComparedRun[];
  readonly wanted: Wanted;
  readonly warnings: readonly string[];
}

export interface BaselineRequest {
  /** As given, and where that is. */
  readonly name: string;
  readonly path: string;
  /** The run that is about to start. */
  readonly candidate: RunIdentity;
  readonly wanted: Wanted;
}

/** Times of the request, share of failures, checks: what is compared unless more is asked for. */
const USUAL_METRICS = 3;

function mostRuns({ usual, asked }: Wanted): number {
  return Math.ceil(((usual ? USUAL_METRICS : 0) + asked.length) / ALPHA);
}

/** Why a run cannot be compared with the one that is about to start; undefined where it can. */
function why(candidate: RunIdentity, other: RunIdentity): string | undefined {
  if (other.unusable !== undefined) return `one ${other.unusable}`;
  return concerns([candidate, other]).find(({ severity }) => severity === 'refuse')?.message;
}

/** @throws BruntError (exit 104) where there is nothing to read, or nothing that is like the run. */
export async function loadBaseline(request: BaselineRequest): Promise<Baseline> {
  const { candidate, name, path, wanted } = request;
  const subjects = subjectsOf(wanted);
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const notes: string[] = [];
  const runs: ComparedRun[] = [];
  if (folder) {
    const history = await historyFor(path, candidate);
    if (history.alike.length === 0) throw nothingAlike(name, history.unlike);
    const chosen = history.alike.slice(-mostRuns(wanted));
    for (const { file } of chosen) {
      const shown = join(name, basename(file));
      runs.push(await loadRun(file, subjects, { intervals: chosen.length === 1, name: shown }));
    }
    if (history.unlike.length > 0) notes.push(leftOut(history.unlike));
  } else {
    const [file] = (await resultFiles([path])) as [string];
    const run = await loadRun(file, subjects, { intervals: true, name });
    const refused = why(candidate, run.identity);
    if (refused !== undefined) throw unlike(name, refused.replace(/^one /, 'it '));
    runs.push(run);
  }
  const warnings = concerns([candidate, ...runs.map(({ identity }) => identity)])
    .filter(({ severity }) => severity === 'warn')
    .map(({ message }) => message);
  return { name, runs, wanted, warnings: [...notes, ...warnings] };
}

async function historyFor(
  path: string,
  candidate: RunIdentity,
): Promise<{ readonly alike: readonly Dated[]; readonly unlike: readonly Unread[] }> {
  const { results, unread } = await datedResults(await resultFiles([path]));
  const alike: Dated[] = [];
  const unlike = [...unread];
  for (const result of results) {
    const reason = why(candidate, result.identity);
    if (reason === undefined) alike.push(result);
    else unlike.push({ file: result.file, reason });
  }
  return { alike, unlike };
}

function leftOut(unlike: readonly Unread[]): string {
  const reasons = [...new Set(unlike.map(({ reason }) => reason))];
  const count = `${unlike.length} ${unlike.length === 1 ? 'result' : 'results'}`;
  return `${count} of the folder ${unlike.length === 1 ? 'is' : 'are'} left out: ${reasons.slice(0, 2).join('; ')}${reasons.length > 2 ? '; …' : ''}`;
}

const HINT = 'Save a new one with this load: --save FILE, without --baseline';

function unlike(name: string, reason: string): ConfigError {
  return new ConfigError([
    {
      message: `The run cannot be compared with its baseline ${name}: ${reason}.`,
      where: '--baseline',
      hint: HINT,
    },
  ]);
}

function nothingAlike(name: string, all: readonly Unread[]): ConfigError {
  const reasons = new Map(all.map(({ file, reason }) => [reason, file]));
  return new ConfigError(
    [...reasons].slice(0, 5).map(([reason]) => ({
      message: `No result in ${name} can be the baseline of this run: ${reason}.`,
      where: '--baseline',
      hint: HINT,
    })),
  );
}
