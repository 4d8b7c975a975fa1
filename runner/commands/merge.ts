/** `brunt merge`: results of machines that ran one test together become one, with a summary and a verdict of its own. */

import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError, type ExitCode } from '../../dsl/errors.ts';
import { resultFiles } from '../compare/files.ts';
import { mergeFiles } from '../merge/merge.ts';
import { renderSummary } from '../terminal/summary.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface MergeFlags {
  /** Files, and folders of them. */
  readonly results: readonly string[];
  readonly output: string;
  readonly force: boolean;
}

function checkFiles(files: readonly string[], output: string): void {
  const places = files.map((file) => resolve(file));
  const twice = files.find((_, i) => places.indexOf(places[i] as string) !== i);
  const problems = [
    ...(files.length < 2
      ? [{ message: `There is nothing to merge ${files[0] ?? ''} with.`, hint: 'Name two results or more.' }]
      : []),
    ...(twice === undefined ? [] : [{ message: `${twice} is named twice: it would count twice.` }]),
    ...(places.includes(resolve(output))
      ? [{ message: `${output} is one of the results to merge.`, where: '-O', hint: 'Name another file.' }]
      : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The exit code is what one run with these measurements would have ended with. */
export async function mergeCommand(flags: MergeFlags, { err, out }: Terminal): Promise<ExitCode> {
  const { force, output } = flags;
  const files = await resultFiles(flags.results);
  checkFiles(files, output);
  mkdirSync(dirname(resolve(output)), { recursive: true });
  const warn = (text: string): void => err.lines([`${err.style.paint('warn', 'warn')}  ${text}`]);
  const summary = await mergeFiles(files, output, { force, warn });
  out.lines(renderSummary(summary, { mode: 'compact', width: out.width, style: out.style }));
  return summary.run.exitCode;
}
