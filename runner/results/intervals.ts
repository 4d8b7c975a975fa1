/**
 * What every second of a run held of one metric, over all its series: the material of the block bootstrap. Of a long
 * run neighbours are put together, so that it takes no more memory than one of ten minutes:
 *
 *     seconds      1 … 600    601 … 1200    1201 … 2400    …
 *     an interval  1 s        2 s           4 s
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';
import type { SeriesDef, Snapshot } from '../../workers/record/types.ts';
import { secondOf } from '../aggregate/second.ts';
import { matches, selectorKey } from '../aggregate/selector.ts';
import type { Selector } from '../aggregate/types.ts';

const MOST_INTERVALS = 600;

export interface Interval {
  /** How many it stands for. */
  readonly seconds: number;
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
  #intervals: (Interval | undefined)[] = [];
  /** Seconds to an interval. */
  #length = 1;

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
    const second = secondOf(snapshot);
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

  /** Whole ones only: the first with data to the last but one, as the last is cut short. */
  intervals(): Intervals {
    const first = this.#intervals.findIndex((interval) => interval !== undefined);
    const def = this.#defs.get(this.#selector.metric);
    if (first < 0 || def === undefined) return [];
    const all = Array.from(this.#intervals.slice(first), (one) => one ?? empty(def, this.#length));
    return all.length > 1 ? all.slice(0, -1) : all;
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
    while (second >= MOST_INTERVALS * this.#length) this.#fold(def);
    const place = Math.floor(second / this.#length);
    const known = this.#intervals[place];
    if (known !== undefined) return known;
    const made = empty(def, this.#length);
    this.#intervals[place] = made;
    return made;
  }

  /** Makes one interval of every two. */
  #fold(def: MetricDef): void {
    const halves = this.#intervals;
    this.#length *= 2;
    this.#intervals = Array.from({ length: Math.ceil(halves.length / 2) }, (_, i) => {
      const pair = [halves[2 * i], halves[2 * i + 1]].filter((half) => half !== undefined);
      if (pair.length === 0) return undefined;
      const whole = empty(def, this.#length);
      for (const { histogram, sum, total } of pair) {
        if (histogram !== undefined) whole.histogram?.merge(histogram);
        whole.sum += sum;
        whole.total += total;
      }
      return whole;
    });
  }
}

function empty(def: MetricDef, seconds: number): Interval {
  return {
    seconds,
    histogram: def.type === 'trend' ? new Histogram(def.digits, scaleOf(def.unit)) : undefined,
    sum: 0,
    total: 0,
  };
}
