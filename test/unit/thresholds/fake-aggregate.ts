import { BUILTIN_METRICS, type MetricDef } from '../../../dsl/metrics.ts';
import type {
  Aggregate,
  HistoryPoint,
  MetricState,
  Selector,
  SeriesState,
  Stat,
  Tracked,
  TrackOptions,
} from '../../../runner/aggregate/types.ts';
import type { ErrorGroup } from '../../../runner/summary/model.ts';

interface Sample {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly atMs: number;
}

/** An aggregate that keeps every sample in an array and computes each answer from scratch: slow, and easy to trust. */
export class FakeAggregate implements Aggregate {
  readonly defs: Map<string, MetricDef>;
  readonly samples: Sample[] = [];
  readonly tracks: { selector: Selector; options: TrackOptions }[] = [];
  readonly errorGroups: ErrorGroup[] = [];
  readonly warningTexts: string[] = [];
  nowMs = 0;
  durationMs = 0;

  constructor(custom: readonly MetricDef[] = []) {
    this.defs = new Map([...BUILTIN_METRICS, ...custom].map((def) => [def.name, def]));
  }

  /** A sample at `nowMs`. */
  add(metric: string, value: number, tags: Readonly<Record<string, string>> = {}): void {
    this.samples.push({ metric, value, tags, atMs: this.nowMs });
  }

  track(selector: Selector, options: TrackOptions = {}): Tracked {
    this.tracks.push({ selector, options });
    return this.#tracked(selector);
  }

  apply(): void {
    throw new Error('samples come through add()');
  }

  metrics(): readonly Tracked[] {
    return [...this.defs.keys()]
      .filter((metric) => this.samples.some((s) => s.metric === metric))
      .map((metric) => this.#tracked({ metric, tags: [] }));
  }

  series(metric: string): readonly SeriesState[] {
    const keys = new Set(this.samples.flatMap((s) => Object.keys(s.tags)));
    return this.grouped(metric, [...keys]);
  }

  grouped(metric: string, keys: readonly string[]): readonly SeriesState[] {
    const groups = new Map<string, Sample[]>();
    for (const sample of this.samples.filter((s) => s.metric === metric)) {
      const key = JSON.stringify(keys.map((k) => sample.tags[k] ?? null));
      groups.set(key, [...(groups.get(key) ?? []), sample]);
    }
    return [...groups.values()].map((samples) => {
      const tags = keys.flatMap((k) =>
        samples[0]?.tags[k] === undefined ? [] : [[k, samples[0].tags[k]] as const],
      );
      return { ...this.#state(metric, () => samples), samples: samples.length, tags: new Map(tags) };
    });
  }

  errors(): readonly ErrorGroup[] {
    return this.errorGroups;
  }

  warnings(): readonly string[] {
    return this.warningTexts;
  }

  #tracked(selector: Selector): Tracked {
    const all = () =>
      this.samples.filter(
        (s) => s.metric === selector.metric && selector.tags.every(([k, v]) => s.tags[k] === v),
      );
    const state = this.#state(selector.metric, all);
    return {
      selector,
      def: state.def,
      get samples() {
        return all().length;
      },
      stat: (stat) => state.stat(stat),
      window: (ms) => {
        const inside = all().filter((s) => s.atMs > this.nowMs - ms && s.atMs <= this.nowMs);
        return { ...this.#state(selector.metric, () => inside, ms), samples: inside.length };
      },
      history: (): readonly HistoryPoint[] => all().map(({ atMs, value }) => ({ atMs, value })),
    };
  }

  #state(metric: string, samples: () => readonly Sample[], windowMs?: number): MetricState {
    const def = this.defs.get(metric);
    if (def === undefined) throw new Error(`unknown metric ${metric}`);
    return {
      def,
      samples: samples().length,
      stat: (stat) =>
        statistic(
          def,
          samples().map((s) => s.value),
          stat,
          windowMs ?? this.durationMs,
        ),
    };
  }
}

function statistic(
  def: MetricDef,
  values: readonly number[],
  stat: Stat,
  durationMs: number,
): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const sum = values.reduce((a, b) => a + b, 0);
  const rank = (p: number) => sorted[Math.max(0, Math.ceil(+((p / 100) * values.length).toFixed(6)) - 1)];
  const passes = values.filter((v) => v !== 0).length;
  if (def.type === 'counter') {
    return stat === 'count' ? sum : stat === 'rate' ? sum / (durationMs / 1000) : undefined;
  }
  if (def.type === 'rate') {
    return { rate: passes / values.length, passes, fails: values.length - passes }[stat];
  }
  if (def.type === 'gauge') return { value: values.at(-1), min: sorted[0], max: sorted.at(-1) }[stat];
  const percentile = /^p\((.+)\)$/.exec(stat);
  if (percentile !== null) return rank(Number(percentile[1]));
  const avg = sum / values.length;
  const stdev = Math.sqrt(values.reduce((a, v) => a + (v - avg) ** 2, 0) / values.length);
  return { count: values.length, sum, avg, stdev, min: sorted[0], med: rank(50), max: sorted.at(-1) }[stat];
}

/** A custom metric. */
export function custom(name: string, type: MetricDef['type'], unit: MetricDef['unit'] = 'none'): MetricDef {
  return { name, type, unit, digits: 3, split: 'system', custom: true };
}
