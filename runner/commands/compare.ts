/** `brunt compare`: a verdict between saved results, for people and for CI. */

import { EXIT, type ExitCode } from '../../dsl/errors.ts';
import { type CompareOptions, compareFiles } from '../compare/compare.ts';
import { resultFiles } from '../compare/files.ts';
import { markdownComparison } from '../compare/markdown.ts';
import type { Comparison } from '../compare/model.ts';
import { renderComparison } from '../terminal/comparison.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { writeOutput } from './output-file.ts';

export interface CompareFlags extends CompareOptions {
  /** Files, and folders of them. */
  readonly baseline: readonly string[];
  readonly candidate: readonly string[];
  /** What is not certain fails too. */
  readonly strict: boolean;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
  readonly html: string | undefined;
}

/** 99 for a regression, for more than `maxRatio`, and with `strict` for anything but ok; else 0. */
export function compareExitCode(comparison: Comparison, strict: boolean): ExitCode {
  const { overMaxRatio, skipped, verdict } = comparison;
  if (verdict === 'regression' || overMaxRatio.length > 0) return EXIT.thresholdsFailed;
  return strict && (verdict !== 'ok' || skipped.length > 0) ? EXIT.thresholdsFailed : EXIT.passed;
}

/** Throws a BruntError (exit 104) for files that cannot be read or compared. */
export async function compareCommand(flags: CompareFlags, { out }: Terminal): Promise<ExitCode> {
  const [baseline, candidate] = [await resultFiles(flags.baseline), await resultFiles(flags.candidate)];
  const comparison = await compareFiles(baseline, candidate, flags);
  out.lines(renderComparison(comparison, out.width, out.style));
  if (flags.json !== undefined)
    writeOutput('the comparison', flags.json, `${JSON.stringify(comparison, null, 2)}\n`);
  if (flags.markdown !== undefined)
    writeOutput('the comparison', flags.markdown, markdownComparison(comparison));
  if (flags.html !== undefined) {
    const { comparisonHtml } = await import('../page/comparison.ts');
    writeOutput('the comparison', flags.html, comparisonHtml(comparison));
  }
  return compareExitCode(comparison, flags.strict);
}
