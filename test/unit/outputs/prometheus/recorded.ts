/** What outputs get from a run, made of samples by the recorder and the accumulator that runs have. */

import { BUILTIN_METRICS, type MetricDef } from '../../../../dsl/metrics.ts';
import { Accumulator } from '../../../../runner/outputs/accumulator.ts';
import type { OutputBatch, OutputRun } from '../../../../runner/outputs/output.ts';
import type { ThresholdRule } from '../../../../runner/thresholds/rule.ts';
import { tagSelection } from '../../../../runner/thresholds/validate.ts';
import { ThreadRecorder } from '../../../../workers/record/recorder.ts';

export type Tags = Readonly<Record<string, string>>;
/** Records one value. */
export type Add = (metric: string, value: number, tags?: Tags) => void;

export interface RecordedOptions {
  readonly startedAt?: Date;
  readonly custom?: readonly MetricDef[];
  readonly rules?: readonly ThresholdRule[];
  /** Tags that split every metric. */
  readonly breakdown?: readonly string[];
}

export class Recorded {
  readonly #recorder = new ThreadRecorder({ now: () => this.#second * 1000 });
  readonly #accumulator: Accumulator;
  readonly #ids: ReadonlyMap<string, number>;
  #second = 0;

  constructor({ startedAt = new Date(0), custom = [], rules = [], breakdown = [] }: RecordedOptions = {}) {
    const own = custom.map((def) => [def.name, this.#recorder.declare(def)] as const);
    this.#ids = new Map([...BUILTIN_METRICS.map(({ name }, id) => [name, id] as const), ...own]);
    this.#recorder.select(tagSelection(rules, breakdown));
    this.#accumulator = new Accumulator([...BUILTIN_METRICS, ...custom], startedAt);
  }

  /** The next second, and the report on it. */
  second(measure: (add: Add, second: number) => void): {
    readonly bytes: ArrayBuffer;
    readonly batch: OutputBatch;
  } {
    this.#second++;
    measure((metric, value, tags = {}) => {
      let set = this.#recorder.root;
      for (const [key, text] of Object.entries(tags)) set = set.with(key, text);
      this.#recorder.series(this.#ids.get(metric) as number, set).add(value);
    }, this.#second);
    const bytes = this.#recorder.flush('w0', this.#second, (this.#second - 1) * 1000, this.#second * 1000);
    this.#accumulator.apply(bytes.slice(0));
    const batch = this.#accumulator.take();
    if (batch === undefined) throw new Error('nothing was recorded');
    return { bytes, batch };
  }
}

export function madeRun(more: Partial<OutputRun> = {}): OutputRun {
  return {
    script: 'checkout.ts',
    runId: 'abc123',
    version: '1.0.0',
    metrics: BUILTIN_METRICS,
    options: {} as OutputRun['options'],
    rules: [],
    ...more,
  };
}
