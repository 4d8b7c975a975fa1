/** The course of one metric: what each step held, and all of it together. */

import type { MetricDef } from '../../dsl/metrics.ts';
import { Histogram, scaleOf } from '../../workers/record/histogram.ts';
import type { SeriesDelta } from '../../workers/record/types.ts';
import { type GaugeRule, gaugeRuleOf } from '../aggregate/gauge.ts';
import { mergedSteps, type Pairs, packedStep, percentilesOf, type TrendStep } from './buckets.ts';
import type { Stepped } from './timeline.ts';

/** A delta with its place. */
export interface TrackReport {
  readonly delta: SeriesDelta;
  readonly second: number;
  readonly step: number;
  /** Unique per series and source: gauges keep one value for each. */
  readonly part: number;
  /** Of a trend: its buckets in the layout of steps. */
  readonly pairs?: Pairs | undefined;
}

interface TrackKind extends Stepped {
  readonly def: MetricDef;
  apply(report: TrackReport): void;
}

/** Merges neighbours of a list with holes. */
function halved<T>(cells: readonly (T | undefined)[], merge: (a: T, b: T) => T): (T | undefined)[] {
  return Array.from({ length: Math.ceil(cells.length / 2) }, (_, i) => {
    const [a, b] = [cells[2 * i], cells[2 * i + 1]];
    return a === undefined || b === undefined ? (a ?? b) : merge(a, b);
  });
}

export class CounterTrack implements TrackKind {
  readonly kind = 'counter';
  readonly def: MetricDef;
  total = 0;
  #sums: (number | undefined)[] = [];

  constructor(def: MetricDef) {
    this.def = def;
  }

  apply({ delta, step }: TrackReport): void {
    if (delta.type === 'counter') this.add(step, delta.sum);
  }

  add(step: number, value: number): void {
    this.total += value;
    this.#sums[step] = (this.#sums[step] ?? 0) + value;
  }

  sumOf(step: number): number {
    return this.#sums[step] ?? 0;
  }

  halve(): void {
    this.#sums = halved(this.#sums, (a, b) => a + b);
  }
}

export class RateTrack implements TrackKind {
  readonly kind = 'rate';
  readonly def: MetricDef;
  passes = 0;
  fails = 0;
  #steps: (readonly [passes: number, fails: number] | undefined)[] = [];

  constructor(def: MetricDef) {
    this.def = def;
  }

  apply({ delta, step }: TrackReport): void {
    if (delta.type !== 'rate') return;
    const [passes, fails] = this.of(step);
    this.#steps[step] = [passes + delta.passes, fails + delta.fails];
    this.passes += delta.passes;
    this.fails += delta.fails;
  }

  of(step: number): readonly [passes: number, fails: number] {
    return this.#steps[step] ?? [0, 0];
  }

  halve(): void {
    this.#steps = halved(this.#steps, (a, b) => [a[0] + b[0], a[1] + b[1]]);
  }
}

/** What a trend's step shows. */
export const STEP_PERCENTILES = [50, 95, 99, 100] as const;

/** A step under way gathers in a histogram, which is quick to add to; when a later one begins it is packed. */
export class TrendTrack implements TrackKind {
  readonly kind = 'trend';
  readonly def: MetricDef;
  /** Of the whole run, with all its digits. */
  readonly total: Histogram;
  readonly #open: Histogram;
  #openStep = -1;
  #steps: (TrendStep | undefined)[] = [];
  /** Percentiles of packed steps that have not changed since they were asked for. */
  #told: (readonly number[] | undefined)[] = [];

  constructor(def: MetricDef) {
    this.def = def;
    this.total = new Histogram(def.digits, scaleOf(def.unit));
    this.#open = new Histogram(2, scaleOf(def.unit));
  }

