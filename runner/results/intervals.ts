/** What every second of a run held of one metric, over all its series: the material of the block bootstrap. */

import type { MetricDef } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';
import type { SeriesDef, Snapshot } from '../../workers/record/types.ts';
import { matches, selectorKey } from '../aggregate/selector.ts';
import type { Selector } from '../aggregate/types.ts';

export interface Interval {
  /** Trends only. */
  readonly histogram: Histogram | undefined;
  /** Counters: their sum. Rates: passes. */
  sum: number;
  /** Rates: passes and fails. */
  total: number;
}

export type Intervals = readonly Interval[];

export class IntervalTracker {
  readonly #selector: Selector;
  readonly #defs = new Map<string, MetricDef>();
  /** Series that count, by source. */
  readonly #series = new Map<string, Set<number>>();
  readonly #seconds: (Interval | undefined)[] = [];

  constructor(selector: Selector) {
    this.#selector = selector;
  }

  isFor(selector: Selector): boolean {
    return selectorKey(selector) === selectorKey(this.#selector);
  }

  add(snapshot: Snapshot): void {
    for (const def of snapshot.metrics) this.#defs.set(def.name, def);
    const counted = this.#counted(snapshot.source);
    for (const series of snapshot.series) if (this.#counts(series)) counted.add(series.id);
    const def = this.#defs.get(this.#selector.metric);
    if (def === undefined) return;
    const second = Math.max(0, Math.floor((snapshot.fromMs + snapshot.toMs) / 2000));
    for (const delta of snapshot.deltas) {
      if (!counted.has(delta.id)) continue;
      const interval = this.#interval(second, def);
      if (delta.type === 'trend') interval.histogram?.mergeDelta(delta);
      else if (delta.type === 'counter') interval.sum += delta.sum;
      else if (delta.type === 'rate') {
        interval.sum += delta.passes;
        interval.total += delta.passes + delta.fails;
      }
    }
  }

  /** Whole seconds only: the first second with data to the last but one, as the last is cut short. */
  intervals(): Intervals {
    const first = this.#seconds.findIndex((interval) => interval !== undefined);
    const def = this.#defs.get(this.#selector.metric);
    if (first < 0 || def === undefined) return [];
    const seconds = Array.from(this.#seconds.slice(first), (interval) => interval ?? empty(def));
    return seconds.length > 1 ? seconds.slice(0, -1) : seconds;
  }

  #counted(source: string): Set<number> {
    let counted = this.#series.get(source);
    if (counted === undefined) {
      counted = new Set();
      this.#series.set(source, counted);
    }
    return counted;
  }

  #counts(series: SeriesDef): boolean {
    const { metric, tags } = this.#selector;
    return series.metric === metric && matches(tags, new Map(series.tags));
  }

  #interval(second: number, def: MetricDef): Interval {
    const known = this.#seconds[second];
    if (known !== undefined) return known;
    const made = empty(def);
    this.#seconds[second] = made;
    return made;
  }
}

function empty(def: MetricDef): Interval {
  return {
    histogram: def.type === 'trend' ? new Histogram(def.digits, scaleOf(def.unit)) : undefined,
    sum: 0,
    total: 0,
  };
}
