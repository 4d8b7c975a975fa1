/**
 * Raw samples of a thread, for outputs that want every one. They exist only in runs that ask for them: then every
 * tag set gets series of its own that pass a value on to the series of the recorder and put it down here as well; in all
 * other runs nothing on the way of a sample knows of this.
 *
 * Batches leave when they are full, and with every report. At most `MOST_IN_FLIGHT` of them are not yet taken by the
 * main thread; while that is so, samples are left out and counted. So memory stays bounded, and nobody waits.
 */

import type { SampleMarks } from '../../dsl/host.ts';
import type { MetricDef } from '../../dsl/metrics.ts';
import { type ColumnViews, ROW_BYTES, type SampleColumns, viewColumns } from './sample-columns.ts';
import type { RecordedSeries } from './series.ts';
import type { TagNode } from './tags.ts';
import type { SeriesDef } from './types.ts';
import type { SnapshotWriter } from './writer.ts';

/** 96 kB: some hundred requests. */
const ROWS = 4096;
/** 4 MB of rows in each thread. */
const MOST_IN_FLIGHT = 40;
/** Characters of URLs that end a batch before it is full. */
const MOST_URL_CHARS = 200_000;

export interface SampleBufferOptions {
  readonly source: string;
  readonly send: (columns: SampleColumns) => void;
  /** Milliseconds on the clock that all threads share. */
  readonly now: () => number;
}

export class SampleBuffer implements SampleMarks {
  readonly #options: SampleBufferOptions;
  #bytes: ArrayBuffer | undefined;
  #columns: ColumnViews | undefined;
  #count = 0;
  #inFlight = 0;
  #dropped = 0;
  #urls: string[] = [];
  /** Places in `#urls`, plus 1. */
  #urlPlaces = new Map<string, number>();
  #urlChars = 0;
  #nextSeries = 0;
  #series: SeriesDef[] = [];
  #metrics: MetricDef[] = [];
  readonly #told = new Set<string>();
  /** Of the request that is being booked; undefined outside of that. */
  #url: string | undefined;
  #atMs = 0;

  constructor(options: SampleBufferOptions) {
    this.#options = options;
  }

  begin(url: string): void {
    this.#url = url;
    this.#atMs = this.#options.now();
  }

  end(): void {
    this.#url = undefined;
  }

  /** What takes the samples of a tag set, on their way to `inner`. */
  series(inner: RecordedSeries, tags: TagNode): SampledSeries {
    const id = this.#nextSeries++;
    this.#series.push({ id, metric: inner.metric.name, tags: tags.entries() });
    if (!this.#told.has(inner.metric.name)) {
      this.#told.add(inner.metric.name);
      this.#metrics.push(inner.metric);
    }
    return new SampledSeries(this, id, inner);
  }

  add(series: number, value: number): void {
    if (this.#columns === undefined && !this.#open()) {
      this.#dropped++;
      return;
    }
    const { times, values, series: ids, urls } = this.#columns as ColumnViews;
    const at = this.#count++;
    values[at] = value;
    ids[at] = series;
    if (this.#url === undefined) {
      times[at] = this.#options.now();
      urls[at] = 0;
    } else {
      times[at] = this.#atMs;
      urls[at] = this.#urlPlaces.get(this.#url) ?? this.#place(this.#url);
    }
    if (this.#count === ROWS || this.#urlChars > MOST_URL_CHARS) this.flush();
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#count === 0 && this.#dropped === 0) return;
    const bytes = this.#bytes ?? new ArrayBuffer(0);
    this.#inFlight++;
    this.#options.send({
      source: this.#options.source,
      count: this.#count,
      bytes,
      urls: this.#urls,
      series: this.#series,
      metrics: this.#metrics,
      dropped: this.#dropped,
    });
    this.#bytes = undefined;
    this.#columns = undefined;
    this.#count = 0;
    this.#dropped = 0;
    this.#urls = [];
    this.#urlPlaces = new Map();
    this.#urlChars = 0;
    this.#series = [];
    this.#metrics = [];
  }

  /** The main thread has taken a batch. */
  taken(): void {
    this.#inFlight--;
  }

  #open(): boolean {
    if (this.#inFlight >= MOST_IN_FLIGHT) return false;
    this.#bytes = new ArrayBuffer(ROWS * ROW_BYTES);
    this.#columns = viewColumns(this.#bytes);
    return true;
  }

  #place(url: string): number {
    const place = this.#urls.push(url);
    this.#urlPlaces.set(url, place);
    this.#urlChars += url.length;
    return place;
  }
}

/** The samples of one metric and one tag set; several of them may share a series of the recorder. */
export class SampledSeries implements RecordedSeries {
  readonly inner: RecordedSeries;
  readonly #buffer: SampleBuffer;
  readonly #id: number;
  readonly #isRate: boolean;

  constructor(buffer: SampleBuffer, id: number, inner: RecordedSeries) {
    this.#buffer = buffer;
    this.#id = id;
    this.inner = inner;
    this.#isRate = inner.metric.type === 'rate';
  }

  get metric(): MetricDef {
    return this.inner.metric;
  }

  get def(): SeriesDef {
    return this.inner.def;
  }

  add(value: number): void {
    this.inner.add(value);
    if (this.#isRate) {
      if (!Number.isNaN(value)) this.#buffer.add(this.#id, value === 0 ? 0 : 1);
    } else if (Number.isFinite(value)) this.#buffer.add(this.#id, value);
  }

  drain(writer: SnapshotWriter): void {
    this.inner.drain(writer);
  }
}
