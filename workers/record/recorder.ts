/**
 * One thread's measurements: metrics, tag sets and the series between them, flushed as snapshots of what changed.
 *
 * The series of a metric for a tag set is an array read: `set.slots[metric]`. The first time, the set is projected onto
 * the tags that the metric is split by:
 *
 *     split 'system'     all system tags, and the selected ones
 *     split 'scenario'   `scenario`, `group` where it is that of setup or teardown, and the selected ones
 *
 * and every set with the same projection shares one series.
 */

import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { Recorder, TagSet } from '../../dsl/host.ts';
import { BUILTIN_METRICS, METRIC_NAME, type MetricDef, SYSTEM_TAGS } from '../../dsl/metrics.ts';
import type { TagSelection } from '../messages.ts';
import { RecorderErrors } from './errors.ts';
import { type SampleBuffer, SampledSeries } from './samples.ts';
import { createSeries, type RecordedSeries, type SeriesOwner } from './series.ts';
import { OTHER_VALUE, type TagEntry, type TagNode, TagSpace } from './tags.ts';
import type { SeriesDef } from './types.ts';
import { isLifecycleGroup } from './types.ts';
import { SnapshotWriter } from './writer.ts';

export interface RecorderOptions {
  /** Milliseconds on any steady clock; times of gauges. Default `performance.now`. */
  readonly now?: () => number;
  /** Series in all; past it, values go to their scenario's series. Default 20,000. */
  readonly maxSeries?: number;
  /** Distinct values of one tag; past it, values become `(other)`. Default 1,000. */
  readonly maxTagValues?: number;
  /** Distinct tag sets. Default 100,000. */
  readonly maxTagSets?: number;
}

export class ThreadRecorder implements Recorder {
  readonly root: TagNode;
  readonly errors = new RecorderErrors();
  /** Undefined where nobody wants raw samples. */
  samples: SampleBuffer | undefined = undefined;
  readonly #tags: TagSpace;
  readonly #metrics: MetricDef[] = [...BUILTIN_METRICS];
  readonly #ids = new Map(BUILTIN_METRICS.map((def, id) => [def.name, id]));
  readonly #maxSeries: number;
  readonly #owner: SeriesOwner;
  readonly #writer = new SnapshotWriter();
  /** By metric id: the tags that split it, without the rule for lifecycle groups. */
  #splits: (ReadonlySet<string> | undefined)[] = [];
  #selection: TagSelection = { everywhere: [], byMetric: {} };
  #seriesMade = 0;
  #changed: RecordedSeries[] = [];
  readonly #announcedMetrics = new Set<string>();
  readonly #announcedSeries = new Set<number>();
  readonly #warned = new Set<string>();
  #warnings: string[] = [];

