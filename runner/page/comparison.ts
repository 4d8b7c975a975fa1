/** The page of a comparison. */

import type { Comparison } from '../compare/model.ts';
import { pageHtml } from './html.ts';

export function comparisonHtml(comparison: Comparison): string {
  const verdict = comparison.overMaxRatio.length > 0 ? 'failed' : comparison.verdict;
  return pageHtml({ title: `Load tests compared: ${verdict}`, kind: 'comparison', data: comparison });
}
