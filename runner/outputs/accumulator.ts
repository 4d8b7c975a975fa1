/**
 * Merges the workers' reports into batches: per series what was measured since the last batch, and since the start. One
 * for all outputs of a run; the cost is of the order of the series that changed.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import type { SeriesDef, SeriesDelta } from '../../workers/record/types.ts';
import { GaugeCell, gaugeRuleOf } from '../aggregate/gauge.ts';
import { bucketsOf } from './batch.ts';
import type { Measured, OutputBatch, OutputSeries } from './output.ts';

/** One series over all sources. */
interface State {
  readonly def: MetricDef;
  readonly tags: ReadonlyMap<string, string>;
  /** `part`: the series of the source. */
  apply(delta: SeriesDelta, part: number): void;
  /** What is new since the last call, and all there is. */
  take(): { readonly delta: Measured; readonly total: Measured };
}

type DeltaOf<T extends SeriesDelta['type']> = Extract<SeriesDelta, { type: T }>;

function measuredTrend(histogram: Histogram): Measured {
  const pairs: number[] = [];
  histogram.forEachBucket((bucket, count) => {
    pairs.push(bucket, count);
  });
  const { count, sum, min, max } = histogram;
  return { type: 'trend', count, sum, min, max, buckets: bucketsOf(pairs) };
}

function trendSums(def: MetricDef): Pick<State, 'apply' | 'take'> {
  const recent = new Histogram(def.digits, scaleOf(def.unit));
  const whole = new Histogram(def.digits, scaleOf(def.unit));
  return {
    apply(delta) {
      recent.mergeDelta(delta as DeltaOf<'trend'>);
      whole.mergeDelta(delta as DeltaOf<'trend'>);
    },
    take() {
      const taken = { delta: measuredTrend(recent), total: measuredTrend(whole) };
      recent.clear();
      return taken;
    },
  };
}

function counterSums(): Pick<State, 'apply' | 'take'> {
  let recent = 0;
  let whole = 0;
  return {
    apply(delta) {
      recent += (delta as DeltaOf<'counter'>).sum;
      whole += (delta as DeltaOf<'counter'>).sum;
    },
    take() {
      const sum = recent;
      recent = 0;
      return { delta: { type: 'counter', sum }, total: { type: 'counter', sum: whole } };
    },
  };
}

function rateSums(): Pick<State, 'apply' | 'take'> {
  let recent = { passes: 0, fails: 0 };
  const whole = { passes: 0, fails: 0 };
  return {
    apply(delta) {
      const { passes, fails } = delta as DeltaOf<'rate'>;
      recent.passes += passes;
      recent.fails += fails;
      whole.passes += passes;
      whole.fails += fails;
    },
    take() {
      const delta = { type: 'rate', ...recent } as const;
      recent = { passes: 0, fails: 0 };
      return { delta, total: { type: 'rate', ...whole } };
    },
  };
}

/** Gauges of several workers merge by the rules of the aggregate; a batch is to them what a second is there. */
function gaugeValues(def: MetricDef): Pick<State, 'apply' | 'take'> {
  const clock = { second: 0, toMs: 0, complete: true };
  const cell = new GaugeCell(gaugeRuleOf(def.name), clock);
  cell.reach(1);
  const measured = (stat: (name: string) => number | undefined): Measured => ({
    type: 'gauge',
    value: stat('value') as number,
    min: stat('min') as number,
    max: stat('max') as number,
  });
  return {
    apply: (delta, part) => cell.apply(delta as DeltaOf<'gauge'>, part),
    take() {
      const recent = cell.last(1);
      const delta = measured((name) => recent.stat(name));
      const total = measured((name) => cell.stat(name));
      cell.close();
      clock.second++;
      return { delta, total };
    },
  };
}

function createState(def: MetricDef, tags: ReadonlyMap<string, string>): State {
  switch (def.type) {
    case 'trend':
      return { def, tags, ...trendSums(def) };
    case 'counter':
      return { def, tags, ...counterSums() };
    case 'rate':
      return { def, tags, ...rateSums() };
    case 'gauge':
      return { def, tags, ...gaugeValues(def) };
  }
}

/** A series of one source. */
interface Feed {
  readonly state: State;
  readonly part: number;
}

interface Source {
  lastSeq: number;
  readonly feeds: Map<number, Feed>;
}

export class Accumulator {
  readonly #defs = new Map<string, MetricDef>();
  readonly #sources = new Map<string, Source>();
  /** By metric and tags. */
  readonly #states = new Map<string, State>();
  /** Equal tags are the same object, whatever the metric. */
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();
  #parts = 0;
  readonly #changed = new Set<State>();
  #startMs: number;
  #takenMs = 0;
  #toMs = 0;

  /** `startedAt`: when the load began, from which the reports count their time. */
  constructor(defs: readonly MetricDef[], startedAt = new Date()) {
    for (const def of defs) this.#defs.set(def.name, def);
    this.#startMs = startedAt.getTime();
  }

  /** The load begins; before anything was taken. */
  startAt(startedAt: Date): void {
    this.#startMs = startedAt.getTime();
  }

  /** Merges an encoded snapshot; the same one a second time changes nothing. */
  apply(bytes: ArrayBuffer): void {
    const snapshot = decodeSnapshot(bytes);
    let source = this.#sources.get(snapshot.source);
    if (source === undefined) {
      source = { lastSeq: 0, feeds: new Map() };
      this.#sources.set(snapshot.source, source);
    }
    if (snapshot.seq <= source.lastSeq) return;
    source.lastSeq = snapshot.seq;
    for (const def of snapshot.metrics) if (!this.#defs.has(def.name)) this.#defs.set(def.name, def);
    for (const def of snapshot.series) this.#announce(def, source);
    for (const delta of snapshot.deltas) {
      const feed = source.feeds.get(delta.id);
      if (feed === undefined) continue;
      feed.state.apply(delta, feed.part);
      this.#changed.add(feed.state);
    }
    this.#toMs = Math.max(this.#toMs, snapshot.toMs);
  }

  /** What came in since the last call; undefined where nothing did. */
  take(): OutputBatch | undefined {
    if (this.#changed.size === 0) return undefined;
    const series: OutputSeries[] = [];
    for (const state of this.#changed) series.push({ def: state.def, tags: state.tags, ...state.take() });
    this.#changed.clear();
    const from = new Date(this.#startMs + this.#takenMs);
    const to = new Date(this.#startMs + this.#toMs);
    this.#takenMs = this.#toMs;
    return { from, to, series };
  }

  #announce({ id, metric, tags }: SeriesDef, source: Source): void {
    const def = this.#defs.get(metric);
    if (def === undefined) return;
    const tagsKey = JSON.stringify(tags);
    const key = `${metric} ${tagsKey}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      let shared = this.#tags.get(tagsKey);
      if (shared === undefined) {
        shared = new Map(tags);
        this.#tags.set(tagsKey, shared);
      }
      state = createState(def, shared);
      this.#states.set(key, state);
    }
    source.feeds.set(id, { state, part: this.#parts++ });
  }
}
