/**
 * Merging of gauges. What several workers report at once can mean three things, decided by the metric's name here and
 * nowhere else:
 *
 *     sum    each reports its part of one whole: `vus`, `vus_max`, `sql_pool_*`
 *     max    each reports its own state, and the worst one counts: `generator_*`
 *     last   all report the same thing, and the newest value counts: every other gauge
 *
 * Under `sum` and `max` the whole has a value only when every part is in, so it is taken once per second: a second is
 * closed when the first report of a later one arrives. The second under way counts for `min`, `max` and the course only
 * once all sources have reported it (or while there is no other); `value` is always the newest.
 */

import type { SeriesDelta } from '../../workers/record/types.ts';
import type { HistoryPoint, Stat } from './types.ts';

export type GaugeRule = 'sum' | 'max' | 'last';

export function gaugeRuleOf(metric: string): GaugeRule {
  if (metric === 'vus' || metric === 'vus_max' || metric.startsWith('sql_pool_')) return 'sum';
  return metric.startsWith('generator_') ? 'max' : 'last';
}

/** A second of a gauge's course. */
interface GaugePoint {
  readonly second: number;
  readonly atMs: number;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly samples: number;
}

interface Part {
  value: number;
  atMs: number;
}

type GaugeDelta = Extract<SeriesDelta, { type: 'gauge' }>;

/** How far the reports of all sources have come. */
export interface ReportClock {
  /** Newest second of which there is a report. */
  readonly second: number;
  /** Latest time that a report covers, ms. */
  readonly toMs: number;
  /** Whether every source has reported the newest second. */
  readonly complete: boolean;
}

export class GaugeCell {
  readonly #rule: GaugeRule;
  readonly #clock: ReportClock;
  /** By series of a source. */
  readonly #parts = new Map<number, Part>();
  /** Closed seconds, oldest first, as far back as was asked for. */
  readonly #points: GaugePoint[] = [];
  #keepSeconds = 0;
  #samples = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** The second under way. */
  #open = { samples: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };

  constructor(rule: GaugeRule, clock: ReportClock) {
    this.#rule = rule;
    this.#clock = clock;
  }

  /** Number of reports with a value. */
  get samples(): number {
    return this.#samples;
  }

  /** Keeps the course of at least so many seconds from now on. */
  reach(seconds: number): void {
    this.#keepSeconds = Math.max(this.#keepSeconds, seconds);
  }

  /** `part` names the series of the source. */
  apply(delta: GaugeDelta, part: number): void {
    this.#samples++;
    const known = this.#parts.get(part);
    if (known === undefined) this.#parts.set(part, { value: delta.value, atMs: delta.atMs });
    else if (delta.atMs >= known.atMs) {
      known.value = delta.value;
      known.atMs = delta.atMs;
    }
    this.#open.samples++;
    this.#open.min = Math.min(this.#open.min, delta.min);
    this.#open.max = Math.max(this.#open.max, delta.max);
  }

  /** Ends the second under way; to be called while the clock still shows it. */
  close(): void {
    const point = this.#openPoint();
    if (point === undefined) return;
    this.#min = Math.min(this.#min, point.min);
    this.#max = Math.max(this.#max, point.max);
    this.#open = { samples: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    if (this.#keepSeconds > 0) this.#points.push(point);
    while ((this.#points[0]?.second ?? point.second) < point.second - this.#keepSeconds) this.#points.shift();
  }

  /**
   * Adds other series of the same gauge afterwards. The value is exact; the extremes of a sum over seconds that are past
   * can't be known from the parts, so there they are those of the parts and of the whole now.
   */
  merge(from: GaugeCell): void {
    for (const [part, value] of from.#parts) this.#parts.set(part, { ...value });
    this.#samples += from.#samples;
    this.#min = Math.min(this.#min, from.#min);
    this.#max = Math.max(this.#max, from.#max);
    this.#open.samples += from.#open.samples;
    this.#open.min = Math.min(this.#open.min, from.#open.min);
    this.#open.max = Math.max(this.#open.max, from.#open.max);
  }

  stat(stat: Stat): number | undefined {
    if (this.#samples === 0) return undefined;
    if (stat === 'value') return this.#whole().value;
    const open = this.#countedOpenPoint();
    if (stat === 'min') return Math.min(this.#min, open?.min ?? Number.POSITIVE_INFINITY);
    if (stat === 'max') return Math.max(this.#max, open?.max ?? Number.NEGATIVE_INFINITY);
    return undefined;
  }

  /** The course over the last seconds up to the newest one. */
  last(seconds: number): { readonly samples: number; stat(stat: Stat): number | undefined } {
    const points = this.#course().filter((point) => point.second > this.#clock.second - seconds);
    return {
      samples: points.reduce((sum, point) => sum + point.samples, 0),
      stat: (stat) => {
        if (points.length === 0) return undefined;
        if (stat === 'value') return points.at(-1)?.value;
        if (stat === 'min')
          return points.reduce((min, point) => Math.min(min, point.min), Number.POSITIVE_INFINITY);
        if (stat === 'max')
          return points.reduce((max, point) => Math.max(max, point.max), Number.NEGATIVE_INFINITY);
        return undefined;
      },
    };
  }

  history(): readonly HistoryPoint[] {
    return this.#course().map(({ atMs, value }) => ({ atMs, value }));
  }

  #course(): readonly GaugePoint[] {
    const open = this.#countedOpenPoint();
    return open === undefined ? this.#points : [...this.#points, open];
  }

  #countedOpenPoint(): GaugePoint | undefined {
    const nothingClosed = this.#min > this.#max;
    return this.#rule === 'last' || this.#clock.complete || nothingClosed ? this.#openPoint() : undefined;
  }

  /** Undefined in a second without reports, except for a sum, which goes on while nobody changes it. */
  #openPoint(): GaugePoint | undefined {
    const { samples, min, max } = this.#open;
    if (this.#samples === 0 || (samples === 0 && this.#rule !== 'sum')) return undefined;
    const { value, atMs } = this.#whole();
    const { second, toMs } = this.#clock;
    if (this.#rule === 'last') return { second, atMs, value, min, max, samples };
    // A part's extremes within the second are those of the whole only where it is the only part. A peak of one part is
    // a peak of the maximum, though.
    const alone = this.#parts.size === 1 && samples > 0;
    const peak = alone || this.#rule === 'max' ? Math.max(max, value) : value;
    return { second, atMs: toMs, value, min: alone ? min : value, max: peak, samples };
  }

  #whole(): Part {
    let whole: Part | undefined;
    for (const part of this.#parts.values()) {
      if (whole === undefined) whole = { ...part };
      else if (this.#rule === 'sum') whole.value += part.value;
      else if (this.#rule === 'max') whole.value = Math.max(whole.value, part.value);
      else if (part.atMs >= whole.atMs) whole = { ...part };
    }
    return whole ?? { value: 0, atMs: 0 };
  }
}
