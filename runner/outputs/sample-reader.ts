/** Makes batches for outputs of the columns that workers send: remembers the texts, and turns times into dates. */

import type { MetricDef } from '../../dsl/metrics.ts';
import { type SampleColumns, viewColumns } from '../../workers/record/sample-columns.ts';
import type { Snapshot } from '../../workers/record/types.ts';
import type { SampleBatch, SampleSeries } from './output.ts';

/** Milliseconds since 1970 at the zero of the clock that all threads share. */
function clockOffsetMs(): number {
  const monotonicMs = Number(process.hrtime.bigint()) / 1e6;
  return performance.timeOrigin + performance.now() - monotonicMs;
}

export class SampleReader {
  readonly #offsetMs: number;
  readonly #defs = new Map<string, MetricDef>();
  /** By source. */
  readonly #tables = new Map<string, SampleSeries[]>();

  constructor(offsetMs = clockOffsetMs()) {
    this.#offsetMs = offsetMs;
  }

  /** The gauges of a snapshot as samples: what the main thread finds out itself comes in no other way. */
  gaugesOf(snapshot: Snapshot, startedAt: Date): SampleBatch {
    for (const def of snapshot.metrics) this.#defs.set(def.name, def);
    const table = this.#table(snapshot.source);
    for (const { id, metric, tags } of snapshot.series) {
      table[id] = { def: this.#defs.get(metric) as MetricDef, tags: new Map(tags) };
    }
    const gauges = snapshot.deltas.filter((delta) => delta.type === 'gauge');
    return {
      count: gauges.length,
      table,
      series: Uint32Array.from(gauges, ({ id }) => id),
      times: Float64Array.from(gauges, ({ atMs }) => startedAt.getTime() + atMs),
      values: Float64Array.from(gauges, ({ value }) => value),
      urls: new Uint32Array(gauges.length),
      urlTable: [],
    };
  }

  /** The columns become the batch's: they must not be used any more. */
  read(columns: SampleColumns): SampleBatch {
    for (const def of columns.metrics) this.#defs.set(def.name, def);
    const table = this.#table(columns.source);
    for (const { id, metric, tags } of columns.series) {
      table[id] = { def: this.#defs.get(metric) as MetricDef, tags: new Map(tags) };
    }
    const { times, values, series, urls } = viewColumns(columns.bytes, columns.count);
    for (let i = 0; i < times.length; i++) times[i] = (times[i] as number) + this.#offsetMs;
    return { count: columns.count, table, series, times, values, urls, urlTable: columns.urls };
  }

  #table(source: string): SampleSeries[] {
    let table = this.#tables.get(source);
    if (table === undefined) {
      table = [];
      this.#tables.set(source, table);
    }
    return table;
  }
}