  apply({ delta, step, pairs }: TrackReport): void {
    if (delta.type !== 'trend' || pairs === undefined) return;
    this.total.mergeDelta(delta);
    if (step > this.#openStep) {
      this.#pack();
      this.#openStep = step;
    }
    if (step === this.#openStep) this.#open.mergeDelta({ ...delta, buckets: pairs });
    else {
      const { count, min, max } = delta;
      this.#add(step, { count, min, max, pairs });
    }
  }

  countOf(step: number): number {
    return (this.#steps[step]?.count ?? 0) + (step === this.#openStep ? this.#open.count : 0);
  }

  /** At `STEP_PERCENTILES`; undefined where the step has no samples. */
  percentilesOf(step: number): readonly number[] | undefined {
    // What is packed of the step that is under way was there when its neighbours merged.
    const late = step === this.#openStep ? packedStep(this.#open) : undefined;
    if (late !== undefined) {
      const whole = mergedSteps(this.#steps[step], late) as TrendStep;
      return percentilesOf(whole, STEP_PERCENTILES, this.total.scale);
    }
    const cell = this.#steps[step];
    if (cell === undefined) return undefined;
    this.#told[step] ??= percentilesOf(cell, STEP_PERCENTILES, this.total.scale);
    return this.#told[step];
  }

  halve(): void {
    this.#pack();
    this.#openStep = -1;
    this.#steps = halved(this.#steps, (a, b) => mergedSteps(a, b) as TrendStep);
    this.#told = [];
  }

  #pack(): void {
    const step = packedStep(this.#open);
    if (step === undefined) return;
    this.#add(this.#openStep, step);
    this.#open.clear();
  }

  #add(step: number, part: TrendStep): void {
    this.#steps[step] = mergedSteps(this.#steps[step], part);
    this.#told[step] = undefined;
  }
}

/**
 * Gauges by the rules of `aggregate/gauge.ts`. A step of several seconds shows the highest of their values, and the last
 * one of a gauge that is only read.
 */
export class GaugeTrack implements TrackKind {
  readonly kind = 'gauge';
  readonly def: MetricDef;
  readonly #rule: GaugeRule;
  readonly #parts = new Map<number, number>();
  #values: (number | undefined)[] = [];
  #second = -1;
  /** The step's value without the second under way. */
  #before: number | undefined;

  constructor(def: MetricDef) {
    this.def = def;
    this.#rule = gaugeRuleOf(def.name);
  }

  apply({ delta, second, step, part }: TrackReport): void {
    if (delta.type !== 'gauge') return;
    this.#parts.set(part, delta.value);
    if (this.#rule === 'max') {
      this.#values[step] = Math.max(this.#values[step] ?? delta.max, delta.max);
      return;
    }
    if (second !== this.#second) {
      this.#second = second;
      this.#before = this.#values[step];
    }
    const value = this.#rule === 'last' ? delta.value : this.#sum();
    this.#values[step] =
      this.#rule === 'last' || this.#before === undefined ? value : Math.max(this.#before, value);
  }

  /** A sum stays what it was while nobody changes it; another gauge has no value then. */
  values(steps: number): (number | undefined)[] {
    let last: number | undefined;
    return Array.from({ length: steps }, (_, step) => {
      const value = this.#values[step];
      if (this.#rule === 'sum') last = value ?? last;
      else last = value;
      return last;
    });
  }

  halve(): void {
    this.#values = halved(this.#values, (a, b) => (this.#rule === 'last' ? b : Math.max(a, b)));
    this.#second = -1;
  }

  #sum(): number {
    let sum = 0;
    for (const value of this.#parts.values()) sum += value;
    return sum;
  }
}

export type Track = CounterTrack | RateTrack | TrendTrack | GaugeTrack;

export function createTrack(def: MetricDef): Track {
  switch (def.type) {
    case 'counter':
      return new CounterTrack(def);
    case 'rate':
      return new RateTrack(def);
    case 'trend':
      return new TrendTrack(def);
    case 'gauge':
      return new GaugeTrack(def);
  }
}
