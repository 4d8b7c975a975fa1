/**
 * The course of a run, in memory that does not grow with its length: what happened in every step of time, for the run as
 * a whole and for its busiest scenarios, groups and request names. Fed by snapshots, while the run goes on or from a
 * saved result.
 *
 *     whole run      at most 600 steps, every metric that is worth a curve
 *     rows           at most 120 steps: requests, iterations and times of a scenario, group or name
 *
 * Setup and teardown are left out, as everywhere.
 */

import { BUILTIN_METRICS, type MetricDef } from '../../dsl/metrics.ts';
import { decodeSnapshot } from '../../workers/record/snapshot.ts';
import { isLifecycleGroup, type SeriesDef, type Snapshot } from '../../workers/record/types.ts';
import { secondOf } from '../aggregate/second.ts';
import { coarsened } from './buckets.ts';
import { Busiest } from './busiest.ts';
import { CourseRow, type Family, familyOf, HTTP, type RowKind } from './row.ts';
import { Timeline } from './timeline.ts';
import { CounterTrack, createTrack, type Track } from './track.ts';

const MOST_STEPS = 600;
const MOST_ROW_STEPS = 120;
/** Curves of the script's own metrics. */
const MOST_CUSTOM = 20;

/** Phases of connections and what the tables tell well enough. */
const NO_CURVE =
  /^(?:http_req_(?:blocked|looking_up|connecting|tls_handshaking|sending|waiting|receiving)|group_duration|vus_max|iteration_start_lag|(?:sql|redis|grpc)_connecting|sql_pool_size|generator_gc_pause)$/;

const SCENARIO_METRICS = new Set(['iterations', 'iteration_duration', 'iteration_response_time']);

const ERRORS: MetricDef = {
  name: 'errors',
  type: 'counter',
  unit: 'count',
  digits: 3,
  split: 'scenario',
  custom: false,
};

interface Feed {
  readonly def: MetricDef;
  readonly part: number;
  readonly whole: Track | undefined;
  readonly rows: readonly CourseRow[];
}

interface Source {
  lastSeq: number;
  readonly feeds: Map<number, Feed | undefined>;
}

export class RunCourse {
  readonly steps = new Timeline(MOST_STEPS);
  readonly rowSteps = new Timeline(MOST_ROW_STEPS);
  /** Errors of all kinds, as they are counted in the summary's groups. */
  readonly errors = new CounterTrack(ERRORS);
  readonly #defs = new Map<string, MetricDef>();
  readonly #whole = new Map<string, Track>();
  readonly #rows: Readonly<Record<RowKind, Busiest>> = {
    scenario: new Busiest(),
    group: new Busiest(),
    request: new Busiest(),
  };
  readonly #sources = new Map<string, Source>();
  #parts = 0;
  #custom = 0;
  #toMs = 0;
  #second = -1;

  constructor() {
    for (const def of BUILTIN_METRICS) this.#defs.set(def.name, def);
    this.steps.follow(this.errors);
  }

  /** Time that reports cover, ms since the start of the load. */
  get toMs(): number {
    return this.#toMs;
  }

  /** Newest step of the whole run, and of rows; -1 before the first report. */
  get lastStep(): number {
    return Math.floor((this.#second * 1000) / this.steps.stepMs);
  }

  get lastRowStep(): number {
    return Math.floor((this.#second * 1000) / this.rowSteps.stepMs);
  }

  /** Metrics of the whole run with data. */
  get metrics(): readonly Track[] {
    return [...this.#whole.values()];
  }

  metric(name: string): Track | undefined {
    return this.#whole.get(name);
  }

  /** Every row of a kind, the busiest first; those past a limit are not tracked. */
  rows(kind: RowKind): readonly CourseRow[] {
    return this.#rows[kind].all();
  }

  /** An encoded snapshot; one that was added before changes nothing. */
  addBytes(bytes: ArrayBuffer): void {
    this.add(decodeSnapshot(bytes));
  }

  add(snapshot: Snapshot): void {
    const source = this.#source(snapshot.source);
    if (snapshot.seq <= source.lastSeq) return;
    source.lastSeq = snapshot.seq;
    for (const def of snapshot.metrics) if (!this.#defs.has(def.name)) this.#defs.set(def.name, def);
    for (const series of snapshot.series) {
      if (!source.feeds.has(series.id)) source.feeds.set(series.id, this.#feed(series));
    }
    this.#toMs = Math.max(this.#toMs, snapshot.toMs);
    const second = secondOf(snapshot);
    const step = this.steps.stepOf(second);
    const rowStep = this.rowSteps.stepOf(second);
    for (const delta of snapshot.deltas) {
      const feed = source.feeds.get(delta.id);
      if (feed === undefined) continue;
      const { def, whole, rows, part } = feed;
      const pairs = delta.type === 'trend' ? coarsened(delta.buckets, def.digits) : undefined;
      whole?.apply({ delta, second, step, part, pairs });
      for (const row of rows) row.apply(def, { delta, second, step: rowStep, part, pairs });
    }
    for (const { count } of snapshot.errors) this.errors.add(step, count);
    if (second > this.#second) {
      this.#second = second;
      for (const rows of Object.values(this.#rows)) rows.review();
    }
  }

  #source(name: string): Source {
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = { lastSeq: 0, feeds: new Map() };
      this.#sources.set(name, source);
    }
    return source;
  }

  /** Undefined for a series of which nothing is kept. */
  #feed({ metric, tags }: SeriesDef): Feed | undefined {
    const def = this.#defs.get(metric);
    const by = new Map(tags);
    if (def === undefined || isLifecycleGroup(by.get('group') ?? '')) return undefined;
    return { def, part: this.#parts++, whole: this.#wholeTrack(def), rows: this.#rowsOf(def, by) };
  }

  #wholeTrack(def: MetricDef): Track | undefined {
    const known = this.#whole.get(def.name);
    if (known !== undefined || NO_CURVE.test(def.name)) return known;
    if (def.custom && ++this.#custom > MOST_CUSTOM) return undefined;
    const track = createTrack(def);
    this.#whole.set(def.name, track);
    this.steps.follow(track);
    return track;
  }

  #rowsOf(def: MetricDef, tags: ReadonlyMap<string, string>): readonly CourseRow[] {
    const family = familyOf(def.name);
    const [scenario, group, method = '', name] = ['scenario', 'group', 'method', 'name'].map((key) =>
      tags.get(key),
    );
    const rows: CourseRow[] = [];
    if (scenario !== undefined && (family === HTTP || SCENARIO_METRICS.has(def.name))) {
      rows.push(this.#row('scenario', HTTP, '', scenario));
    }
    if (group !== undefined && group !== '' && (family === HTTP || def.name === 'group_duration')) {
      rows.push(this.#row('group', HTTP, '', group));
    }
    if (name !== undefined && family !== undefined) rows.push(this.#row('request', family, method, name));
    return rows;
  }

  #row(kind: RowKind, family: Family, method: string, name: string): CourseRow {
    const rows = this.#rows[kind];
    const key = JSON.stringify([family.protocol, method, name]);
    const known = rows.get(key);
    if (known !== undefined) return known;
    const row = new CourseRow(kind, family, method, name, this.rowSteps);
    rows.add(key, row);
    return row;
  }
}
