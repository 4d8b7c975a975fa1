/** Makes of what crosses threads what an output's functions get. Remembers totals, so that any selection has one. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { OutputBatch, OutputSample, OutputSeries } from '../../dsl/output/types.ts';
import type { Measured } from '../record/measured.ts';
import { isLifecycleGroup } from '../record/types.ts';
import type { WireBatch, WireSamples } from './messages.ts';
import { outputSeries } from './values.ts';

/** A series as of the latest batch that changed it. */
interface Known {
  readonly def: MetricDef;
  readonly tags: Readonly<Record<string, string>>;
  total: Measured;
  /** Of the batch with this number. */
  delta: Measured;
  batch: number;
}

type Tags = Readonly<Record<string, string>>;

type SampleFrame = Pick<OutputSample, 'metric' | 'type' | 'unit' | 'tags'>;

function matches({ tags }: Known, wanted: Tags): boolean {
  if (!('group' in wanted) && isLifecycleGroup(tags.group ?? '')) return false;
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

export class OutputReader {
  /** By metric, then by tags. */
  readonly #series = new Map<string, Map<string, Known>>();
  readonly #tables = new Map<number, SampleFrame[]>();
  #batches = 0;

  batch({ from, to, series }: WireBatch): OutputBatch {
    this.#batches++;
    const number = this.#batches;
    const changed = series.map(({ def, tags, delta, total }) => {
      let byTags = this.#series.get(def.name);
      if (byTags === undefined) {
        byTags = new Map();
        this.#series.set(def.name, byTags);
      }
      const key = JSON.stringify([...tags]);
      const known = byTags.get(key) ?? {
        def,
        tags: Object.freeze(Object.fromEntries(tags)),
        total,
        delta,
        batch: number,
      };
      byTags.set(key, Object.assign(known, { total, delta, batch: number }));
      return outputSeries(def, known.tags, [delta], [total]);
    });
    const of =
      <Type extends OutputSeries['type']>(type: Type) =>
      (metric: string, tags: Tags = {}) =>
        this.#merged(type, metric, tags, number) as Extract<OutputSeries, { type: Type }> | undefined;
    return {
      from,
      to,
      series: changed,
      trend: of('trend'),
      counter: of('counter'),
      rate: of('rate'),
      gauge: of('gauge'),
    };
  }

  samples({ table, added, series, times, values, urls, urlTable }: WireSamples): OutputSample[] {
    let frames = this.#tables.get(table);
    if (frames === undefined) {
      frames = [];
      this.#tables.set(table, frames);
    }
    for (const { def, tags } of added) {
      const { name: metric, type, unit } = def;
      frames.push({ metric, type, unit, tags: Object.freeze(Object.fromEntries(tags)) });
    }
    return Array.from(series, (id, i) => {
      const { metric, type, unit, tags } = (frames as SampleFrame[])[id] as SampleFrame;
      const url = urls[i] === 0 ? undefined : urlTable[(urls[i] as number) - 1];
      return { metric, type, unit, time: times[i] as number, value: values[i] as number, tags, url };
    });
  }

  #merged(type: OutputSeries['type'], metric: string, tags: Tags, batch: number): OutputSeries | undefined {
    const found = [...(this.#series.get(metric)?.values() ?? [])].filter((one) => matches(one, tags));
    const def = found[0]?.def;
    if (def === undefined) return undefined;
    if (def.type !== type)
      throw new TypeError(
        `${metric} is a ${def.type}, not a ${type}: ask for batch.${def.type}('${metric}')`,
      );
    const recent = found.filter((one) => one.batch === batch);
    return outputSeries(
      def,
      tags,
      recent.map(({ delta }) => delta),
      // What changed last comes last: of gauges it is the value.
      [...found.filter((one) => one.batch !== batch), ...recent].map(({ total }) => total),
    );
  }
}
