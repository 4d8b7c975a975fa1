/** `Counter`, `Gauge`, `Rate`, `Trend`: metrics of the script's own. */

import { currentHost } from './current.ts';
import { FailError } from './errors.ts';
import type { Series, TagSet, VuHost } from './host.ts';
import { BUILTIN_METRICS, METRIC_NAME, type MetricDef, type MetricType } from './metrics.ts';

const BUILTIN_NAMES: ReadonlySet<string> = new Set(BUILTIN_METRICS.map((m) => m.name));

function declare(type: MetricType, name: string, isTime: boolean): [VuHost, number] {
  const host = currentHost();
  if (host === undefined) {
    throw new FailError(
      `new ${type[0]?.toUpperCase()}${type.slice(1)}('${name}') must stand in the script's module code, not inside a function: metrics are known before the test starts`,
    );
  }
  if (typeof name !== 'string' || !METRIC_NAME.test(name)) {
    throw new FailError(
      `'${String(name)}' cannot be the name of a metric: use letters, digits and underscores, at most 128, not starting with a digit`,
    );
  }
  if (BUILTIN_NAMES.has(name)) {
    throw new FailError(`the metric '${name}' is one of Brunt's own: choose another name`);
  }
  const unit = isTime ? 'ms' : type === 'rate' ? 'ratio' : type === 'counter' ? 'count' : 'none';
  const def: MetricDef = { name, type, unit, digits: 3, split: 'scenario', custom: true };
  return [host, host.recorder.declare(def)];
}

/** What the four have in common: a name, and values with optional tags. */
abstract class CustomMetric {
  readonly name: string;
  readonly #host: VuHost;
  readonly #id: number;
  #lastTags: TagSet | undefined;
  #lastSeries: Series | undefined;

  constructor(type: MetricType, name: string, isTime: boolean) {
    const [host, id] = declare(type, name, isTime);
    this.name = name;
    this.#host = host;
    this.#id = id;
  }

  /** Records one value with the VU's current tags and, if given, more. */
  protected record(value: number, tags: Readonly<Record<string, string>> | undefined): void {
    let set = this.#host.tags();
    if (tags !== undefined) for (const key in tags) set = set.with(key, String(tags[key]));
    if (set !== this.#lastTags) {
      this.#lastTags = set;
      this.#lastSeries = this.#host.recorder.series(this.#id, set);
    }
    this.#lastSeries?.add(value);
  }
}

/** A sum that only grows. Summary: `count` (the sum) and `rate` (per second). */
export class Counter extends CustomMetric {
  /** `isTime`: the sum is in milliseconds. Default false. */
  constructor(name: string, isTime = false) {
    super('counter', name, isTime);
  }

  /** Adds `value` (default 1). */
  add(value = 1, tags?: Readonly<Record<string, string>>): void {
    this.record(value, tags);
  }
}

/** The latest of several values, with the smallest and the largest. */
export class Gauge extends CustomMetric {
  constructor(name: string, isTime = false) {
    super('gauge', name, isTime);
  }

  add(value: number, tags?: Readonly<Record<string, string>>): void {
    this.record(value, tags);
  }
}

/** How often something was true. */
export class Rate extends CustomMetric {
  constructor(name: string) {
    super('rate', name, false);
  }

  /** Any truthy value passes. */
  add(value: unknown, tags?: Readonly<Record<string, string>>): void {
    this.record(value ? 1 : 0, tags);
  }
}

/** A distribution: average, percentiles, extremes. */
export class Trend extends CustomMetric {
  /** `isTime`: values are milliseconds. Default false. */
  constructor(name: string, isTime = false) {
    super('trend', name, isTime);
  }

  add(value: number, tags?: Readonly<Record<string, string>>): void {
    this.record(value, tags);
  }
}
