/** Where a measured value stands against its limit, as a bar. */

import type { ThresholdResult } from '../../summary/model.ts';

/** Places on the bar, in per cent of its width. The limit stands where there is room beyond it for what missed. */
export interface Bar {
  readonly value: number;
  readonly limit: number;
}

const LIMIT_AT = 70;

/**
 * Shares are drawn by the distance from the good end (0 % of failures, 100 % of checks), so that a rate of 99.1 % against
 * a limit of 99 % does not look like a full bar beside another full bar.
 */
export function barOf({ threshold, value, limit }: ThresholdResult, unit: string): Bar | undefined {
  if (value === null || limit === null) return undefined;
  const atLeast = />/.test(threshold);
  const turned = unit === 'ratio' && atLeast;
  const [measured, allowed] = turned ? [1 - value, 1 - limit] : [value, limit];
  if (measured < 0 || allowed < 0) return undefined;
  if (allowed === 0) return { value: measured === 0 ? 0 : 100, limit: 0 };
  return { value: Math.min(100, (measured / allowed) * LIMIT_AT), limit: LIMIT_AT };
}
