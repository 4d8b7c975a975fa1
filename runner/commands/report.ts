/** `brunt report`: the HTML report of a saved result, whole or partial. */

import { basename, dirname, join } from 'node:path';
import { BruntError, EXIT, type ExitCode } from '../../dsl/errors.ts';
import { RunCourse } from '../course/course.ts';
import { reportHtml } from '../page/report.ts';
import { PARTIAL } from '../results/format.ts';
import { loadResult } from '../results/result.ts';
import type { Summary } from '../summary/model.ts';
import { clean } from '../terminal/clean.ts';
import { formatBytes, formatPercent, formatSpan } from '../terminal/format.ts';
import { verdictNote } from '../terminal/sections/header.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { writeOutput } from './output-file.ts';

export interface ReportFlags {
  /** Path of the saved result. */
  readonly result: string;
  /** Undefined: beside the result. `-`: stdout. */
  readonly output: string | undefined;
}

/** `load/main.brunt` and `load/main.brunt.partial` give `load/main.html`. */
export function reportFileOf(result: string): string {
  const name = basename(result.endsWith(PARTIAL) ? result.slice(0, -PARTIAL.length) : result);
  return join(dirname(result), `${name.replace(/(?<=.)\.[^.]*$/, '')}.html`);
}

/** How far a partial result reaches; undefined for a whole one. */
export function reachText({ partial }: Summary): string | undefined {
  if (partial === undefined) return undefined;
  const { toMs, plannedMs = 0 } = partial;
  const of = plannedMs > toMs ? ` of ${formatSpan(plannedMs)} (${formatPercent(toMs / plannedMs)})` : '';
  return `its run never came to its end; it covers the first ${formatSpan(toMs)}${of}`;
}

/** Throws a BruntError (exit 104) for what is no saved result, and where the report cannot be written. */
export async function reportCommand(
  { result, output }: ReportFlags,
  { out, err }: Terminal,
): Promise<ExitCode> {
  const course = new RunCourse();
  const { summary } = await loadResult(result, { each: (snapshot) => course.add(snapshot) });
  if (summary === undefined) {
    throw new BruntError(`there is nothing to report in ${result}: it ends before the load began`, {
      code: 'BAD_RESULT',
      exitCode: EXIT.badConfig,
    });
  }
  const html = reportHtml(summary, course);
  const told = err.style;
  const reach = reachText(summary);
  if (reach !== undefined) err.lines([`${told.paint('warn', 'partial')}  ${clean(result)}: ${reach}`]);
  if (output === '-') {
    out.write(html);
    return EXIT.passed;
  }
  const file = output ?? reportFileOf(result);
  writeOutput('the report', file, html);
  const note = verdictNote(summary);
  const verdict = reach === undefined ? summary.run.verdict : 'partial';
  out.lines([
    `${out.style.paint('strong', clean(file))}  ${formatBytes(Buffer.byteLength(html))}  ${clean(summary.run.script)}: ` +
      `${verdict}${note === '' ? '' : `, ${note}`}`,
  ]);
  return EXIT.passed;
}
