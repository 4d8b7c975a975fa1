/**
 * The merged measurements of a run. Snapshots of all sources come in; per series and per tracked selector there is one
 * state, fed as deltas arrive. Which selectors a series counts for is settled once, when it is announced.
 *
 * Time here is that of the reports, in whole seconds of the run: a report belongs to the second in which its middle
 * lies. A second ends when the first report of a later one arrives.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { decodeSnapshot, SnapshotError } from '../../workers/record/snapshot.ts';
import type { ErrorDelta, SeriesDef, Snapshot } from '../../workers/record/types.ts';
import { isLifecycleGroup } from '../../workers/record/types.ts';
import type { ErrorGroup } from '../summary/model.ts';
import { isOwnSource } from './own-source.ts';
import { secondOf } from './second.ts';
import { matches, selectorKey } from './selector.ts';
import { type RunClock, SeriesCell, TrackedCell } from './state.ts';
import type { Aggregate, Selector, SeriesState, Tracked, TrackOptions } from './types.ts';

/** A series of one source: its place among the merged series, and the selectors that it counts for. */
interface Feed {
  /** Unique over all sources; gauges keep one value for each. */
  readonly part: number;
  readonly metric: string;
  readonly cell: SeriesCell;
  readonly targets: TrackedCell[];
}

interface Source {
  lastSeq: number;
  readonly feeds: Map<number, Feed>;
}

/** Everything known of one metric. */
interface Metric {
  def: MetricDef | undefined;
  /** The metric as a whole comes first. */
  readonly tracked: TrackedCell[];
  /** Merged over sources, by their tags. */
  readonly series: Map<string, SeriesCell>;
}

/** A series under other tags. */
function renamed(cell: SeriesCell, tags: ReadonlyMap<string, string>): SeriesState {
  return { def: cell.def, tags, samples: cell.samples, stat: (stat) => cell.stat(stat) };
}

class MergedAggregate implements Aggregate {
  durationMs = 0;
  readonly #metrics = new Map<string, Metric>();
  readonly #tracked = new Map<string, TrackedCell>();
  readonly #sources = new Map<string, Source>();
  readonly #feeds: Feed[] = [];
  /** Sources that report every second. */
  readonly #regular = new Set<string>();
  readonly #errors = new Map<string, ErrorGroup>();
  readonly #warnings = new Set<string>();
  #second = Number.NEGATIVE_INFINITY;
  #toMs = 0;
  /** Sources that have reported the newest second. */
  #reported = new Set<string>();
  readonly #clock: RunClock;

  constructor(defs: readonly MetricDef[]) {
    const read = {
      second: () => this.#second,
      toMs: () => this.#toMs,
      complete: () => this.#reported.size === this.#regular.size,
      // Before the run has set it: the time that was reported on.
      durationMs: () => (this.durationMs > 0 ? this.durationMs : this.#toMs),
    };
    this.#clock = {
      get second() {
        return read.second();
      },
      get toMs() {
        return read.toMs();
      },
      get complete() {
        return read.complete();
      },
      get durationMs() {
        return read.durationMs();
      },
    };
    for (const def of defs) this.#define(def);
  }

  track(selector: Selector, options: TrackOptions = {}): Tracked {
    const key = selectorKey(selector);
    let tracked = this.#tracked.get(key);
    if (tracked === undefined) {
      const metric = this.#metric(selector.metric);
      tracked = new TrackedCell(selector, metric.def, this.#clock);
      this.#tracked.set(key, tracked);
      metric.tracked.push(tracked);
      this.#catchUp(tracked);
    }
    tracked.extend(options);
    return tracked;
  }

  apply(bytes: ArrayBuffer): void {
    const snapshot = decodeSnapshot(bytes);
    const source = this.#source(snapshot.source);
    if (snapshot.seq <= source.lastSeq) return;
    this.#requireKnownSeries(snapshot, source);
    if (snapshot.seq > source.lastSeq + 1) {
      this.#warnings.add(`measurements of ${snapshot.source} are missing: a snapshot was lost`);
    }
    source.lastSeq = snapshot.seq;

    const second = this.#secondOf(snapshot);
    for (const def of snapshot.metrics) this.#define(def);
    for (const def of snapshot.series) this.#announce(def, source);
    for (const delta of snapshot.deltas) {
      const { cell, targets, part } = source.feeds.get(delta.id) as Feed;
      const report = { delta, part, second, toMs: snapshot.toMs };
      cell.apply(report);
      for (const target of targets) target.apply(report);
    }
    for (const error of snapshot.errors) this.#countError(error);
    for (const warning of snapshot.warnings) this.#warnings.add(warning);
  }

  metrics(): readonly Tracked[] {
    return [...this.#metrics.values()].flatMap(({ tracked }) => {
      const whole = tracked[0];
      return whole !== undefined && whole.samples > 0 ? [whole] : [];
    });
  }

  series(metric: string): Iterable<SeriesState> {
    return this.#mainSeries(metric);
  }

