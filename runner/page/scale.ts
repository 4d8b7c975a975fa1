/** The scales of distributions, for those who make them and those who draw them. */

export const BINS_PER_DECADE = 20;

/** Bin of a time in ms: bin 0 begins at 1 µs. */
export function binOf(ms: number): number {
  return Math.max(0, Math.floor(Math.log10(Math.max(ms, 0.001) * 1000) * BINS_PER_DECADE + 1e-9));
}

/** Lower end of a bin, ms. */
export function binStart(bin: number): number {
  return 10 ** (bin / BINS_PER_DECADE) / 1000;
}

/** Points for every halving of the distance to 100 %. */
const PER_HALVING = 5;

/**
 * Percentiles at which a curve of `count` samples is drawn: 0, 10 … 50, 55 … 75, 77.5 … 87.5, and so on while there is a
 * sample beyond; then 100.
 */
export function curvePercentiles(count: number): number[] {
  const result: number[] = [];
  for (let halving = 0; ; halving++) {
    const from = 100 - 100 / 2 ** halving;
    const step = 50 / 2 ** halving / PER_HALVING;
    for (let i = 0; i < PER_HALVING; i++) {
      const p = from + i * step;
      if (result.length > 0 && (count * (100 - p)) / 100 < 1) return [...result, 100];
      result.push(p);
    }
  }
}
