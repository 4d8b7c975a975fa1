/** A row of the course: all traffic of one kind, one scenario, one group or one name of requests. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { Timeline } from './timeline.ts';
import { createTrack, type Track, type TrackReport } from './track.ts';

/** What counts a kind of request, tells the failed ones, and times it. */
export interface Family {
  /** `http`, `grpc`, `sql`, `redis`, `measure`, or the name of a protocol of the script's own. */
  readonly protocol: string;
  readonly count: string;
  readonly failed: string;
  readonly duration: string;
}

const FAMILIES = new Map<string, Family>();

function addFamily(protocol: string, count: string, failed: string, duration: string): Family {
  const family = { protocol, count, failed, duration };
  for (const metric of [count, failed, duration]) FAMILIES.set(metric, family);
  return family;
}

export const HTTP = addFamily('http', 'http_reqs', 'http_req_failed', 'http_req_duration');
addFamily('sql', 'sql_queries', 'sql_query_failed', 'sql_query_duration');
// What `measure()` runs has no counter of its own: every call has a result.
addFamily('measure', 'measure_failed', 'measure_failed', 'measure_duration');

/** The family of a metric, by the names that every protocol gives: `x_reqs`, `x_req_failed`, `x_req_duration`. */
export function familyOf(metric: string): Family | undefined {
  const known = FAMILIES.get(metric);
  if (known !== undefined) return known;
  const protocol = /^(.+)_req(?:s|_failed|_duration)$/.exec(metric)?.[1];
  if (protocol === undefined) return undefined;
  return addFamily(protocol, `${protocol}_reqs`, `${protocol}_req_failed`, `${protocol}_req_duration`);
}

export type RowKind = 'scenario' | 'group' | 'request';

export class CourseRow {
  readonly kind: RowKind;
  /** Scenario, group (`::outer::inner`), or name of the request. */
  readonly name: string;
  /** Of requests. */
  readonly method: string;
  readonly family: Family;
  /** Samples seen, for the choice of the busiest. */
  weight = 0;
  readonly #timeline: Timeline;
  #tracks: Map<string, Track> | undefined;

  constructor(kind: RowKind, family: Family, method: string, name: string, timeline: Timeline) {
    this.kind = kind;
    this.family = family;
    this.method = method;
    this.name = name;
    this.#timeline = timeline;
  }

  get tracked(): boolean {
    return this.#tracks !== undefined;
  }

  /** Undefined for a metric without data, and while the row is not tracked. */
  track(metric: string): Track | undefined {
    return this.#tracks?.get(metric);
  }

  begin(): void {
    this.#tracks ??= new Map();
  }

  end(): void {
    for (const track of this.#tracks?.values() ?? []) this.#timeline.forget(track);
    this.#tracks = undefined;
  }

  apply(def: MetricDef, report: TrackReport): void {
    const { delta } = report;
    if (delta.type === 'rate') this.weight += delta.passes + delta.fails;
    else if (delta.type !== 'gauge') this.weight += delta.count;
    const tracks = this.#tracks;
    if (tracks === undefined) return;
    let track = tracks.get(def.name);
    if (track === undefined) {
      track = createTrack(def);
      tracks.set(def.name, track);
      this.#timeline.follow(track);
    }
    track.apply(report);
  }
}
