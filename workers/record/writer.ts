/**
 * Writes the snapshot format. Used by the recorder's flush, which has series, and by `encodeSnapshot`, which has a
 * decoded snapshot; so there is one place that knows the bytes. `snapshot.ts` reads them.
 *
 *     offset  type      what
 *      0      u32       magic 'BRNT', in the byte order of the machine: another order does not match
 *      4      u32       version
 *      8      u32       length of the whole in bytes
 *     12      u32       bytes of JSON
 *     16      u32 * 4   number of trends, counters, rates, gauges
 *     32      u32       bucket pairs
 *     36      u32       1 if the pairs are 64-bit floats (a count above 2^32 - 1), 0 if 32-bit integers
 *     40      JSON      everything that is text, padded with spaces to a multiple of 8
 *      …      f64       rows: trends (7 numbers), counters (3), rates (3), gauges (5)
 *      …      u32, f64  (bucket, count) pairs of all trends, one after the other
 */

import type { Histogram, TrendDelta } from './histogram.ts';
import type { Snapshot } from './types.ts';
import { SNAPSHOT_VERSION } from './types.ts';

/** 'BRNT' read as a little-endian integer. */
export const MAGIC = 0x54_4e_52_42;
export const HEADER_BYTES = 40;

/** Numbers per row: id, then the fields in the order of the methods of `SnapshotWriter`. */
export const ROW = { trend: 7, counter: 3, rate: 3, gauge: 5 } as const;

/** The parts of a snapshot that travel as JSON. */
export type SnapshotText = Pick<
  Snapshot,
  'source' | 'seq' | 'fromMs' | 'toMs' | 'metrics' | 'series' | 'errors' | 'warnings'
>;

/** An earlier snapshot's memory is used again unless it is so many times larger than what is to be written. */
const MOST_SLACK = 4;

const encoder = new TextEncoder();

/** Numbers that grow in number; kept between snapshots so that a flush allocates little. */
class Column {
  #numbers = new Float64Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.length++] = value;
  }

  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.length);
  }
}

export class SnapshotWriter {
  readonly #trends = new Column();
  readonly #counters = new Column();
  readonly #rates = new Column();
  readonly #gauges = new Column();
  readonly #pairs = new Column();
  #highestCount = 0;
  #spare: ArrayBuffer | undefined;
  /** Added to the times of gauges, so that they may be on another clock than the snapshot's. */
  gaugeOffsetMs = 0;

  trend(id: number, histogram: Histogram): void {
    const start = this.#pairs.length;
    histogram.forEachBucket((bucket, count) => this.#pair(bucket, count));
    const { count, sum, sumOfSquares, min, max } = histogram;
    this.#trendRow(id, count, sum, sumOfSquares, min, max, (this.#pairs.length - start) / 2);
  }

  trendDelta(delta: TrendDelta): void {
    const { id, count, sum, sumOfSquares, min, max, buckets } = delta;
    for (let i = 0; i < buckets.length; i += 2) this.#pair(buckets[i] as number, buckets[i + 1] as number);
    this.#trendRow(id, count, sum, sumOfSquares, min, max, buckets.length / 2);
  }

  counter(id: number, sum: number, count: number): void {
    this.#counters.push(id);
    this.#counters.push(sum);
    this.#counters.push(count);
  }

  rate(id: number, passes: number, fails: number): void {
    this.#rates.push(id);
    this.#rates.push(passes);
    this.#rates.push(fails);
  }

  /** `atMs` on the snapshot's clock once `gaugeOffsetMs` is added. */
  gauge(id: number, value: number, min: number, max: number, atMs: number): void {
    this.#gauges.push(id);
    this.#gauges.push(value);
    this.#gauges.push(min);
    this.#gauges.push(max);
    this.#gauges.push(atMs + this.gaugeOffsetMs);
  }

  /** Takes the memory of a snapshot that was read and is not needed any more; a later one may be written into it. */
  reuse(bytes: ArrayBuffer): void {
    this.#spare = bytes;
  }

  /**
   * The whole as bytes of its own (to be transferred), of which the last may be no part of it: its header has the length.
   * The writer is empty again afterwards.
   */
  finish(text: SnapshotText): ArrayBuffer {
    const json = encoder.encode(JSON.stringify(text));
    const jsonBytes = Math.ceil(json.length / 8) * 8;
    const rows = [this.#trends, this.#counters, this.#rates, this.#gauges];
    const numbers = rows.reduce((sum, column) => sum + column.length, 0);
    const wide = this.#highestCount > 0xffff_ffff;
    const pairBytes = this.#pairs.length * (wide ? 8 : 4);
    const length = HEADER_BYTES + jsonBytes + numbers * 8 + pairBytes;

    const bytes = this.#memory(length);
    new Uint32Array(bytes, 0, HEADER_BYTES / 4).set([
      MAGIC,
      SNAPSHOT_VERSION,
      length,
      jsonBytes,
      this.#trends.length / ROW.trend,
      this.#counters.length / ROW.counter,
      this.#rates.length / ROW.rate,
      this.#gauges.length / ROW.gauge,
      this.#pairs.length / 2,
      wide ? 1 : 0,
    ]);
    const jsonPart = new Uint8Array(bytes, HEADER_BYTES, jsonBytes).fill(0x20);
    jsonPart.set(json);
    let at = HEADER_BYTES + jsonBytes;
    for (const column of rows) {
      new Float64Array(bytes, at, column.length).set(column.numbers);
      at += column.length * 8;
    }
    const pairs = this.#pairs.numbers;
    (wide ? new Float64Array(bytes, at, pairs.length) : new Uint32Array(bytes, at, pairs.length)).set(pairs);

    for (const column of [...rows, this.#pairs]) column.length = 0;
    this.#highestCount = 0;
    return bytes;
  }

  #memory(length: number): ArrayBuffer {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare === undefined) return new ArrayBuffer(length);
    if (spare.byteLength >= length && spare.byteLength <= length * MOST_SLACK) return spare;
    // No second is quite like another: with a quarter more, those that follow fit, too.
    return new ArrayBuffer(Math.ceil(length * 1.25));
  }

  #pair(bucket: number, count: number): void {
    this.#pairs.push(bucket);
    this.#pairs.push(count);
    if (count > this.#highestCount) this.#highestCount = count;
  }

  #trendRow(...row: readonly [number, number, number, number, number, number, number]): void {
    for (const value of row) this.#trends.push(value);
  }
}
