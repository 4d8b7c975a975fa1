/** Expected against measured: one row per number, each with its tolerance. */

export interface Row {
  readonly what: string;
  readonly unit: '' | 'ms';
  readonly expected: number;
  readonly measured: number;
  /** Largest difference, either way, that still agrees. */
  readonly tolerance: number;
}

/** What an experiment says of itself and gives back. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** `scale` 1 is the full length; 0.1 a tenth of all times. */
  run(context: Context): Promise<readonly Row[]>;
}

export interface Context {
  /** Path of the built command. */
  readonly bin: string;
  readonly scale: number;
}

/** The error of a three-digit histogram. */
const HISTOGRAM_ERROR = 0.001;

/** `slackMs`: allowed besides to times, on a machine that does other work at the same time. */
export function agrees({ expected, measured, tolerance, unit }: Row, slackMs = 0): boolean {
  return Math.abs(measured - expected) <= tolerance + (unit === 'ms' ? slackMs : 0);
}

/** The value at HDR rank ceil(p*N/100). `sorted` ascends. */
export function quantile(sorted: readonly number[], p: number): number {
  // A product such as 99.9 * 1000 / 100 must not be rounded up by its last bit.
  const rank = Math.max(1, Math.ceil((p * sorted.length) / 100 - 1e-9));
  return sorted[Math.min(rank, sorted.length) - 1] ?? Number.NaN;
}

export function count(what: string, expected: number, measured: number, tolerance = 0): Row {
  return { what, unit: '', expected, measured, tolerance };
}

/**
 * A time: the histogram's error and the generator's own overhead, which each experiment states. The overhead only ever
 * adds, but the same tolerance is used below, where clocks that do not start at one instant may show.
 */
export function time(what: string, expected: number, measured: number, overheadMs: number): Row {
  return { what, unit: 'ms', expected, measured, tolerance: expected * HISTOGRAM_ERROR + overheadMs };
}

/**
 * What the generator, the kernel and two processes on shared cores add to a time of the model.
 *
 *     up to `calmUpTo`   nothing was held up: one timer, one request, one wake-up on each side
 *     beyond             what was held goes out, or comes back, in one go of `burst` requests: each waits for those
 *                        before it
 */
export interface Overhead {
  readonly calmUpTo: number;
  readonly burst: number;
  /** What the machine was seen to add to single requests; default 0. */
  readonly machineMs?: number;
}

/** On an idle machine. */
const CALM_MS = 2;
/** One hiccup of the machine: the slowest of a thousand requests, a collection of garbage. */
const HICCUP_MS = 5;
/** To send one request and read one answer, server and generator together; half a core is left for either. */
const PER_REQUEST_MS = 0.25;

export function overheadMs({ calmUpTo, burst, machineMs = 0 }: Overhead, p: number): number {
  return p <= calmUpTo ? CALM_MS : HICCUP_MS + PER_REQUEST_MS * burst + machineMs;
}

/** Rows for the quantiles, the maximum and the mean of a trend, expected by the model's own list of times. */
export function trendRows(
  label: string,
  model: readonly number[],
  measured: Readonly<Record<string, number>>,
  overhead: Overhead,
): Row[] {
  const sorted = model.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  // Nine in ten are calm in every experiment.
  const meanOverheadMs = CALM_MS + 0.1 * overheadMs(overhead, 100);
  return [
    count(`${label} count`, sorted.length, measured.count ?? 0),
    ...QUANTILES.map((p) =>
      time(
        `${label} p(${p})`,
        quantile(sorted, p),
        measured[`p(${p})`] ?? Number.NaN,
        overheadMs(overhead, p),
      ),
    ),
    time(`${label} max`, sorted.at(-1) as number, measured.max ?? Number.NaN, overheadMs(overhead, 100)),
    time(`${label} mean`, mean, measured.avg ?? Number.NaN, meanOverheadMs),
  ];
}

export const QUANTILES = [50, 90, 91, 95, 97.5, 99, 99.9] as const;
