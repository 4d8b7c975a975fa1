/** The states behind `Tracked` and `SeriesState`: one cumulative cell, with windows and a course where asked for. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { SeriesDelta } from '../../workers/record/types.ts';
import { type Cell, CounterCell, RateCell, TrendCell } from './cells.ts';
import { Course } from './course.ts';
import { GaugeCell, gaugeRuleOf, type ReportClock } from './gauge.ts';
import type {
  HistoryPoint,
  MetricState,
  Selector,
  SeriesState,
  Stat,
  Tracked,
  TrackOptions,
} from './types.ts';
import { WindowRing } from './window.ts';

/** What all states of an aggregate share. */
export interface RunClock extends ReportClock {
  /** Divisor of counter rates, ms. */
  readonly durationMs: number;
}

/** A delta with its origin: the series of the source, and the second to which the report belongs. */
export interface Report {
  readonly delta: SeriesDelta;
  readonly part: number;
  readonly second: number;
  readonly toMs: number;
}

function makeCell(def: MetricDef): Cell {
  switch (def.type) {
    case 'trend':
      return new TrendCell(def);
    case 'counter':
      return new CounterCell();
    case 'rate':
      return new RateCell();
    case 'gauge':
      throw new TypeError('gauges have a cell of their own');
  }
}

/** Where a metric's data gathers: gauges apart, as they don't add up. */
type Store =
  | { readonly kind: 'gauge'; readonly cell: GaugeCell }
  | { readonly kind: 'sums'; readonly cell: Cell; ring?: WindowRing<Cell>; course?: Course };

function makeStore(def: MetricDef, clock: RunClock): Store {
  return def.type === 'gauge'
    ? { kind: 'gauge', cell: new GaugeCell(gaugeRuleOf(def.name), clock) }
    : { kind: 'sums', cell: makeCell(def) };
}

function mergeStores(to: Store, from: Store): void {
  if (to.kind === 'gauge' && from.kind === 'gauge') to.cell.merge(from.cell);
  if (to.kind === 'sums' && from.kind === 'sums') to.cell.merge(from.cell);
}

export class SeriesCell implements SeriesState {
  readonly def: MetricDef;
  readonly tags: ReadonlyMap<string, string>;
  readonly #clock: RunClock;
  /** For the classes of this file only. */
  readonly store: Store;

  constructor(def: MetricDef, tags: ReadonlyMap<string, string>, clock: RunClock) {
    this.def = def;
    this.tags = tags;
    this.#clock = clock;
    this.store = makeStore(def, clock);
  }

  get samples(): number {
    return this.store.cell.samples;
  }

  stat(stat: Stat): number | undefined {
    return this.store.cell.stat(stat, this.#clock.durationMs);
  }

  apply({ delta, part }: Report): void {
    if (this.store.kind === 'sums') this.store.cell.apply(delta);
    else if (delta.type === 'gauge') this.store.cell.apply(delta, part);
  }

  /** Adds another series of the same metric. */
  merge(from: SeriesCell): void {
    mergeStores(this.store, from.store);
  }

  closeSecond(): void {
    if (this.store.kind === 'gauge') this.store.cell.close();
  }
}

/** Before a custom metric is known: it has no data of any type. */
function unknownMetric(name: string): MetricDef {
  return { name, type: 'trend', unit: 'none', digits: 3, split: 'system', custom: true };
}

const NO_DATA = { samples: 0, stat: () => undefined } as const;

export class TrackedCell implements Tracked {
  readonly selector: Selector;
  readonly #clock: RunClock;
  #def: MetricDef;
  #store: Store | undefined;
  #windowSeconds = 0;
  #history = false;

  constructor(selector: Selector, def: MetricDef | undefined, clock: RunClock) {
    this.selector = selector;
    this.#clock = clock;
    this.#def = def ?? unknownMetric(selector.metric);
    if (def !== undefined) this.define(def);
  }

  get def(): MetricDef {
    return this.#def;
  }

  get samples(): number {
    return this.#store?.cell.samples ?? 0;
  }

  /** Sets the definition once it is known. */
  define(def: MetricDef): void {
    if (this.#store !== undefined) return;
    this.#def = def;
    this.#store = makeStore(def, this.#clock);
    this.#equip();
  }

  /** Adds to what is kept; never takes away. */
  extend({ windowMs = 0, history = false }: TrackOptions): void {
    if (windowMs > 0) this.#windowSeconds = Math.max(this.#windowSeconds, secondsOf(windowMs));
    this.#history ||= history;
    this.#equip();
  }

  stat(stat: Stat): number | undefined {
    return this.#store?.cell.stat(stat, this.#clock.durationMs);
  }

  window(ms: number): MetricState {
    const seconds = secondsOf(ms);
    if (seconds > this.#windowSeconds) {
      throw new RangeError(`a window of ${ms} ms was not asked for when ${this.selector.metric} was tracked`);
    }
    const def = this.#def;
    const store = this.#store;
    if (store === undefined) return { def, ...NO_DATA };
    if (store.kind === 'gauge') return { def, ...store.cell.last(seconds) };
    const cell = store.ring?.last(seconds);
    if (cell === undefined) return { def, ...NO_DATA };
    const { second, toMs } = this.#clock;
    // The first seconds of a run, and the last one if it is cut short, make a window shorter than asked for.
    const coveredMs = toMs - Math.max(0, (second - seconds + 1) * 1000);
    return { def, samples: cell.samples, stat: (stat) => cell.stat(stat, coveredMs) };
  }

  history(): readonly HistoryPoint[] {
    if (!this.#history) throw new RangeError(`the history of ${this.selector.metric} was not asked for`);
    const store = this.#store;
    if (store === undefined) return [];
    return store.kind === 'gauge' ? store.cell.history() : (store.course?.points() ?? []);
  }

  /** Adds what a series holds already; windows and course begin with what comes from now on. */
  merge(from: SeriesCell): void {
    if (this.#store !== undefined) mergeStores(this.#store, from.store);
  }

  apply({ delta, part, second, toMs }: Report): void {
    const store = this.#store;
    if (store === undefined) return;
    if (store.kind === 'gauge') {
      if (delta.type === 'gauge') store.cell.apply(delta, part);
      return;
    }
    store.cell.apply(delta);
    store.ring?.apply(second, delta);
    store.course?.apply(second, toMs, delta);
  }

  /** Ends the second under way, which the clock still shows; `next` is the new one. */
  closeSecond(next: number): void {
    if (this.#store?.kind === 'gauge') this.#store.cell.close();
    else this.#store?.ring?.advance(next);
  }

  #equip(): void {
    const store = this.#store;
    if (store === undefined) return;
    if (store.kind === 'gauge') {
      store.cell.reach(this.#history ? Number.POSITIVE_INFINITY : this.#windowSeconds);
      return;
    }
    if (this.#windowSeconds > 0) {
      store.ring ??= new WindowRing(() => makeCell(this.#def));
      store.ring.reach(this.#windowSeconds);
    }
    if (this.#history) store.course ??= new Course();
  }
}

function secondsOf(ms: number): number {
  return Math.max(1, Math.round(ms / 1000));
}
