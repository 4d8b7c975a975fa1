/**
 * `-o hdr=FILE`: the interval log of HdrHistogram, version 1.3. One line for each second and each trend, all series of
 * the metric merged but those of setup and teardown, so that the whole log adds up to what the summary says.
 *
 *     #[Histogram log format version 1.3]
 *     #[StartTime: SECONDS (seconds since epoch), DATE]
 *     "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *     Tag=METRIC,START,LENGTH,MAX,HISTOGRAM      times in seconds since StartTime; HDR V2, compressed, base64
 *
 * Values in histograms are whole microseconds, or millionths where the metric is no time; MAX is in the metric's unit.
 */

import type { MetricDef } from '../../dsl/metrics.ts';
import { isLifecycleGroup } from '../../workers/record/types.ts';
import { encodeBuckets } from '../results/hdr-codec.ts';
import { mergeMeasured } from './batch.ts';
import type { MeasuredTrend, Output, OutputBatch, OutputRun } from './output.ts';
import type { OutputContext } from './registry.ts';
import { Sink } from './sink.ts';
import type { OutputSpec } from './spec.ts';

const LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"';

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** The trends of a batch by metric. */
function trendsOf(batch: OutputBatch): Map<MetricDef, MeasuredTrend> {
  const trends = new Map<MetricDef, MeasuredTrend>();
  for (const { def, tags, delta } of batch.series) {
    if (delta.type !== 'trend' || isLifecycleGroup(tags.get('group') ?? '')) continue;
    const before = trends.get(def);
    trends.set(def, before === undefined ? delta : (mergeMeasured(before, delta) as MeasuredTrend));
  }
  return trends;
}

class HdrLog implements Output {
  readonly name: string;
  readonly file: string;
  readonly #sink: Sink;
  #run: OutputRun | undefined;
  #startMs: number | undefined;

  constructor(spec: OutputSpec, context: OutputContext) {
    this.name = spec.name;
    this.#sink = new Sink(spec.target, context.cwd);
    this.file = this.#sink.file;
  }

  async open(run: OutputRun): Promise<void> {
    this.#run = run;
    this.#sink.open();
  }

  async send(batch: OutputBatch): Promise<void> {
    const head = this.#startMs === undefined ? this.#head(batch.from) : [];
    this.#startMs ??= batch.from.getTime();
    const from = seconds(batch.from.getTime() - this.#startMs);
    const length = seconds(batch.to.getTime() - batch.from.getTime());
    const lines = [...trendsOf(batch)].map(
      ([{ name, digits }, { max, buckets }]) =>
        `Tag=${name},${from},${length},${max.toFixed(3)},${encodeBuckets(digits, buckets)}`,
    );
    await this.#sink.write([...head, ...lines].map((line) => `${line}\n`).join(''));
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #head(start: Date): readonly string[] {
    return [
      `#[Brunt ${this.#run?.version}, run ${this.#run?.runId}: values are microseconds, or millionths where the metric is no time]`,
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${seconds(start.getTime())} (seconds since epoch), ${start.toISOString()}]`,
      LEGEND,
    ];
  }
}

export function createHdrLog(spec: OutputSpec, context: OutputContext): Output {
  return new HdrLog(spec, context);
}
