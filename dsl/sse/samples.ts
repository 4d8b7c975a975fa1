/** Where the samples of event streams go: looked up once per name and tag set, not per event. */

import type { Recorder, Series, TagSet, VuHost } from '../host.ts';
import type { Failure } from '../http/error-codes.ts';
import { M } from '../metrics.ts';

const MEMO_KEY = Symbol('sse');
/** Distinct names kept per tag set, so that names made of ids do not pile up here. */
const NAMES_LIMIT = 1000;

/** `SSE /events` reads better than the whole URL. */
function labelOf(name: string): string {
  const path = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(name);
  return `SSE ${path === null ? name : path[1] || '/'}`;
}

/** The series of all streams with one tag set, name and method. */
export class SseSamples {
  readonly label: string;
  readonly sent: Series;
  readonly received: Series;
  readonly #recorder: Recorder;
  readonly #tags: TagSet;
  #open: ReturnType<SseSamples['makeOpen']> | undefined;

  constructor(recorder: Recorder, tags: TagSet, name: string, method: string) {
    this.label = labelOf(name);
    this.#recorder = recorder;
    this.#tags = tags.with('name', name).with('method', method);
    this.sent = recorder.series(M.data_sent, this.#tags);
    this.received = recorder.series(M.data_received, this.#tags);
  }

  /** Of streams that opened. */
  get open(): ReturnType<SseSamples['makeOpen']> {
    this.#open ??= this.makeOpen();
    return this.#open;
  }

  makeOpen() {
    const recorder = this.#recorder;
    const tags = this.#tags.with('status', '200');
    return {
      streams: recorder.series(M.sse_streams, tags),
      connecting: recorder.series(M.sse_connecting, tags),
      firstByte: recorder.series(M.sse_time_to_first_byte, tags),
      firstEvent: recorder.series(M.sse_time_to_first_event, tags),
      gap: recorder.series(M.sse_event_gap, tags),
      events: recorder.series(M.sse_events, tags),
      duration: recorder.series(M.sse_stream_duration, tags),
      reconnects: recorder.series(M.sse_reconnects, tags),
    };
  }

  /** `status` is that of the response: 0 where there was none. */
  failed(host: VuHost, failure: Failure, status: number): void {
    const tags = this.#tags.with('status', String(status)).with('error_code', String(failure.code));
    this.#recorder.series(M.sse_errors, tags).add(1);
    host.errors.count(this.label, failure.code, failure.message);
  }
}

export function sseSamples(recorder: Recorder, tags: TagSet, name: string, method: string): SseSamples {
  let known = tags.memo.get(MEMO_KEY) as Map<string, SseSamples> | undefined;
  if (known === undefined) {
    known = new Map();
    tags.memo.set(MEMO_KEY, known);
  }
  const key = `${method} ${name}`;
  let samples = known.get(key);
  if (samples === undefined) {
    samples = new SseSamples(recorder, tags, name, method);
    if (known.size < NAMES_LIMIT) known.set(key, samples);
  }
  return samples;
}
