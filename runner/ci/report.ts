/** What CI systems are told of a run: one that ended, or one that could not start. */

import type { BruntError, SourceLocation } from '../../dsl/errors.ts';
import type { CheckSummary, Summary } from '../summary/model.ts';
import { formatCount, formatPercent } from '../terminal/format.ts';
import { statOf } from '../terminal/miss.ts';
import { type NamedThreshold, thresholdsOf } from '../terminal/sections/header.ts';
import { parseSelector } from '../thresholds/selector.ts';

export interface EndedRun {
  readonly kind: 'ended';
  readonly summary: Summary;
  /** Errors that ended a phase. */
  readonly errors: readonly BruntError[];
  /** Where the script has a threshold; undefined where that cannot be found. */
  place(threshold: NamedThreshold): SourceLocation | undefined;
}

/** Nothing was measured: options that cannot be used, a script that does not load, an early Ctrl-C. */
export interface UnstartedRun {
  readonly kind: 'unstarted';
  readonly script: string;
  readonly startedAt: Date;
  readonly error: unknown;
}

export type CiReport = EndedRun | UnstartedRun;

export interface CheckVerdict {
  readonly ok: boolean;
  /** `12 of 1000 failed, 98.8 % passed, limit 100 %`; `1000 passed` for a check that never failed. */
  readonly text: string;
}

/** Whether a threshold on `checks` may be about this check. Other tags than these two a check's row does not tell. */
function covers({ metric }: NamedThreshold, check: CheckSummary): boolean {
  const parsed = parseSelector(metric);
  if (!parsed.ok || parsed.selector.metric !== 'checks') return false;
  return parsed.selector.tags.every(
    ([key, value]) => (key !== 'check' || value === check.name) && (key !== 'group' || value === check.group),
  );
}

/** Whether the share of this check alone would miss the limit that all of them together missed. */
function misses(share: number, { result }: NamedThreshold): boolean {
  if (result.ok) return false;
  if (result.limit === null || statOf(result.threshold) !== 'rate') return true;
  return share < result.limit || (share === result.limit && !/[>=]=/.test(result.threshold));
}

/**
 * A check that failed at times, judged as the run was: by the thresholds on `checks`, so that no case fails in a run
 * that passed by them. Without such a threshold the limit is 100 %.
 */
export function judgeCheck(check: CheckSummary, summary: Summary): CheckVerdict {
  const total = check.passes + check.fails;
  if (check.fails === 0) return { ok: true, text: `${formatCount(total)} passed` };
  const share = check.passes / total;
  const text = `${formatCount(check.fails)} of ${formatCount(total)} failed, ${formatPercent(share)} passed`;
  const limits = thresholdsOf(summary).filter((threshold) => covers(threshold, check));
  if (limits.length === 0) return { ok: false, text: `${text}, limit 100 %` };
  const missed = limits.find((threshold) => misses(share, threshold));
  const { metric, result } = missed ?? (limits[0] as NamedThreshold);
  return { ok: missed === undefined, text: `${text}, limit ${metric} ${result.threshold}` };
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
