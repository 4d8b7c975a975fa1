/**
 * Mergeable states of counters, rates and trends. A cell takes deltas, adds other cells of its kind, and for sliding
 * windows takes cells away again. Gauges do not add up and are in `gauge.ts`.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';
import type { SeriesDelta } from '../../workers/record/types.ts';
import type { Stat } from './types.ts';

export interface Cell {
  readonly samples: number;
  apply(delta: SeriesDelta): void;
  /** Adds a cell of the same metric. */
  merge(from: this): void;
  /** Takes away cells that were merged before; `rest` are those that stay, from which inexact sums are taken anew. */
  subtract(gone: readonly this[], rest: readonly this[]): void;
  /** `durationMs` is the divisor of a counter's rate. */
  stat(stat: Stat, durationMs: number): number | undefined;
}

/** `p(95)` gives 95; undefined for what is no percentile. */
export function percentileOf(stat: Stat): number | undefined {
  const match = /^p\((\d+(?:\.\d+)?)\)$/.exec(stat);
  if (match === null) return undefined;
  const p = Number(match[1]);
  return p <= 100 ? p : undefined;
}

export class TrendCell implements Cell {
  readonly histogram: Histogram;

  constructor(def: MetricDef) {
    this.histogram = new Histogram(def.digits, scaleOf(def.unit));
  }

  get samples(): number {
    return this.histogram.count;
  }

  apply(delta: SeriesDelta): void {
    if (delta.type === 'trend') this.histogram.mergeDelta(delta);
  }

  merge(from: TrendCell): void {
    this.histogram.merge(from.histogram);
  }

  subtract(gone: readonly TrendCell[], rest: readonly TrendCell[]): void {
    this.histogram.subtract(
      gone.map((cell) => cell.histogram),
      rest.map((cell) => cell.histogram),
    );
  }

  stat(stat: Stat): number | undefined {
    const { histogram } = this;
    if (histogram.count === 0) return undefined;
    switch (stat) {
      case 'count':
        return histogram.count;
      case 'sum':
        return histogram.sum;
      case 'avg':
        return histogram.mean;
      case 'min':
        return histogram.min;
      case 'max':
        return histogram.max;
      case 'stdev':
        return histogram.stdev;
      case 'med':
        return histogram.percentile(50);
      default: {
        const p = percentileOf(stat);
        return p === undefined ? undefined : histogram.percentile(p);
      }
    }
  }
}

export class CounterCell implements Cell {
  #sum = 0;
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  apply(delta: SeriesDelta): void {
    if (delta.type !== 'counter') return;
    this.#sum += delta.sum;
    this.#samples += delta.count;
  }

  merge(from: CounterCell): void {
    this.#sum += from.#sum;
    this.#samples += from.#samples;
  }

  subtract(_gone: readonly CounterCell[], rest: readonly CounterCell[]): void {
    this.#sum = 0;
    this.#samples = 0;
    for (const cell of rest) this.merge(cell);
  }

  stat(stat: Stat, durationMs: number): number | undefined {
    if (this.#samples === 0) return undefined;
    if (stat === 'count' || stat === 'sum') return this.#sum;
    if (stat === 'rate' && durationMs > 0) return this.#sum / (durationMs / 1000);
    return undefined;
  }
}

export class RateCell implements Cell {
  #passes = 0;
  #fails = 0;

  get samples(): number {
    return this.#passes + this.#fails;
  }

  apply(delta: SeriesDelta): void {
    if (delta.type !== 'rate') return;
    this.#passes += delta.passes;
    this.#fails += delta.fails;
  }

  merge(from: RateCell): void {
    this.#passes += from.#passes;
    this.#fails += from.#fails;
  }

  subtract(gone: readonly RateCell[]): void {
    for (const cell of gone) {
      this.#passes -= cell.#passes;
      this.#fails -= cell.#fails;
    }
  }

  stat(stat: Stat): number | undefined {
    if (this.samples === 0) return undefined;
    if (stat === 'rate') return this.#passes / this.samples;
    if (stat === 'passes') return this.#passes;
    if (stat === 'fails') return this.#fails;
    return undefined;
  }
}
