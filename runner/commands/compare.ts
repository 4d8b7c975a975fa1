/** `brunt compare`: a verdict between saved results, for people and for CI. */

import { BruntError, EXIT, type ExitCode } from '../../dsl/errors.ts';
import { type CompareOptions, compareFiles } from '../compare/compare.ts';
import { resultFiles } from '../compare/files.ts';
import { markdownComparison } from '../compare/markdown.ts';
import type { Comparison } from '../compare/model.ts';
import { reasonOf } from '../files/reason.ts';
import { writeFile } from '../files/write.ts';
import { renderComparison } from '../terminal/comparison.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface CompareFlags extends CompareOptions {
  /** Files, and folders of them. */
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  /** What is not certain fails too. */
  readonly strict: boolean;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
}

/** 99 for a regression, for more than `maxRatio`, and with `strict` for anything but ok; else 0. */
export function compareExitCode(comparison: Comparison, strict: boolean): ExitCode {
  const { overMaxRatio, skipped, verdict } = comparison;
  if (verdict === 'regression' || overMaxRatio.length > 0) return EXIT.thresholdsFailed;
  return strict && (verdict !== 'ok' || skipped.length > 0) ? EXIT.thresholdsFailed : EXIT.passed;
}

/** Throws a BruntError (exit 104) where that is not possible. */
export function writeComparisonFile(file: string, text: string): void {
  try {
    writeFile(file, text);
  } catch (error) {
    throw new BruntError(`the comparison could not be written to ${file}: ${reasonOf(error)}`, {
      code: 'RESULT_NOT_WRITTEN',
      exitCode: EXIT.badConfig,
    });
  }
}

/** Throws a BruntError (exit 104) for files that cannot be read or compared. */
export async function compareCommand(flags: CompareFlags, { out }: Terminal): Promise<ExitCode> {
  const [baseline, candidate] = [await resultFiles(flags.baseline), await resultFiles(flags.candidate)];
  const comparison = await compareFiles(baseline, candidate, flags);
  out.lines(renderComparison(comparison, out.width, out.style));
  if (flags.json !== undefined) writeComparisonFile(flags.json, `${JSON.stringify(comparison, null, 2)}\n`);
  if (flags.markdown !== undefined) writeComparisonFile(flags.markdown, markdownComparison(comparison));
  return compareExitCode(comparison, flags.strict);
}