  constructor(options: RecorderOptions = {}) {
    this.#maxSeries = options.maxSeries ?? 20_000;
    const warn = (text: string): void => {
      if (this.#warned.has(text)) return;
      this.#warned.add(text);
      this.#warnings.push(text);
    };
    this.#tags = new TagSpace(
      { values: options.maxTagValues ?? 1000, sets: options.maxTagSets ?? 100_000 },
      warn,
    );
    this.root = this.#tags.root;
    this.#owner = {
      touched: (series) => {
        this.#changed.push(series);
      },
      warn,
      now: options.now ?? (() => performance.now()),
    };
  }

  /**
   * Id of a custom metric; the same declaration again (every VU makes it) gives the same id. Throws a `BruntError`
   * (exit 107) for a name that is none, or is taken by a metric of another type or unit.
   */
  declare(def: MetricDef): number {
    const known = this.#ids.get(def.name);
    if (known === undefined) {
      if (!METRIC_NAME.test(def.name)) {
        throw new BruntError(`'${def.name}' is no name for a metric`, {
          code: 'BAD_METRIC_NAME',
          exitCode: EXIT.scriptError,
          hint: 'Use a letter or underscore, then letters, digits and underscores, at most 128 characters.',
        });
      }
      this.#ids.set(def.name, this.#metrics.length);
      return this.#metrics.push(def) - 1;
    }
    const first = this.#metrics[known] as MetricDef;
    if (first.type !== def.type || first.unit !== def.unit) {
      const built = first.custom ? 'declared before as' : 'built into Brunt as';
      throw new BruntError(
        `the metric '${def.name}' cannot be a ${def.type} (${def.unit}): it is ${built} a ${first.type} (${first.unit})`,
        { code: 'METRIC_CONFLICT', exitCode: EXIT.scriptError, hint: 'Give one of the two another name.' },
      );
    }
    return known;
  }

  /** Metrics that the script declared, in the order in which it did. */
  customMetrics(): readonly MetricDef[] {
    return this.#metrics.slice(BUILTIN_METRICS.length);
  }

  /** Says which tags split metrics beside the system's. Before the run: tag sets made earlier lack the tags. */
  select(selection: TagSelection): void {
    this.#selection = selection;
    this.#splits = [];
    this.#tags.keep([...selection.everywhere, ...Object.values(selection.byMetric).flat()]);
  }

  /** Puts every sample down there too, with all its tags. Before the run, as `select`. */
  sampleTo(samples: SampleBuffer): void {
    this.samples = samples;
    this.#tags.keepAll();
  }

  /** The series of a metric for a tag set of this recorder. */
  series(metric: number, tags: TagSet): RecordedSeries {
    return (tags as TagNode).slots[metric] ?? this.#find(metric, tags as TagNode);
  }

  /** Whether anything was recorded since the last flush. */
  get pending(): boolean {
    return this.#changed.length > 0 || this.errors.pending || this.#warnings.length > 0;
  }

  /**
   * Encodes what changed since the last flush and starts anew. The cost grows with the number of changed series, not of
   * samples. Times are ms since the run's start.
   */
  flush(source: string, seq: number, fromMs: number, toMs: number): ArrayBuffer {
    const metrics: MetricDef[] = [];
    const series: SeriesDef[] = [];
    this.#writer.gaugeOffsetMs = toMs - this.#owner.now();
    for (const changed of this.#changed) {
      if (!this.#announcedMetrics.has(changed.metric.name)) {
        this.#announcedMetrics.add(changed.metric.name);
        metrics.push(changed.metric);
      }
      if (!this.#announcedSeries.has(changed.def.id)) {
        this.#announcedSeries.add(changed.def.id);
        series.push(changed.def);
      }
      changed.drain(this.#writer);
    }
    this.#changed = [];
    const warnings = this.#warnings;
    this.#warnings = [];
    const errors = this.errors.drain();
    return this.#writer.finish({ source, seq, fromMs, toMs, metrics, series, errors, warnings });
  }

  /** Takes back the memory of a snapshot that was read. */
  reuse(bytes: ArrayBuffer): void {
    this.#writer.reuse(bytes);
  }

  #find(metric: number, tags: TagNode): RecordedSeries {
    const def = this.#metrics[metric];
    if (def === undefined) throw new RangeError(`there is no metric with the id ${metric}`);
    // Past the cap on tag sets the projection may not exist yet: then the finer set serves.
    const target = this.#tags.intern(this.#project(metric, def, tags)) ?? tags;
    const series = inSlot(target, metric) ?? this.#make(metric, def, target);
    if (target !== tags) this.#put(target, metric, series);
    return this.#put(tags, metric, series);
  }

  /** The slot of a tag set gets the series, or where raw samples are wanted what takes them on the way to it. */
  #put(tags: TagNode, metric: number, series: RecordedSeries): RecordedSeries {
    const known = tags.slots[metric];
    if (known !== undefined) return known;
    const made = this.samples?.series(series, tags) ?? series;
    tags.slots[metric] = made;
    return made;
  }

  #make(metric: number, def: MetricDef, tags: TagNode): RecordedSeries {
    if (this.#seriesMade >= this.#maxSeries) {
      this.#owner.warn(
        `there are more than ${this.#maxSeries} series (metrics by tags): the rest is counted in the totals of metric ` +
          'and scenario only, and breakdowns and thresholds on tags are incomplete',
      );
      const coarse = this.#tags.intern(coarsened(tags)) ?? this.root;
      if (coarse !== tags) {
        // At most two per metric, scenario and lifecycle group, so they may pass the cap.
        const series = inSlot(coarse, metric) ?? this.#create(def, coarse);
        this.#put(coarse, metric, series);
        return series;
      }
    }
    return this.#create(def, tags);
  }

  #create(metric: MetricDef, tags: TagNode): RecordedSeries {
    const id = this.#seriesMade++;
    return createSeries(metric, { id, metric: metric.name, tags: tags.entries() }, this.#owner);
  }

  #project(metric: number, def: MetricDef, tags: TagNode): readonly TagEntry[] {
    let split = this.#splits[metric];
    if (split === undefined) {
      split = new Set([
        ...(def.split === 'system' ? SYSTEM_TAGS : ['scenario']),
        ...this.#selection.everywhere,
        ...(Object.hasOwn(this.#selection.byMetric, def.name)
          ? (this.#selection.byMetric[def.name] ?? [])
          : []),
      ]);
      this.#splits[metric] = split;
    }
    const kept = split;
    return tags
      .entries()
      .filter(([key, value]) => kept.has(key) || (key === 'group' && isLifecycleGroup(value)));
  }
}

/** The series itself that a tag set has for a metric. */
function inSlot(tags: TagNode, metric: number): RecordedSeries | undefined {
  const series = tags.slots[metric];
  return series instanceof SampledSeries ? series.inner : series;
}

/** What is left of a tag set past the cap on series: the scenario, setup and teardown, and that there was a name. */
function coarsened(tags: TagNode): readonly TagEntry[] {
  return tags.entries().flatMap(([key, value]): readonly TagEntry[] => {
    if (key === 'scenario' || (key === 'group' && isLifecycleGroup(value))) return [[key, value]];
    return key === 'name' ? [[key, OTHER_VALUE]] : [];
  });
}
