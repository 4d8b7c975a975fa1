/**
 * An HDR histogram with exact count, sum, sum of squares, minimum and maximum beside it.
 *
 * Values are counted as integers: a value in the metric's unit times `scale`, rounded. Percentiles are read from the
 * buckets (within 0.1 % at 3 digits, 1 % at 2); everything else is exact. Merging adds bucket by bucket, so it is
 * associative and commutative: however a trace is cut over recorders, the merged buckets are the same.
 */

import type { MetricUnit } from '../../dsl/metrics.ts';
import { bucketCount, bucketOf, type Digits, HIGHEST_UNITS, halfBits, highestOf } from './layout.ts';
import type { SeriesDelta } from './types.ts';

export type TrendDelta = Extract<SeriesDelta, { type: 'trend' }>;

/** Highest total with which no 32-bit count can overflow; a histogram that would pass it changes to 64-bit floats. */
const MOST_IN_32_BITS = 0xffff_ffff;

/**
 * Counts live in blocks of 32 neighbours, made when the first of them is hit: a series of similar values takes a few
 * hundred bytes, not the 180 kB of the whole range.
 */
const BLOCK_BITS = 5;
const BLOCK = 1 << BLOCK_BITS;

/** Integers per unit: microseconds for times; a millionth for all else, so that small fractions stay precise. */
export function scaleOf(unit: MetricUnit): number {
  return unit === 'ms' ? 1000 : 1_000_000;
}

/**
 * Rank of a percentile among `count` sorted samples, 1-based: ceil(p/100 * count). 99.9 % of 41,000 is 40,959 although
 * floating point makes a little more of it.
 */
export function rankOf(p: number, count: number): number {
  const exact = (p * count) / 100;
  const nearest = Math.round(exact);
  const rank = Math.abs(exact - nearest) <= 1e-12 * nearest ? nearest : Math.ceil(exact);
  return Math.min(count, Math.max(1, rank));
}

