/**
 * `-o json=FILE`: every sample as a line, in the form that k6 writes and its tools read.
 *
 *     {"metric":"http_reqs","type":"Metric","data":{"name":"http_reqs","type":"counter","contains":"default",…}}
 *     {"metric":"http_reqs","type":"Point","data":{"time":"…","value":1,"tags":{"method":"GET",…}}}
 *
 * The line of a metric comes before its first point. Points of one worker are in the order of time, those of several are
 * mixed batch by batch.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { formatSelector } from '../thresholds/selector.ts';
import type { Output, OutputRun, SampleBatch, SampleSeries } from './output.ts';
import type { OutputContext } from './registry.ts';
import { Sink } from './sink.ts';
import type { OutputSpec } from './spec.ts';
import { TimeText } from './time-text.ts';

/** What k6 calls the content of a metric. */
function contentOf(def: MetricDef): 'time' | 'data' | 'default' {
  if (def.unit === 'ms') return 'time';
  return def.unit === 'bytes' ? 'data' : 'default';
}

function metricLine(def: MetricDef, run: OutputRun): string {
  const { name, type } = def;
  const rules = run.rules.filter(({ selector }) => selector.metric === name);
  const thresholds = rules.filter(({ selector }) => selector.tags.length === 0).map((rule) => rule.threshold);
  const submetrics = new Map(
    rules
      .filter(({ selector }) => selector.tags.length > 0)
      .map(({ selector }) => {
        const suffix = selector.tags.map(([key, value]) => `${key}:${value}`).join(',');
        return [suffix, { name: formatSelector(selector), suffix, tags: Object.fromEntries(selector.tags) }];
      }),
  );
  const data = {
    name,
    type,
    contains: contentOf(def),
    thresholds,
    submetrics: submetrics.size === 0 ? null : [...submetrics.values()],
  };
  return `${JSON.stringify({ metric: name, type: 'Metric', data })}\n`;
}

/** What stands before the time, and after the value up to where a URL would stand. */
interface Frame {
  readonly head: string;
  readonly tags: string;
  readonly end: string;
  /** What separates the URL from the tags before it. */
  readonly comma: string;
}

/** As in k6, samples of VUs are in the empty group where they are in no other. */
export function tagsOf({ tags }: SampleSeries): ReadonlyMap<string, string> {
  return tags.has('scenario') && !tags.has('group') ? new Map([['group', ''], ...tags]) : tags;
}

function frameOf(series: SampleSeries): Frame {
  const head = `{"metric":${JSON.stringify(series.def.name)},"type":"Point","data":{"time":"`;
  const tags = [...tagsOf(series)];
  const text = JSON.stringify(Object.fromEntries(tags)).slice(0, -1);
  return { head, tags: `,"tags":${text}`, end: '}}}\n', comma: tags.length === 0 ? '' : ',' };
}

class JsonLines implements Output {
  readonly name: string;
  readonly file: string;
  readonly #sink: Sink;
  readonly #time = new TimeText();
  readonly #frames = new WeakMap<SampleSeries, Frame>();
  readonly #told = new Set<MetricDef['name']>();
  #run: OutputRun | undefined;

  constructor(spec: OutputSpec, context: OutputContext) {
    this.name = spec.name;
    this.#sink = new Sink(spec.target, context.cwd);
    this.file = this.#sink.file;
  }

  async open(run: OutputRun): Promise<void> {
    this.#run = run;
    this.#sink.open();
  }

  samples(batch: SampleBatch): Promise<void> {
    return this.#sink.write(this.#encode(batch));
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #encode({ count, table, series, times, values, urls, urlTable }: SampleBatch): string {
    const urlTexts = urlTable.map((url) => `"url":${JSON.stringify(url)}`);
    let text = '';
    for (let i = 0; i < count; i++) {
      const one = table[series[i] as number] as SampleSeries;
      let frame = this.#frames.get(one);
      if (frame === undefined) {
        text += this.#announce(one.def);
        frame = frameOf(one);
        this.#frames.set(one, frame);
      }
      const { head, tags, end, comma } = frame;
      const url = urls[i] as number;
      const urlText = url === 0 ? '' : comma + (urlTexts[url - 1] as string);
      text += `${head}${this.#time.rfc3339(times[i] as number)}","value":${values[i] as number}${tags}${urlText}${end}`;
    }
    return text;
  }

  #announce(def: MetricDef): string {
    if (this.#told.has(def.name)) return '';
    this.#told.add(def.name);
    return metricLine(def, this.#run as OutputRun);
  }
}

export function createJsonLines(spec: OutputSpec, context: OutputContext): Output {
  return new JsonLines(spec, context);
}
