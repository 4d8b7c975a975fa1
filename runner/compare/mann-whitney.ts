/**
 * The exact null distribution of Mann and Whitney's U for n against m values, and what follows from it.
 *
 * U counts the pairs in which the one side is below the other. Without a difference every arrangement of the n + m
 * values is equally likely, so P(U = u) = f(n, m, u) / C(n + m, n), where f counts the partitions of u into at most n
 * parts of at most m each; their generating function is the product over i = 1 … n of (1 - x^(m+i)) / (1 - x^i).
 */

/** Runs in a history beyond which nothing is gained and the table would grow. */
const MOST = 400;

const tables = new Map<string, Float64Array>();

/** P(U <= u) for u = 0 … n*m. */
function distribution(n: number, m: number): Float64Array {
  const [few, many] = n < m ? [n, m] : [m, n];
  const key = `${few},${many}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const size = few * many + 1;
  const ways = new Float64Array(size);
  ways[0] = 1;
  for (let i = 1; i <= few; i++) {
    const drop = many + i;
    for (let u = size - 1; u >= drop; u--) ways[u] = (ways[u] as number) - (ways[u - drop] as number);
    for (let u = i; u < size; u++) ways[u] = (ways[u] as number) + (ways[u - i] as number);
    // As a share of the arrangements so far, which keeps the numbers small: C(many + i, i) grows by this factor.
    const share = i / drop;
    for (let u = 0; u < size; u++) ways[u] = (ways[u] as number) * share;
  }
  let sum = 0;
  for (let u = 0; u < size; u++) {
    sum += ways[u] as number;
    ways[u] = Math.min(1, Math.max(0, sum));
  }
  tables.set(key, ways);
  return ways;
}

/** P(U <= u) without a difference; 0 for u < 0. */
export function cumulative(n: number, m: number, u: number): number {
  if (n < 1 || m < 1 || n > MOST || m > MOST) throw new RangeError(`no table for ${n} against ${m} runs`);
  if (u < 0) return 0;
  return distribution(n, m)[Math.min(n * m, Math.floor(u))] as number;
}

/** P(U = 0) = 1 / C(n + m, n): what the clearest of all outcomes would have. */
export function smallestP(n: number, m: number): number {
  let p = 1;
  for (let i = 1; i <= Math.min(n, m); i++) p *= i / (Math.max(n, m) + i);
  return p;
}

/** Rounding must not move a probability of exactly 1/20 over the limit. */
const SLACK = 1e-9;

/**
 * The largest k with P(U <= k - 1) <= alpha: the k-th smallest of all pairwise differences is then a one-sided lower
 * bound of the shift at 1 - alpha, the k-th largest an upper one. 0 where there are too few runs for any bound.
 */
export function boundRank(n: number, m: number, alpha: number): number {
  let k = 0;
  while (k < n * m && cumulative(n, m, k) <= alpha + SLACK) k++;
  return k;
}

/** Whether a p-value is at most alpha, up to rounding. */
export function significant(p: number, alpha: number): boolean {
  return p <= alpha + SLACK;
}
