/** Where the samples of commands go; series are looked up once per tag set and name and kept with the tag set. */

import type { Recorder, Series, TagSet } from '../host.ts';
import { M } from '../metrics.ts';

const MEMO_KEY = Symbol('redis');
/** Distinct names kept per tag set; beyond, series are looked up each time (and the recorder folds names). */
const KEPT = 1000;

export class NamedCommand {
  readonly name: string;
  readonly tags: TagSet;
  readonly connecting: Series;
  readonly #recorder: Recorder;
  readonly #reqs: Series;
  readonly #duration: Series;
  readonly #failed: Series;
  readonly #commands: Series;
  #hits: Series | undefined;

  constructor(recorder: Recorder, tags: TagSet, name: string) {
    this.name = name;
    this.tags = tags;
    this.#recorder = recorder;
    this.connecting = recorder.series(M.redis_connecting, tags);
    this.#reqs = recorder.series(M.redis_reqs, tags);
    this.#duration = recorder.series(M.redis_req_duration, tags);
    this.#failed = recorder.series(M.redis_req_failed, tags);
    this.#commands = recorder.series(M.redis_commands, tags);
  }

  succeeded(durationMs: number, commands: number): void {
    this.#reqs.add(1);
    this.#failed.add(0);
    this.#duration.add(durationMs);
    this.#commands.add(commands);
  }

  looked(hits: readonly boolean[]): void {
    this.#hits ??= this.#recorder.series(M.redis_hits, this.tags);
    for (const hit of hits) this.#hits.add(hit ? 1 : 0);
  }

  /** A failure enters no time: it would be the time limit's, or that of an error message. */
  failed(code: number): void {
    const tags = this.tags.with('error_code', String(code));
    this.#recorder.series(M.redis_reqs, tags).add(1);
    this.#recorder.series(M.redis_req_failed, tags).add(1);
  }
}

export function namedCommand(recorder: Recorder, tags: TagSet, name: string, method: string): NamedCommand {
  let byName = tags.memo.get(MEMO_KEY) as Map<string, NamedCommand> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO_KEY, byName);
  }
  const key = `${method} ${name}`;
  let named = byName.get(key);
  if (named === undefined) {
    const own = tags.with('name', name).with('method', method).with('proto', 'redis');
    named = new NamedCommand(recorder, own, name);
    if (byName.size < KEPT) byName.set(key, named);
  }
  return named;
}
