/** What a run has measured so far, as the series that Prometheus keeps: scraped or written, they are the same. */

import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { MetricDef } from '../../../dsl/metrics.ts';
import type { Measured, OutputBatch, OutputRun } from '../output.ts';
import { boundsOf, cumulativeCounts } from './buckets.ts';
import { type Family, familiesOf, LabelNames, RUN_ELAPSED, RUN_INFO, toBaseUnit } from './names.ts';

/** Sorted by name. */
export type Labels = readonly (readonly [name: string, value: string])[];

/** One series there: a sample's name, and of a classic histogram's bucket its bound. */
export interface Point {
  readonly name: string;
  readonly le?: string;
}

/** A series of ours: one of theirs or, for rates and histograms, several with the same labels. */
export interface PromSeries {
  readonly def: MetricDef | undefined;
  readonly families: readonly Family[];
  readonly labels: Labels;
  readonly bounds: readonly number[];
  readonly points: readonly Point[];
  /** Since the start of the run. */
  total: Measured;
}

export interface SeriesOptions {
  /** Bounds of classic histograms of times, seconds; the default ones if undefined. */
  readonly timeBounds: readonly number[] | undefined;
  /** Folder that the script's path is told from. */
  readonly cwd: string;
}

/** How Go writes a float, with a point even where it is whole: what every version of Prometheus stores as a bound. */
export function floatText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return Number.isInteger(value) ? `${value}.0` : String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The script's path as it should be named on every machine: from the folder in which Brunt was started. */
export function scriptLabel(script: string, cwd: string): string {
  const path = relative(cwd, resolve(cwd, script));
  return (path.startsWith('..') || isAbsolute(path) ? script : path).split(sep).join('/');
}

function sorted(labels: (readonly [string, string])[]): Labels {
  return labels.sort(([a], [b]) => (a < b ? -1 : 1));
}

function pointsOf(families: readonly Family[], bounds: readonly number[]): readonly Point[] {
  return families.flatMap(({ name, type }): readonly Point[] => {
    if (type !== 'histogram') return [{ name }];
    const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound) => ({
      name: `${name}_bucket`,
      le: floatText(bound),
    }));
    return [...buckets, { name: `${name}_sum` }, { name: `${name}_count` }];
  });
}

/** Values of the points of a series, in their order. */
export function valuesOf({ def, total, bounds }: PromSeries): readonly number[] {
  switch (total.type) {
    case 'trend': {
      if (def === undefined) return [];
      const { count, sum } = total;
      return [...cumulativeCounts(def, total, bounds), count, toBaseUnit(sum, def), count];
    }
    case 'rate':
      return [total.passes, total.passes + total.fails];
    case 'counter':
      return [def === undefined ? total.sum : toBaseUnit(total.sum, def)];
    case 'gauge':
      return [def === undefined ? total.value : toBaseUnit(total.value, def)];
  }
}

function ownSeries(family: Family, labels: Labels, value: number): PromSeries {
  const total: Measured = { type: 'gauge', value, min: value, max: value };
  return { def: undefined, families: [family], labels, bounds: [], points: [{ name: family.name }], total };
}

export class RunSeries {
  readonly #run: OutputRun;
  readonly #options: SeriesOptions;
  readonly #names = new LabelNames();
  readonly #labels = new Map<ReadonlyMap<string, string>, Labels>();
  readonly #bounds = new Map<string, readonly number[]>();
  readonly #byTags = new Map<ReadonlyMap<string, string>, Map<string, PromSeries>>();
  readonly #all: PromSeries[];
  readonly #elapsed: PromSeries;
  #startMs: number | undefined;

  constructor(run: OutputRun, options: SeriesOptions) {
    this.#run = run;
    this.#options = options;
    const { runId, version } = run;
    const id: readonly [string, string] = ['run', runId];
    const info = sorted([id, ['script', scriptLabel(run.script, options.cwd)], ['version', version]]);
    this.#elapsed = ownSeries(RUN_ELAPSED, [id], 0);
    this.#all = [ownSeries(RUN_INFO, info, 1), this.#elapsed];
  }

  /** All there are, those that began first first. */
  get all(): readonly PromSeries[] {
    return this.#all;
  }

  /** Takes a batch over; gives the series that it changed. */
  keep(batch: OutputBatch): readonly PromSeries[] {
    this.#startMs ??= batch.from.getTime();
    const value = (batch.to.getTime() - this.#startMs) / 1000;
    this.#elapsed.total = { type: 'gauge', value, min: 0, max: value };
    const changed = batch.series.map(({ def, tags, total }) => {
      const series = this.#find(def, tags, total);
      series.total = total;
      return series;
    });
    return [this.#elapsed, ...changed];
  }

  #find(def: MetricDef, tags: ReadonlyMap<string, string>, total: Measured): PromSeries {
    let byMetric = this.#byTags.get(tags);
    if (byMetric === undefined) {
      byMetric = new Map();
      this.#byTags.set(tags, byMetric);
    }
    const known = byMetric.get(def.name);
    if (known !== undefined) return known;
    const families = familiesOf(def);
    const bounds = def.type === 'trend' ? this.#boundsOf(def) : [];
    const points = pointsOf(families, bounds);
    const made: PromSeries = { def, families, labels: this.#labelsOf(tags), bounds, points, total };
    byMetric.set(def.name, made);
    this.#all.push(made);
    return made;
  }

  #boundsOf(def: MetricDef): readonly number[] {
    let bounds = this.#bounds.get(def.name);
    if (bounds === undefined) {
      bounds = boundsOf(def, this.#run.rules, this.#options.timeBounds);
      this.#bounds.set(def.name, bounds);
    }
    return bounds;
  }

  #labelsOf(tags: ReadonlyMap<string, string>): Labels {
    let labels = this.#labels.get(tags);
    if (labels === undefined) {
      const named = [...tags].map(([tag, value]) => [this.#names.of(tag), value] as const);
      labels = sorted([...named, ['run', this.#run.runId]]);
      this.#labels.set(tags, labels);
    }
    return labels;
  }
}
