/** BASELINE: the run held against earlier ones. */

import { basename } from 'node:path';
import type { Comparison } from '../../compare/model.ts';
import type { Summary } from '../../summary/model.ts';
import { comparisonLines } from '../comparison.ts';
import { formatPercent } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';

/** `against main.brunt, margin 5.0 %`, `against 20 runs up to nightly-41.brunt, margin 5.0 %`. */
export function againstText({ baseline, margin }: Comparison): string {
  const newest = basename(baseline.at(-1) ?? '');
  const runs = baseline.length === 1 ? newest : `${baseline.length} runs up to ${newest}`;
  return `against ${runs}, margin ${formatPercent(margin)}`;
}

export function baselineItems({ comparison }: Summary, width: number, style: Style): Item[] {
  if (comparison === undefined) return [];
  const heading = { title: 'BASELINE', about: againstText(comparison) };
  return comparisonLines(comparison, heading, width, style).map(line);
}
