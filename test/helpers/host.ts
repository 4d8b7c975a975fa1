/** A VU host made of plain objects: keeps every sample, error and line for a test to look at. */

import type { Series, TagSet, VuHost } from '../../dsl/host.ts';
import { BUILTIN_METRICS, type MetricDef } from '../../dsl/metrics.ts';
import { DEFAULT_NETWORK } from '../../dsl/network.ts';
import type { ResolvedOptions } from '../../dsl/options.ts';

export interface Sample {
  readonly metric: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface CountedError {
  readonly label: string;
  readonly code: number;
  readonly message: string;
}

class FakeTags implements TagSet {
  readonly memo = new Map<unknown, unknown>();
  readonly #pairs: ReadonlyMap<string, string>;

  /** Sets with the same content, one object each. */
  readonly #scope: Map<string, FakeTags>;

  private constructor(pairs: ReadonlyMap<string, string>, scope: Map<string, FakeTags>) {
    this.#pairs = pairs;
    this.#scope = scope;
  }

  static of(pairs: ReadonlyMap<string, string>, scope: Map<string, FakeTags>): FakeTags {
    const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify(sorted);
    let found = scope.get(key);
    if (found === undefined) {
      found = new FakeTags(new Map(sorted), scope);
      scope.set(key, found);
    }
    return found;
  }

  with(key: string, value: string): TagSet {
    if (this.#pairs.get(key) === value) return this;
    return FakeTags.of(new Map([...this.#pairs, [key, value]]), this.#scope);
  }

  get(key: string): string | undefined {
    return this.#pairs.get(key);
  }

  entries(): Iterable<readonly [string, string]> {
    return this.#pairs;
  }
}

export function fakeOptions(over: Partial<ResolvedOptions> = {}): ResolvedOptions {
  return {
    scenarios: [],
    thresholds: [],
    breakdown: [],
    tags: {},
    setupTimeoutMs: 60_000,
    teardownTimeoutMs: 60_000,
    minIterationDurationMs: 0,
    summaryTrendStats: [],
    validity: { maxStartLagMs: 100 },
    workers: 1,
    seed: 1,
    batch: 20,
    batchPerHost: 6,
    connections: 'vu',
    maxRedirects: 10,
    discardResponseBodies: false,
    userAgent: 'Brunt/test',
    throw: false,
    noConnectionReuse: false,
    noVUConnectionReuse: false,
    noCookiesReset: false,
    traceContext: false,
    insecureSkipTLSVerify: false,
    network: DEFAULT_NETWORK,
    httpDebug: false,
    ...over,
  };
}

export class FakeHost implements VuHost {
  readonly samples: Sample[] = [];
  readonly counted: CountedError[] = [];
  readonly lines: { readonly level: string; readonly message: string }[] = [];
  readonly ended: { readonly kind: 'abort' | 'fail'; readonly reason: string }[] = [];
  readonly context = { id: 1, iteration: 0, scenario: 'default', iterationInScenario: 0 };
  readonly options: ResolvedOptions;
  readonly env: Record<string, string> = {};
  readonly scriptDir = process.cwd();
  readonly recorder: VuHost['recorder'];
  readonly errors: VuHost['errors'];
  readonly shared: VuHost['shared'];
  traces: VuHost['traces'];
  initializing = false;
  interrupted = false;
  readonly #defs: MetricDef[] = [...BUILTIN_METRICS];
  readonly #counters = new Map<string, number>();
  readonly #data = new Map<string, unknown>();
  readonly #onInterrupt: ((reason: Error) => void)[] = [];
  readonly #onIterationEnd: (() => void)[] = [];
  readonly #onRetire: (() => void | Promise<void>)[] = [];
  #tags: TagSet;

  constructor(options: Partial<ResolvedOptions> = {}) {
    this.options = fakeOptions(options);
    const root = FakeTags.of(new Map(), new Map());
    this.#tags = root.with('scenario', 'default');
    this.recorder = {
      root,
      declare: (def) => this.#defs.push(def) - 1,
      series: (metric, tags) => this.#series(metric, tags),
    };
    this.errors = { count: (label, code, message) => this.counted.push({ label, code, message }) };
    this.shared = {
      addAndGetPrevious: (name, delta) => {
        const before = this.#counters.get(name) ?? 0;
        this.#counters.set(name, before + delta);
        return before;
      },
      read: (name) => this.#counters.get(name) ?? 0,
      data: (name, build) => {
        if (!this.#data.has(name)) this.#data.set(name, build());
        return this.#data.get(name);
      },
    };
  }

  #series(metric: number, tags: TagSet): Series {
    const name = this.#defs[metric]?.name ?? `metric ${metric}`;
    const shown = Object.fromEntries(tags.entries());
    return { add: (value) => this.samples.push({ metric: name, tags: shown, value }) };
  }

  tags(): TagSet {
    return this.#tags;
  }

  setTag(key: string, value: string | undefined): void {
    if (value !== undefined) this.#tags = this.#tags.with(key, value);
    else {
      let tags = this.recorder.root;
      for (const [k, v] of this.#tags.entries()) if (k !== key) tags = tags.with(k, v);
      this.#tags = tags;
    }
  }

  inGroup<T>(name: string, fn: () => T): T {
    const outer = this.#tags;
    this.#tags = outer.with('group', `${outer.get('group') ?? ''}::${name}`);
    try {
      return fn();
    } finally {
      this.#tags = outer;
    }
  }

  random(): number {
    return 0.5;
  }

  seedRandom(): void {}

  onInterrupt(listener: (reason: Error) => void): void {
    this.#onInterrupt.push(listener);
  }

  onIterationEnd(listener: () => void): void {
    this.#onIterationEnd.push(listener);
  }

  onRetire(listener: () => void | Promise<void>): void {
    this.#onRetire.push(listener);
  }

  log(level: string, message: string): void {
    this.lines.push({ level, message });
  }

  endRun(kind: 'abort' | 'fail', reason: string): void {
    this.ended.push({ kind, reason });
  }

  elapsedMs(): number {
    return 0;
  }

  // What the thread around a VU would do.

  interrupt(reason: Error): void {
    this.interrupted = true;
    for (const listener of this.#onInterrupt) listener(reason);
  }

  endIteration(): void {
    this.interrupted = false;
    for (const listener of this.#onIterationEnd) listener();
  }

  async retire(): Promise<void> {
    for (const listener of this.#onRetire) await listener();
  }

  // What tests ask.

  values(metric: string): number[] {
    return this.samples.filter((s) => s.metric === metric).map((s) => s.value);
  }

  sum(metric: string): number {
    return this.values(metric).reduce((a, b) => a + b, 0);
  }

  tagsOf(metric: string): Readonly<Record<string, string>>[] {
    return this.samples.filter((s) => s.metric === metric).map((s) => s.tags);
  }
}