export class Histogram {
  readonly digits: Digits;
  /** Integers per unit of the metric. */
  readonly scale: number;
  readonly #bits: number;
  readonly #mask: number;
  /** Number of a block plus 1 by `bucket >> BLOCK_BITS`; 0 where there is none yet. */
  #blocks = new Uint16Array(16);
  #made = 0;
  #counts: Uint32Array | Float64Array = new Uint32Array(0);
  #limit = MOST_IN_32_BITS;
  #count = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(digits: Digits, scale: number) {
    this.digits = digits;
    this.scale = scale;
    this.#bits = halfBits(digits);
    this.#mask = (2 << this.#bits) - 1;
  }

  get count(): number {
    return this.#count;
  }

  /** In the metric's unit, as are all that follow. 0 without samples. */
  get sum(): number {
    return this.#sum;
  }

  get sumOfSquares(): number {
    return this.#sumOfSquares;
  }

  /** Infinity without samples. */
  get min(): number {
    return this.#min;
  }

  /** -Infinity without samples. */
  get max(): number {
    return this.#max;
  }

  /** NaN without samples. */
  get mean(): number {
    return this.#sum / this.#count;
  }

  /** Standard deviation of the population (divisor n), from the sum of squares; NaN without samples. */
  get stdev(): number {
    const mean = this.mean;
    return Math.sqrt(Math.max(0, this.#sumOfSquares / this.#count - mean * mean));
  }

  /** Bytes of the counts, for the curious. */
  get byteLength(): number {
    return this.#counts.byteLength + this.#blocks.byteLength;
  }

  /**
   * Records a value in the metric's unit. NaN and infinities are not recorded. A negative value enters sum and minimum
   * as it is, and the buckets as 0.
   */
  add(value: number): void {
    const rounded = value * this.scale + 0.5;
    if (!(rounded >= 0.5 && rounded < 2 ** 31)) {
      this.addTimes(value, 1);
      return;
    }
    const units = rounded | 0;
    const shift = 31 - this.#bits - Math.clz32(units | this.#mask);
    const bucket = (shift << this.#bits) + (units >>> shift);
    if (this.#count === this.#limit) this.#widen();
    this.#count++;
    this.#sum += value;
    this.#sumOfSquares += value * value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const block = this.#blocks[bucket >> BLOCK_BITS];
    // One expression for both: undefined (past the table) and 0 (no block yet).
    const base = block ? (block - 1) << BLOCK_BITS : this.#makeBlock(bucket);
    (this.#counts[base + (bucket & (BLOCK - 1))] as number)++;
  }

  /** Records the same value several times; the same rules as `add`. */
  addTimes(value: number, times: number): void {
    if (!Number.isFinite(value) || times <= 0) return;
    this.#reserve(times);
    this.#count += times;
    this.#sum += value * times;
    this.#sumOfSquares += value * value * times;
    this.#widenRange(value, value);
    const units = Math.min(HIGHEST_UNITS, Math.max(0, Math.floor(value * this.scale + 0.5)));
    this.#addToBucket(bucketOf(units, this.#bits), times);
  }

  /** Adds what another histogram of the same shape holds. */
  merge(from: Histogram): void {
    this.#requireSameShape(from);
    this.#reserve(from.#count);
    this.#count += from.#count;
    this.#sum += from.#sum;
    this.#sumOfSquares += from.#sumOfSquares;
    this.#widenRange(from.#min, from.#max);
    from.forEachBucket((bucket, count) => this.#addToBucket(bucket, count));
  }

  /** Adds a delta of the wire format; its buckets must be of this histogram's shape. */
  mergeDelta(delta: TrendDelta): void {
    const { buckets } = delta;
    this.#reserve(delta.count);
    this.#count += delta.count;
    this.#sum += delta.sum;
    this.#sumOfSquares += delta.sumOfSquares;
    this.#widenRange(delta.min, delta.max);
    for (let i = 0; i < buckets.length; i += 2) {
      this.#addToBucket(buckets[i] as number, buckets[i + 1] as number);
    }
  }

  /**
   * Takes away histograms that were merged before, leaving those of `rest`. Counts are subtracted; sum, minimum and
   * maximum are taken anew from the rest, as floating-point sums and extremes can't be undone.
   */
  subtract(gone: readonly Histogram[], rest: readonly Histogram[]): void {
    for (const part of gone) {
      this.#requireSameShape(part);
      this.#count -= part.#count;
      part.forEachBucket((bucket, count) => this.#addToBucket(bucket, -count));
    }
    this.#sum = 0;
    this.#sumOfSquares = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    for (const part of rest) {
      this.#sum += part.#sum;
      this.#sumOfSquares += part.#sumOfSquares;
      this.#widenRange(part.#min, part.#max);
    }
  }

  /**
   * Forgets all samples, and where they were: the memory is kept for the next ones, wherever they are. So a histogram
   * that is cleared each second takes what the busiest second needed, not the sum of all places that were ever hit.
   */
  clear(): void {
    this.#counts.fill(0, 0, this.#made << BLOCK_BITS);
    this.#blocks.fill(0);
    this.#made = 0;
    this.#count = 0;
    this.#sum = 0;
    this.#sumOfSquares = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  /**
   * The value at rank ceil(p/100 * count), p from 0 to 100, in the metric's unit: the highest value of its bucket, held
   * between the exact minimum and maximum. The first and the last rank are exact. NaN without samples.
   */
  percentile(p: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = rankOf(p, this.#count);
    if (rank === 1) return this.#min;
    if (rank === this.#count) return this.#max;
    let seen = 0;
    for (let page = 0; page < this.#blocks.length; page++) {
      const block = this.#blocks[page] as number;
      if (block === 0) continue;
      const base = (block - 1) << BLOCK_BITS;
      for (let i = 0; i < BLOCK; i++) {
        seen += this.#counts[base + i] as number;
        if (seen < rank) continue;
        const value = highestOf((page << BLOCK_BITS) + i, this.#bits) / this.scale;
        return Math.min(this.#max, Math.max(this.#min, value));
      }
    }
    return this.#max;
  }

  /** Visits the buckets that have samples, in the order of their values. */
  forEachBucket(visit: (bucket: number, count: number) => void): void {
    for (let page = 0; page < this.#blocks.length; page++) {
      const block = this.#blocks[page] as number;
      if (block === 0) continue;
      const base = (block - 1) << BLOCK_BITS;
      for (let i = 0; i < BLOCK; i++) {
        const count = this.#counts[base + i] as number;
        if (count !== 0) visit((page << BLOCK_BITS) + i, count);
      }
    }
  }

  /**
   * A histogram with the samples that a closed loop left out: for every value above the expected interval between two
   * samples (in the metric's unit), also value - interval, value - 2 * interval, … down to the interval. It assumes that
   * the samples that should have been taken meanwhile would have waited for the same stall; measuring from the schedule
   * needs no such guess.
   */
  correctedFor(expectedInterval: number): Histogram {
    if (!(expectedInterval > 0))
      throw new RangeError(`an expected interval must be above 0, not ${expectedInterval}`);
    const corrected = new Histogram(this.digits, this.scale);
    corrected.merge(this);
    this.forEachBucket((bucket, count) => {
      // As a percentile would tell it; so the highest one is exact.
      const told = highestOf(bucket, this.#bits) / this.scale;
      const value = Math.min(this.#max, Math.max(this.#min, told));
      // Half a unit of slack: 100 s holds 10 ms ten thousand times, whatever the divisions above made of it.
      const missing = Math.floor((value + 0.5 / this.scale) / expectedInterval) - 1;
      for (let k = 1; k <= missing; k++) corrected.addTimes(value - k * expectedInterval, count);
    });
    return corrected;
  }

  #widenRange(min: number, max: number): void {
    if (min < this.#min) this.#min = min;
    if (max > this.#max) this.#max = max;
  }

  #addToBucket(bucket: number, count: number): void {
    const block = this.#blocks[bucket >> BLOCK_BITS];
    const base = block ? (block - 1) << BLOCK_BITS : this.#makeBlock(bucket);
    const slot = base + (bucket & (BLOCK - 1));
    this.#counts[slot] = (this.#counts[slot] as number) + count;
  }

  /** Makes the block of a bucket and returns the place of its first count. */
  #makeBlock(bucket: number): number {
    if (!(bucket >= 0 && bucket < bucketCount(this.#bits))) {
      throw new RangeError(`bucket ${bucket} is outside of a histogram of ${this.digits} digits`);
    }
    const page = bucket >> BLOCK_BITS;
    if (page >= this.#blocks.length) {
      const longer = new Uint16Array(2 ** Math.ceil(Math.log2(page + 1)));
      longer.set(this.#blocks);
      this.#blocks = longer;
    }
    const base = this.#made << BLOCK_BITS;
    if (base >= this.#counts.length) {
      const length = (this.#made + Math.max(1, this.#made >> 1)) << BLOCK_BITS;
      const longer = this.#limit === MOST_IN_32_BITS ? new Uint32Array(length) : new Float64Array(length);
      longer.set(this.#counts);
      this.#counts = longer;
    }
    this.#made++;
    this.#blocks[page] = this.#made;
    return base;
  }

  #reserve(more: number): void {
    if (this.#count + more > this.#limit) this.#widen();
  }

  #widen(): void {
    this.#limit = Number.MAX_SAFE_INTEGER;
    this.#counts = Float64Array.from(this.#counts);
  }

  #requireSameShape(other: Histogram): void {
    if (other.digits !== this.digits || other.scale !== this.scale) {
      throw new TypeError('histograms of different precision or scale cannot be merged');
    }
  }
}
