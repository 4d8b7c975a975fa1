/**
 * The message of remote write 1.0, as `prometheus/prompb/remote.proto` and `types.proto` number its fields.
 *
 *     WriteRequest   1 timeseries …   3 metadata …
 *     TimeSeries     1 labels (1 name, 2 value) …   2 samples (1 value, 2 timestamp) …   4 histograms …
 *     Histogram      1 count  3 sum  4 schema  5 zero threshold  6 zero count  11 spans (1 offset, 2 length) …
 *                    12 deltas, packed  15 timestamp
 *     Metadata       1 type  2 family  4 help  5 unit
 *
 * Labels are sorted by name. They are most of the bytes and never change, so each series encodes them once.
 */

import type { MeasuredTrend } from '../output.ts';
import { ProtoBytes } from '../proto-bytes.ts';
import { NATIVE_SCHEMA, nativeBuckets } from './buckets.ts';
import { type Family, type FamilyType, toBaseUnit } from './names.ts';
import { type Labels, type Point, type PromSeries, valuesOf } from './series.ts';

/** The NaN that ends a series: from then on it is gone, not merely late. */
const STALE = 0x7ff0000000000002n;

/** Values up to this are 0; Prometheus' own default. */
const ZERO_THRESHOLD = 2 ** -128;

const METADATA_TYPE: Readonly<Record<FamilyType, number>> = { counter: 1, gauge: 2, histogram: 3 };

/** A series as it is written: each of its points has its labels encoded. */
export interface WrittenSeries {
  readonly series: PromSeries;
  readonly frames: readonly Uint8Array[];
  /** Whether trends are one native histogram. */
  readonly native: boolean;
}

function frameOf({ name, le }: Point, labels: Labels): Uint8Array {
  const all = [...labels, ['__name__', name] as const, ...(le === undefined ? [] : [['le', le] as const])];
  const bytes = new ProtoBytes();
  for (const [label, value] of all.sort(([a], [b]) => (a < b ? -1 : 1))) {
    bytes.field(1, () => {
      bytes.textField(1, label);
      bytes.textField(2, value);
    });
  }
  return bytes.taken();
}

export function prepareSeries(series: PromSeries, nativeHistograms: boolean): WrittenSeries {
  const native = nativeHistograms && series.total.type === 'trend';
  const points = native ? [{ name: (series.families[0] as Family).name }] : series.points;
  return { series, native, frames: points.map((point) => frameOf(point, series.labels)) };
}

export class WriteRequest {
  readonly #bytes = new ProtoBytes();
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  metadata({ name, type, help, unit }: Family): void {
    const bytes = this.#bytes;
    bytes.field(3, () => {
      bytes.varintField(1, METADATA_TYPE[type]);
      bytes.textField(2, name);
      bytes.textField(4, help);
      if (unit !== undefined) bytes.textField(5, unit);
    });
  }

  /** `zeroAtMs`: when a counter or histogram that is new was still 0, so that its first values count as a rise. */
  add({ series, frames, native }: WrittenSeries, atMs: number, zeroAtMs?: number): void {
    const { total } = series;
    const zero = total.type === 'gauge' ? undefined : zeroAtMs;
    if (native && total.type === 'trend') {
      this.#timeSeries(frames[0] as Uint8Array, () => {
        if (zero !== undefined) this.#emptyHistogram(zero, 0n);
        this.#histogram(series, total, atMs);
      });
      return;
    }
    const values = valuesOf(series);
    frames.forEach((frame, i) => {
      this.#timeSeries(frame, () => {
        if (zero !== undefined) this.#sample(zero, () => this.#bytes.doubleField(1, 0));
        this.#sample(atMs, () => this.#bytes.doubleField(1, values[i] as number));
      });
    });
  }

  /** Says that the series ends. */
  end({ frames, native }: WrittenSeries, atMs: number): void {
    for (const frame of frames) {
      this.#timeSeries(frame, () => {
        if (native) this.#emptyHistogram(atMs, STALE);
        else this.#sample(atMs, () => this.#bytes.fixed64Field(1, STALE));
      });
    }
  }

  encoded(): Uint8Array {
    return this.#bytes.written();
  }

  #timeSeries(frame: Uint8Array, write: () => void): void {
    this.#samples++;
    this.#bytes.field(1, () => {
      this.#bytes.raw(frame);
      write();
    });
  }

  #sample(atMs: number, value: () => void): void {
    this.#bytes.field(2, () => {
      value();
      this.#bytes.varintField(2, atMs);
    });
  }

  #emptyHistogram(atMs: number, sum: bigint): void {
    const bytes = this.#bytes;
    bytes.field(4, () => {
      bytes.varintField(1, 0);
      bytes.fixed64Field(3, sum);
      bytes.zigzagField(4, NATIVE_SCHEMA);
      bytes.doubleField(5, ZERO_THRESHOLD);
      bytes.varintField(6, 0);
      bytes.varintField(15, atMs);
    });
  }

  #histogram({ def }: PromSeries, trend: MeasuredTrend, atMs: number): void {
    if (def === undefined) return;
    const { zeroCount, buckets } = nativeBuckets(def, trend);
    const bytes = this.#bytes;
    bytes.field(4, () => {
      bytes.varintField(1, trend.count);
      bytes.doubleField(3, toBaseUnit(trend.sum, def));
      bytes.zigzagField(4, NATIVE_SCHEMA);
      bytes.doubleField(5, ZERO_THRESHOLD);
      bytes.varintField(6, zeroCount);
      for (const { offset, length } of spansOf(buckets.map(([index]) => index))) {
        bytes.field(11, () => {
          bytes.zigzagField(1, offset);
          bytes.varintField(2, length);
        });
      }
      bytes.field(12, () => {
        let before = 0;
        for (const [, count] of buckets) {
          bytes.zigzag(count - before);
          before = count;
        }
      });
      bytes.varintField(15, atMs);
    });
  }
}

/** Runs of neighbours: the first one's index, then gaps to the one before. */
function spansOf(
  indexes: readonly number[],
): readonly { readonly offset: number; readonly length: number }[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indexes) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}
