/**
 * The verdict between two groups of runs on one number. The run is the unit: its thousands of requests share its
 * machine, its minute and its neighbours, and testing them one by one would raise false alarms in a third of the cases.
 *
 *     d_ij   = ln b_j - ln a_i            effect = exp(median d) - 1                     (Hodges–Lehmann)
 *     lower  = k-th smallest d, upper = k-th largest d                                   (exact Mann–Whitney)
 *
 *     regression     lower > ln(1 + margin)     p = P(U <= number of d at or below the margin), Holm over the metrics
 *     ok             upper <= ln(1 + margin)
 *     inconclusive   otherwise
 *
 * Where higher is better, d changes its sign: a positive effect always means worse.
 */

import { boundRank, cumulative, significant, smallestP } from './mann-whitney.ts';

export const ALPHA = 0.05;

/** One candidate is held against a history from here on: being worse than all of 19 happens by chance once in 20. */
export const LEAST_HISTORY = 19;

export type Verdict = 'regression' | 'ok' | 'inconclusive';

export type Design = 'runs' | 'history' | 'within-run';

/** All effects are shares: 0.1 is 10 % worse, -0.1 10 % better. */
export interface Judged {
  readonly design: Design;
  readonly effect: number;
  /** One-sided bounds at 95 %; null where there are too few runs for one. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Of "no worse than the margin"; null where no test was made. */
  readonly p: number | null;
  readonly verdict: Verdict;
  /** How many more runs of each side would tell, about; absent unless inconclusive, null where none in reason would. */
  readonly moreRuns?: number | null;
}

export interface JudgeOptions {
  /** 0.05 is 5 %. */
  readonly margin: number;
  readonly higherIsBetter: boolean;
}

/** ln(b/a) where both may be 0: nothing to nothing is no change, nothing to something is beyond any. */
export function logRatio(a: number, b: number): number {
  if (a === b) return 0;
  if (a === 0) return Number.POSITIVE_INFINITY;
  return b === 0 ? Number.NEGATIVE_INFINITY : Math.log(b / a);
}

export function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const high = sorted[middle] as number;
  if (sorted.length % 2 === 1) return high;
  const low = sorted[middle - 1] as number;
  if (low === high) return low;
  const mean = (low + high) / 2;
  // From nothing to something in one half of the pairs, and the opposite in the other.
  return Number.isNaN(mean) ? 0 : mean;
}

function pairs(a: readonly number[], b: readonly number[], higherIsBetter: boolean): number[] {
  const sign = higherIsBetter ? -1 : 1;
  return a.flatMap((x) => b.map((y) => sign * logRatio(x, y) + 0)).sort((x, y) => x - y);
}

/** The share that a log ratio stands for, told as worse above 0. */
export function shareOf(d: number): number {
  return Math.expm1(d);
}

/** Rounding of ln and exp must not turn a ratio of exactly the margin into one above it. */
const EDGE = 1e-12;

/** Judges one metric by itself; `holm` then corrects the verdicts of several. Values are 0 or above. */
export function judgeRuns(a: readonly number[], b: readonly number[], options: JudgeOptions): Judged {
  const { margin, higherIsBetter } = options;
  const limit = Math.log1p(margin) + EDGE;
  const d = pairs(a, b, higherIsBetter);
  const median = medianOf(d);
  const effect = shareOf(median);
  if (b.length === 1 && a.length >= LEAST_HISTORY) return againstHistory(d, limit);
  const k = boundRank(a.length, b.length, ALPHA);
  const above = d.filter((value) => value > limit).length;
  const p = cumulative(a.length, b.length, d.length - above);
  const lower = k === 0 ? null : shareOf(d[k - 1] as number);
  const upper = k === 0 ? null : shareOf(d[d.length - k] as number);
  const worse = k > 0 && (d[k - 1] as number) > limit;
  const fine = k > 0 && (d[d.length - k] as number) <= limit;
  const verdict = worse ? 'regression' : fine ? 'ok' : 'inconclusive';
  const judged = { design: 'runs', effect, lower, upper, p, verdict } as const;
  return verdict === 'inconclusive' ? { ...judged, moreRuns: moreRuns(a, b, options, ALPHA) } : judged;
}

/** One run against at least 19: worse than all of them, and by more than the margin. */
function againstHistory(d: readonly number[], limit: number): Judged {
  const n = d.length;
  const median = medianOf(d);
  const k = boundRank(n, 1, ALPHA);
  const lower = d[k - 1] as number;
  const upper = d[n - k] as number;
  const notBelow = d.filter((value) => value <= 0).length;
  const worse = notBelow === 0 && median > limit;
  return {
    design: 'history',
    effect: shareOf(median),
    lower: shareOf(lower),
    upper: shareOf(upper),
    p: (notBelow + 1) / (n + 1),
    // One run cannot be made more certain by its history: what is not worse than all of it passes.
    verdict: worse ? 'regression' : 'ok',
  };
}

/** 1.645: the normal distribution's 95 %. The rank test needs 3/pi more values than the mean's would. */
const Z = 1.645;
const RANK_EFFICIENCY = 3 / Math.PI;
const MOST_RUNS = 200;

/**
 * About how many more runs of each side would tell the effect from the margin, if effect and spread stay as they are:
 * the smallest number with which the bound, about z * s * sqrt(1/n + 1/m), lies nearer to the effect than the margin.
 */
export function moreRuns(
  a: readonly number[],
  b: readonly number[],
  { margin, higherIsBetter }: JudgeOptions,
  alpha: number,
): number | null {
  const gap = Math.abs(medianOf(pairs(a, b, higherIsBetter)) - Math.log1p(margin));
  const spread = pooledDeviation(a, b);
  if (!Number.isFinite(gap) || !Number.isFinite(spread)) return null;
  for (let more = 1; more <= MOST_RUNS; more++) {
    const n = a.length + more;
    const m = b.length + more;
    if (!significant(smallestP(n, m), alpha)) continue;
    if (Z * spread * Math.sqrt((1 / n + 1 / m) / RANK_EFFICIENCY) < gap) return more;
  }
  return null;
}

function pooledDeviation(a: readonly number[], b: readonly number[]): number {
  let squares = 0;
  let freedom = 0;
  for (const values of [a, b]) {
    const logs = values.map(Math.log);
    const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
    squares += logs.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    freedom += logs.length - 1;
  }
  return freedom > 0 ? Math.sqrt(squares / freedom) : 0;
}

/**
 * Holm's step-down over the tests of several metrics: with m of them, the i-th smallest p must be at most
 * alpha / (m - i + 1), and the first that is not ends it. Gives whether each is a regression.
 */
export function holm(ps: readonly number[], alpha = ALPHA): readonly boolean[] {
  const order = ps.map((p, i) => [p, i] as const).sort((x, y) => x[0] - y[0]);
  const result = ps.map(() => false);
  for (const [rank, [p, i]] of order.entries()) {
    if (!significant(p, alpha / (ps.length - rank))) break;
    result[i] = true;
  }
  return result;
}
