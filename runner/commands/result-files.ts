/** The files in which a run leaves its result: where they go is tried before the run, what they hold is written after. */

import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BruntError, ConfigError, EXIT, type Problem } from '../../dsl/errors.ts';
import { junitXml } from '../ci/junit.ts';
import { markdownSummary } from '../ci/markdown.ts';
import type { CiReport } from '../ci/report.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { placeProblem } from '../files/place.ts';
import { reasonOf } from '../files/reason.ts';
import { writeFile } from '../files/write.ts';

export interface ResultFile {
  readonly flag: string;
  /** As given. */
  readonly name: string;
  readonly path: string;
  /** It is written beside its place while the run goes on. */
  readonly growing: boolean;
  /** What the file is to hold; undefined where it says nothing of a run that did not start. */
  readonly content: (report: CiReport) => string | undefined;
}

/** The files that the flags ask for. */
export function resultFiles(flags: RunFlags, cwd: string): readonly ResultFile[] {
  const kinds: readonly (readonly [string, string | undefined, ResultFile['content']])[] = [
    ['--summary-export', flags.summaryExport, summaryJson],
    // Written while the run goes on, by `ResultWriter`; here for the check of its place.
    ['--save', flags.save, () => undefined],
    // Written by its follower.
    ['--report', flags.report, () => undefined],
    ['--junit', flags.junit, (report) => junitXml(report, cwd)],
    ['--markdown', flags.markdown, markdownSummary],
  ];
  return kinds.flatMap(([flag, name, content]) =>
    name === undefined ? [] : [{ flag, name, path: resolve(cwd, name), growing: flag === '--save', content }],
  );
}

function summaryJson(report: CiReport): string | undefined {
  return report.kind === 'ended' ? `${JSON.stringify(report.summary, null, 2)}\n` : undefined;
}

function problemOf({ flag, path, growing }: ResultFile): Problem | undefined {
  const reason = placeProblem(path, { regular: growing });
  return reason === undefined
    ? undefined
    : {
        message: `${path} cannot be written: ${reason}`,
        where: flag,
        hint: 'name a file in a folder that you may write to',
      };
}

/** The same file under two names is the same file. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

/**
 * A result that cannot be written at the end is lost, so the places are tried before anything starts.
 *
 * @throws ConfigError with a problem for each that cannot be written, and for each that another would overwrite.
 */
export function checkResultFiles(files: readonly ResultFile[], script: string): void {
  const taken = new Map([[realPath(script), 'the script']]);
  const problems = files.flatMap((file) => {
    const path = realPath(file.path);
    const other = taken.get(path);
    // Devices take what several write to them.
    const shared = other !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
    taken.set(path, file.flag);
    const problem = shared
      ? { message: `${file.name} is the file of ${other}, too`, where: file.flag }
      : problemOf(file);
    return problem === undefined ? [] : [problem];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Writes each; tells of those that could not be. */
export function writeResultFiles(files: readonly ResultFile[], report: CiReport): readonly BruntError[] {
  return files.flatMap(({ name, path, content }) => {
    try {
      const text = content(report);
      if (text !== undefined) writeFile(path, text);
      return [];
    } catch (error) {
      return [
        new BruntError(`the result could not be written to ${name}: ${reasonOf(error)}`, {
          code: 'RESULT_NOT_WRITTEN',
          exitCode: EXIT.badConfig,
        }),
      ];
    }
  });
}
