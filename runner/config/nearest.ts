/**
 * The allowed spelling nearest to a mistyped one, by edit distance with neighbouring letters swapped as one edit
 * (Damerau–Levenshtein, optimal string alignment). Case, `-` and `_` don't count, so `max-vus` finds `maxVUs`.
 */
export function nearest(wrong: string, allowed: Iterable<string>): string | undefined {
  const bare = normalize(wrong);
  if (bare === '') return undefined;
  let best: string | undefined;
  // A third of the letters may differ, at least one: more than that would be a guess, not a correction.
  let bestDistance = Math.max(1, Math.floor(bare.length / 3)) + 1;
  for (const candidate of allowed) {
    const distance = editDistance(bare, normalize(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `Did you mean X?`, or undefined where nothing is near. */
export function didYouMean(wrong: string, allowed: Iterable<string>, quote = '`'): string | undefined {
  const found = nearest(wrong, allowed);
  return found === undefined ? undefined : `Did you mean ${quote}${found}${quote}?`;
}

function normalize(text: string): string {
  return text.toLowerCase().replace(/[-_\s]/g, '');
}

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