  *#mainSeries(metric: string): Iterable<SeriesCell> {
    for (const cell of this.#metrics.get(metric)?.series.values() ?? []) {
      if (!isLifecycleGroup(cell.tags.get('group') ?? '')) yield cell;
    }
  }

  grouped(metric: string, keys: readonly string[]): readonly SeriesState[] {
    const groups = new Map<string, SeriesCell[]>();
    for (const cell of this.#mainSeries(metric)) {
      const id = JSON.stringify(keys.map((key) => cell.tags.get(key) ?? null));
      const group = groups.get(id);
      if (group === undefined) groups.set(id, [cell]);
      else group.push(cell);
    }
    return [...groups.values()].map((cells) => {
      const [first, ...others] = cells as [SeriesCell, ...SeriesCell[]];
      const tags = new Map([...first.tags].filter(([key]) => keys.includes(key)));
      // Mostly a combination has one series; copying it would be most of the work.
      if (others.length === 0) return renamed(first, tags);
      const merged = new SeriesCell(first.def, tags, this.#clock);
      for (const cell of cells) merged.merge(cell);
      return merged;
    });
  }

  errors(): readonly ErrorGroup[] {
    return [...this.#errors.values()].sort((a, b) => b.count - a.count);
  }

  warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The second that a snapshot belongs to; a regular one may begin a new one. */
  #secondOf(snapshot: Snapshot): number {
    if (isOwnSource(snapshot.source)) return this.#second;
    const second = secondOf(snapshot);
    this.#turnTo(second);
    this.#toMs = Math.max(this.#toMs, snapshot.toMs);
    this.#regular.add(snapshot.source);
    if (second === this.#second) this.#reported.add(snapshot.source);
    return second;
  }

  /** For a selector that comes after data: what its series hold is added, and they feed it from now on. */
  #catchUp(tracked: TrackedCell): void {
    const { metric, tags } = tracked.selector;
    for (const cell of this.#metric(metric).series.values())
      if (matches(tags, cell.tags)) tracked.merge(cell);
    for (const feed of this.#feeds) {
      if (feed.metric === metric && matches(tags, feed.cell.tags)) feed.targets.push(tracked);
    }
  }

  #source(name: string): Source {
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = { lastSeq: 0, feeds: new Map() };
      this.#sources.set(name, source);
    }
    return source;
  }

  /** A metric by name; the one that tracks it as a whole is made with it. */
  #metric(name: string): Metric {
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      metric = { def: undefined, tracked: [], series: new Map() };
      this.#metrics.set(name, metric);
      this.track({ metric: name, tags: [] });
    }
    return metric;
  }

  #define(def: MetricDef): void {
    const metric = this.#metric(def.name);
    if (metric.def === undefined) {
      metric.def = def;
      for (const tracked of metric.tracked) tracked.define(def);
    } else if (
      metric.def.type !== def.type ||
      metric.def.unit !== def.unit ||
      metric.def.digits !== def.digits
    ) {
      this.#warnings.add(`the metric ${def.name} has different definitions: only one of them is counted`);
    }
  }

  /** Checked before anything changes, so that a snapshot is merged as a whole or not at all. */
  #requireKnownSeries(snapshot: Snapshot, source: Source): void {
    const announced = new Set(snapshot.series.map((series) => series.id));
    const unknown = snapshot.deltas.find((delta) => !announced.has(delta.id) && !source.feeds.has(delta.id));
    if (unknown !== undefined) {
      throw new SnapshotError(`${snapshot.source} never announced its series ${unknown.id}`);
    }
    const defined = new Set(snapshot.metrics.map((def) => def.name));
    const undefinedSeries = snapshot.series.find(
      ({ metric }) => !defined.has(metric) && this.#metrics.get(metric)?.def === undefined,
    );
    if (undefinedSeries !== undefined) {
      throw new SnapshotError(`${snapshot.source} never defined the metric ${undefinedSeries.metric}`);
    }
  }

  #announce(def: SeriesDef, source: Source): void {
    if (source.feeds.has(def.id)) return;
    const metric = this.#metric(def.metric);
    const key = JSON.stringify(def.tags);
    let cell = metric.series.get(key);
    if (cell === undefined) {
      cell = new SeriesCell(metric.def as MetricDef, new Map(def.tags), this.#clock);
      metric.series.set(key, cell);
    }
    const { tags } = cell;
    const feed: Feed = {
      part: this.#feeds.length,
      metric: def.metric,
      cell,
      targets: metric.tracked.filter((tracked) => matches(tracked.selector.tags, tags)),
    };
    this.#feeds.push(feed);
    source.feeds.set(def.id, feed);
  }

  /** Ends the seconds before this one. */
  #turnTo(second: number): void {
    if (second <= this.#second) return;
    for (const { tracked, series } of this.#metrics.values()) {
      for (const cell of tracked) cell.closeSecond(second);
      for (const cell of series.values()) cell.closeSecond();
    }
    this.#second = second;
    this.#reported = new Set();
  }

  #countError({ label, code, message, stack, count }: ErrorDelta): void {
    const key = JSON.stringify([label, code, message]);
    const known = this.#errors.get(key);
    const kept = known?.stack ?? stack;
    const group = { label, code, message, count: (known?.count ?? 0) + count };
    this.#errors.set(key, kept === undefined ? group : { ...group, stack: kept });
  }
}

/**
 * An empty aggregate. `defs` are the metrics known beforehand (built-in ones, then the script's); `metrics()` keeps their
 * order. A metric that a snapshot defines comes after them.
 */
export function createAggregate(defs: readonly MetricDef[]): Aggregate {
  return new MergedAggregate(defs);
}
