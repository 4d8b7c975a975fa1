/**
 * Where the samples of a request go. The series are looked up once per tag set, method, name and outcome, and kept
 * with the tag set: a request then costs a few map reads and the `add` calls.
 */

import type { Recorder, Series, TagSet } from '../host.ts';
import { M } from '../metrics.ts';
import type { Timings } from './types.ts';

/** Distinct names kept per tag set and method; beyond, series are looked up for each request (and the recorder folds them). */
const NAMES_LIMIT = 1000;

const MEMO_KEY = Symbol('http');

interface Memo {
  readonly sent: Series;
  readonly received: Series;
  readonly byMethod: Map<string, Map<string, NamedRequest>>;
}

function memoOf(recorder: Recorder, tags: TagSet): Memo {
  let memo = tags.memo.get(MEMO_KEY) as Memo | undefined;
  if (memo === undefined) {
    memo = {
      sent: recorder.series(M.data_sent, tags),
      received: recorder.series(M.data_received, tags),
      byMethod: new Map(),
    };
    tags.memo.set(MEMO_KEY, memo);
  }
  return memo;
}

/** Series for bytes that belong to no finished request yet. */
export function byteSeries(
  recorder: Recorder,
  tags: TagSet,
): { readonly sent: Series; readonly received: Series } {
  return memoOf(recorder, tags);
}

/** What was asked for last: VUs that run the same script ask for the same again and again. */
let lastTags: TagSet | undefined;
let lastMethod = '';
let lastName = '';
let lastNamed: NamedRequest | undefined;

export function namedRequest(recorder: Recorder, tags: TagSet, method: string, name: string): NamedRequest {
  if (lastNamed !== undefined && tags === lastTags && method === lastMethod && name === lastName) {
    return lastNamed;
  }
  lastNamed = findNamed(recorder, tags, method, name);
  lastTags = tags;
  lastMethod = method;
  lastName = name;
  return lastNamed;
}

function findNamed(recorder: Recorder, tags: TagSet, method: string, name: string): NamedRequest {
  const { byMethod } = memoOf(recorder, tags);
  let byName = byMethod.get(method);
  if (byName === undefined) {
    byName = new Map();
    byMethod.set(method, byName);
  }
  let named = byName.get(name);
  if (named === undefined) {
    named = new NamedRequest(recorder, tags.with('name', name).with('method', method), method, name);
    if (byName.size < NAMES_LIMIT) byName.set(name, named);
  }
  return named;
}

/** Path of a URL, or the name itself where it is none: `POST /cart` reads better than the whole URL. */
function labelOf(method: string, name: string): string {
  const path = /^https?:\/\/[^/?#]*([^?#]*)/i.exec(name);
  return `${method} ${path === null ? name : path[1] || '/'}`;
}

/** Requests of one method and name. */
export class NamedRequest {
  readonly label: string;
  /** With name and method. */
  readonly tags: TagSet;
  readonly #recorder: Recorder;
  readonly #outcomes = new Map<number, Outcome>();
  /** The same outcome follows itself mostly. */
  #lastKey = -1;
  #last: Outcome | undefined;

  constructor(recorder: Recorder, tags: TagSet, method: string, name: string) {
    this.#recorder = recorder;
    this.tags = tags;
    this.label = labelOf(method, name);
  }

  /** `expected` is undefined where the request counts neither way; `errorCode` 0 where there is none. */
  outcome(
    status: number,
    errorCode: number,
    expected: boolean | undefined,
    proto = 'HTTP/1.1',
    tlsVersion?: string,
  ): Outcome {
    // Of TLS versions the last character tells them apart.
    const line =
      (proto === 'HTTP/1.1' ? 0 : 1) +
      (tlsVersion === undefined ? 0 : (tlsVersion.charCodeAt(5) % 16) * 2 + 2);
    const key =
      ((status * 10_000 + errorCode) * 3 + (expected === undefined ? 2 : Number(expected))) * 64 + line;
    if (this.#last !== undefined && key === this.#lastKey) return this.#last;
    let outcome = this.#outcomes.get(key);
    if (outcome === undefined) {
      let tags = this.tags.with('status', String(status));
      if (status > 0) tags = tags.with('proto', proto);
      if (status > 0 && tlsVersion !== undefined) tags = tags.with('tls_version', tlsVersion);
      if (errorCode > 0) tags = tags.with('error_code', String(errorCode));
      if (expected !== undefined) tags = tags.with('expected_response', String(expected));
      outcome = new Outcome(this.#recorder, tags, expected);
      this.#outcomes.set(key, outcome);
    }
    this.#lastKey = key;
    this.#last = outcome;
    return outcome;
  }
}

/** All series of requests that ended the same way. */
export class Outcome {
  readonly sent: Series;
  readonly received: Series;
  readonly #reqs: Series;
  readonly #failed: Series | undefined;
  readonly #failedValue: 0 | 1;
  readonly #recorder: Recorder;
  readonly #tags: TagSet;
  #phases: PhaseSeries | undefined;

  constructor(recorder: Recorder, tags: TagSet, expected: boolean | undefined) {
    this.#recorder = recorder;
    this.#tags = tags;
    this.sent = recorder.series(M.data_sent, tags);
    this.received = recorder.series(M.data_received, tags);
    this.#reqs = recorder.series(M.http_reqs, tags);
    this.#failed = expected === undefined ? undefined : recorder.series(M.http_req_failed, tags);
    this.#failedValue = expected === false ? 1 : 0;
  }

  /** Counts a request; `timings` only for those that got a response. */
  book(url: string, timings: Timings | undefined): void {
    const { samples } = this.#recorder;
    if (samples === undefined) {
      this.#count();
      if (timings !== undefined) this.#time(timings);
      return;
    }
    samples.begin(url);
    this.#count();
    if (timings !== undefined) this.#time(timings);
    samples.end();
  }

  #count(): void {
    this.#reqs.add(1);
    this.#failed?.add(this.#failedValue);
  }

  #time(timings: Timings): void {
    this.#phases ??= phaseSeries(this.#recorder, this.#tags);
    const to = this.#phases;
    to.duration.add(timings.duration);
    to.blocked.add(timings.blocked);
    to.lookingUp.add(timings.looking_up);
    to.connecting.add(timings.connecting);
    to.tls.add(timings.tls_handshaking);
    to.sending.add(timings.sending);
    to.waiting.add(timings.waiting);
    to.receiving.add(timings.receiving);
  }
}

type PhaseSeries = ReturnType<typeof phaseSeries>;

function phaseSeries(recorder: Recorder, tags: TagSet) {
  return {
    duration: recorder.series(M.http_req_duration, tags),
    blocked: recorder.series(M.http_req_blocked, tags),
    lookingUp: recorder.series(M.http_req_looking_up, tags),
    connecting: recorder.series(M.http_req_connecting, tags),
    tls: recorder.series(M.http_req_tls_handshaking, tags),
    sending: recorder.series(M.http_req_sending, tags),
    waiting: recorder.series(M.http_req_waiting, tags),
    receiving: recorder.series(M.http_req_receiving, tags),
  };
}
