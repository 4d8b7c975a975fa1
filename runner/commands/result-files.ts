/** The files in which a run leaves its result: where they go is tried before the run, what they hold is written after. */

import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BruntError, ConfigError, EXIT, type Problem } from '../../dsl/errors.ts';
import { junitXml } from '../ci/junit.ts';
import { markdownSummary } from '../ci/markdown.ts';
import { type CiReport, messageOf } from '../ci/report.ts';
import type { RunFlags } from '../config/run-flags.ts';

export interface ResultFile {
  readonly flag: string;
  /** As given. */
  readonly name: string;
  readonly path: string;
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
    name === undefined ? [] : [{ flag, name, path: resolve(cwd, name), content }],
  );
}

function summaryJson(report: CiReport): string | undefined {
  return report.kind === 'ended' ? `${JSON.stringify(report.summary, null, 2)}\n` : undefined;
}

function problemOf({ flag, path }: ResultFile): Problem | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const found = statSync(path, { throwIfNoEntry: false });
    accessSync(found?.isFile() === true ? path : dirname(path), constants.W_OK);
    if (found?.isDirectory() === true) throw new Error('it is a folder');
    return undefined;
  } catch (error) {
    return {
      message: `${path} cannot be written: ${messageOf(error)}`,
      where: flag,
      hint: 'name a file in a folder that you may write to',
    };
  }
}

/**
 * A result that cannot be written at the end is lost, so the places are tried before anything starts.
 *
 * @throws ConfigError with a problem for each that cannot be written, and for each that another would overwrite.
 */
export function checkResultFiles(files: readonly ResultFile[]): void {
  const problems = files.flatMap((file, i) => {
    const other = files.slice(0, i).find(({ path }) => path === file.path);
    const problem =
      other === undefined
        ? problemOf(file)
        : { message: `${file.name} is the file of ${other.flag}, too`, where: file.flag };
    return problem === undefined ? [] : [problem];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Writes each; tells of those that could not be. */
export function writeResultFiles(files: readonly ResultFile[], report: CiReport): readonly BruntError[] {
  return files.flatMap(({ name, path, content }) => {
    try {
      const text = content(report);
      if (text !== undefined) writeFileSync(path, text);
      return [];
    } catch (error) {
      return [
        new BruntError(`the result could not be written to ${name}: ${messageOf(error)}`, {
          code: 'RESULT_NOT_WRITTEN',
          exitCode: EXIT.badConfig,
        }),
      ];
    }
  });
}
