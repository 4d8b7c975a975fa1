/**
 * Durations as people write them.
 *
 *     duration := part+          parts may be in any order, each unit may stand several times
 *     part     := number unit    number: digits with an optional fraction
 *     unit     := 'd' | 'h' | 'm' | 's' | 'ms' | 'us' | 'µs' | 'ns'
 *
 * A bare number's meaning depends on the place (seconds in `sleep`, milliseconds in options), so it is the caller's.
 */

/** A duration: a string such as `'1m30s'` or `'200ms'`; a number is milliseconds in options, seconds in `sleep`. */
export type Duration = string | number;

const MS_PER: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};

const PART = /(\d+(?:\.\d+)?|\.\d+)(ms|us|µs|μs|ns|d|h|m|s)/y;

/** Milliseconds of a written duration, or undefined where the text is none. A text of digits alone is milliseconds. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  let at = 0;
  let ms = 0;
  while (at < trimmed.length) {
    PART.lastIndex = at;
    const match = PART.exec(trimmed);
    if (match === null) return undefined;
    ms += Number(match[1]) * (MS_PER[match[2] as string] as number);
    at = PART.lastIndex;
  }
  return at === 0 ? undefined : ms;
}

/** Shortest exact text of a number of milliseconds: 90000 gives `1m30s`, 0 gives `0s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return ms === 0 ? '0s' : `${+ms.toFixed(3)}ms`;
  let rest = ms;
  let text = '';
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = MS_PER[unit] as number;
    const whole = Math.floor(rest / size);
    if (whole > 0) text += `${whole}${unit}`;
    rest -= whole * size;
  }
  if (rest > 0) text += `${+(rest / 1000).toFixed(3)}s`;
  return text;
}
