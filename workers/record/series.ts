/**
 * Series: where the values of one metric with one tag set go until the next flush. `add` is the hot path: a check of the
 * number, a few sums, and at the first touch since the last flush one push to the recorder's list of changed series.
 */

import type { Series } from '../../dsl/host.ts';
import type { MetricDef, MetricType } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from './histogram.ts';
import type { SeriesDef } from './types.ts';
import type { SnapshotWriter } from './writer.ts';

/** What a series asks of its recorder. */
export interface SeriesOwner {
  /** Called once between two flushes, at the first value. */
  touched(series: RecordedSeries): void;
  warn(text: string): void;
  /** Milliseconds on a steady clock. */
  now(): number;
}

export interface RecordedSeries extends Series {
  readonly metric: MetricDef;
  readonly def: SeriesDef;
  /** Writes what was recorded since the last call and forgets it. */
  drain(writer: SnapshotWriter): void;
}

function notANumber(metric: MetricDef): string {
  return `${metric.name}: values that are not finite numbers were ignored`;
}

class TrendSeries implements RecordedSeries {
  readonly metric: MetricDef;
  readonly def: SeriesDef;
  readonly #owner: SeriesOwner;
  readonly #histogram: Histogram;

  constructor(metric: MetricDef, def: SeriesDef, owner: SeriesOwner) {
    this.metric = metric;
    this.def = def;
    this.#owner = owner;
    this.#histogram = new Histogram(metric.digits, scaleOf(metric.unit));
  }

  add(value: number): void {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      if (!Number.isFinite(value)) {
        this.#owner.warn(notANumber(this.metric));
        return;
      }
      this.#owner.warn(`${this.metric.name}: percentiles count negative values as 0`);
    }
    if (this.#histogram.count === 0) this.#owner.touched(this);
    this.#histogram.add(value);
  }

  drain(writer: SnapshotWriter): void {
    writer.trend(this.def.id, this.#histogram);
    this.#histogram.clear();
  }
}

class CounterSeries implements RecordedSeries {
  readonly metric: MetricDef;
  readonly def: SeriesDef;
  readonly #owner: SeriesOwner;
  #sum = 0;
  #count = 0;

  constructor(metric: MetricDef, def: SeriesDef, owner: SeriesOwner) {
    this.metric = metric;
    this.def = def;
    this.#owner = owner;
  }

  add(value: number): void {
    if (!Number.isFinite(value)) {
      this.#owner.warn(notANumber(this.metric));
      return;
    }
    if (this.#count === 0) this.#owner.touched(this);
    this.#count++;
    this.#sum += value;
  }

  drain(writer: SnapshotWriter): void {
    writer.counter(this.def.id, this.#sum, this.#count);
    this.#sum = 0;
    this.#count = 0;
  }
}

class RateSeries implements RecordedSeries {
  readonly metric: MetricDef;
  readonly def: SeriesDef;
  readonly #owner: SeriesOwner;
  #passes = 0;
  #fails = 0;

  constructor(metric: MetricDef, def: SeriesDef, owner: SeriesOwner) {
    this.metric = metric;
    this.def = def;
    this.#owner = owner;
  }

  add(value: number): void {
    if (Number.isNaN(value)) {
      this.#owner.warn(notANumber(this.metric));
      return;
    }
    if (this.#passes + this.#fails === 0) this.#owner.touched(this);
    if (value === 0) this.#fails++;
    else this.#passes++;
  }

  drain(writer: SnapshotWriter): void {
    writer.rate(this.def.id, this.#passes, this.#fails);
    this.#passes = 0;
    this.#fails = 0;
  }
}

class GaugeSeries implements RecordedSeries {
  readonly metric: MetricDef;
  readonly def: SeriesDef;
  readonly #owner: SeriesOwner;
  #touched = false;
  #value = 0;
  #min = 0;
  #max = 0;
  #at = 0;

  constructor(metric: MetricDef, def: SeriesDef, owner: SeriesOwner) {
    this.metric = metric;
    this.def = def;
    this.#owner = owner;
  }

  add(value: number): void {
    if (!Number.isFinite(value)) {
      this.#owner.warn(notANumber(this.metric));
      return;
    }
    if (!this.#touched) {
      this.#touched = true;
      this.#min = value;
      this.#max = value;
      this.#owner.touched(this);
    } else if (value < this.#min) this.#min = value;
    else if (value > this.#max) this.#max = value;
    this.#value = value;
    this.#at = this.#owner.now();
  }

  drain(writer: SnapshotWriter): void {
    writer.gauge(this.def.id, this.#value, this.#min, this.#max, this.#at);
    this.#touched = false;
  }
}

const CLASSES = {
  trend: TrendSeries,
  counter: CounterSeries,
  rate: RateSeries,
  gauge: GaugeSeries,
} as const satisfies Record<MetricType, unknown>;

export function createSeries(metric: MetricDef, def: SeriesDef, owner: SeriesOwner): RecordedSeries {
  return new CLASSES[metric.type](metric, def, owner);
}
