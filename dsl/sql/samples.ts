/** Where the samples of a statement go; series are looked up once per tag set, name and outcome and kept with the tag set. */

import type { Recorder, Series, TagSet } from '../host.ts';
import { M } from '../metrics.ts';

const MEMO_KEY = Symbol('sql');
/** Distinct statements kept per tag set; beyond, series are looked up each time (and the recorder folds names). */
const KEPT = 1000;

export class StatementOutcome {
  readonly tags: TagSet;
  readonly #queries: Series;
  readonly #failed: Series;
  readonly #duration: Series;
  readonly #rows: Series;

  constructor(recorder: Recorder, tags: TagSet) {
    this.tags = tags;
    this.#queries = recorder.series(M.sql_queries, tags);
    this.#failed = recorder.series(M.sql_query_failed, tags);
    this.#duration = recorder.series(M.sql_query_duration, tags);
    this.#rows = recorder.series(M.sql_rows, tags);
  }

  succeeded(durationMs: number, rows: number): void {
    this.#queries.add(1);
    this.#failed.add(0);
    this.#duration.add(durationMs);
    if (rows > 0) this.#rows.add(rows);
  }

  /** A failure enters no time: it would be the time limit's, or that of an error message. */
  failed(): void {
    this.#queries.add(1);
    this.#failed.add(1);
  }
}

export class NamedStatement {
  readonly label: string;
  readonly tags: TagSet;
  readonly #recorder: Recorder;
  readonly #outcomes = new Map<number, StatementOutcome>();
  #acquire: Series | undefined;

  constructor(recorder: Recorder, tags: TagSet, label: string) {
    this.#recorder = recorder;
    this.tags = tags;
    this.label = label;
  }

  get acquire(): Series {
    this.#acquire ??= this.#recorder.series(M.sql_acquire_duration, this.tags);
    return this.#acquire;
  }

  /** `errorCode` 0: success. */
  outcome(errorCode: number): StatementOutcome {
    let outcome = this.#outcomes.get(errorCode);
    if (outcome === undefined) {
      const tags = errorCode === 0 ? this.tags : this.tags.with('error_code', String(errorCode));
      outcome = new StatementOutcome(this.#recorder, tags);
      this.#outcomes.set(errorCode, outcome);
    }
    return outcome;
  }
}

export function namedStatement(
  recorder: Recorder,
  tags: TagSet,
  name: string,
  method: string,
  proto: string,
): NamedStatement {
  let byName = tags.memo.get(MEMO_KEY) as Map<string, NamedStatement> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO_KEY, byName);
  }
  const key = `${proto} ${method} ${name}`;
  let named = byName.get(key);
  if (named === undefined) {
    const own = tags.with('name', name).with('method', method).with('proto', proto);
    named = new NamedStatement(recorder, own, name);
    if (byName.size < KEPT) byName.set(key, named);
  }
  return named;
}
