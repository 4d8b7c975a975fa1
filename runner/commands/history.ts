/** `brunt history`: saved results, one line each, in the order in which they were made. */

import { EXIT, type ExitCode } from '../../dsl/errors.ts';
import { DEFAULT_MARGIN } from '../compare/compare.ts';
import { resultFiles } from '../compare/files.ts';
import { readHistory } from '../compare/history.ts';
import { renderHistory } from '../terminal/history.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { writeOutput } from './output-file.ts';

export interface HistoryFlags {
  /** Files, and folders of them. */
  readonly results: readonly string[];
  /** How many of the newest are shown. */
  readonly last: number;
  readonly json: string | undefined;
}

/** Throws a BruntError (exit 104) where there is nothing to read. */
export async function historyCommand(flags: HistoryFlags, { out }: Terminal): Promise<ExitCode> {
  const history = await readHistory(await resultFiles(flags.results), DEFAULT_MARGIN);
  out.lines(renderHistory(history, flags.last, out.width, out.style));
  if (flags.json !== undefined)
    writeOutput('the history', flags.json, `${JSON.stringify(history, null, 2)}\n`);
  return EXIT.passed;
}
