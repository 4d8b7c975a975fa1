/** Where the samples of calls go; series are looked up once per tag set, method and outcome. */

import type { Recorder, Series, TagSet } from '../host.ts';
import { M } from '../metrics.ts';

const MEMO = Symbol('grpc');

export type CallKind = 'unary' | 'client_stream' | 'server_stream' | 'bidi_stream';

interface Outcome {
  readonly tags: TagSet;
  readonly reqs: Series;
  readonly failed: Series;
  duration: Series | undefined;
}

/** Calls of one name under one tag set. */
export class NamedCalls {
  readonly tags: TagSet;
  readonly label: string;
  readonly #recorder: Recorder;
  readonly #kind: CallKind;
  readonly #outcomes = new Map<number, Outcome>();
  #streams: Series | undefined;
  #sent: Series | undefined;
  #received: Series | undefined;

  constructor(recorder: Recorder, tags: TagSet, name: string, label: string, kind: CallKind) {
    this.#recorder = recorder;
    this.#kind = kind;
    this.label = `grpc ${label}`;
    const slash = label.indexOf('/');
    this.tags = tags
      .with('name', name)
      .with('method', label.slice(slash + 1))
      .with('service', label.slice(0, slash))
      .with('rpc_type', kind);
  }

  startStream(): void {
    this.#streams ??= this.#recorder.series(M.grpc_streams, this.tags);
    this.#streams.add(1);
  }

  messageSent(): void {
    this.#sent ??= this.#recorder.series(M.grpc_streams_msgs_sent, this.tags);
    this.#sent.add(1);
  }

  messageReceived(): void {
    this.#received ??= this.#recorder.series(M.grpc_streams_msgs_received, this.tags);
    this.#received.add(1);
  }

  /** A call that ended. Its time enters only if a server answered. Returns the tags, for its bytes. */
  ended(status: number, errorCode: number, expected: boolean, durationMs: number | undefined): TagSet {
    const key = (errorCode * 100 + status) * 2 + Number(expected);
    let outcome = this.#outcomes.get(key);
    if (outcome === undefined) {
      let tags = this.tags.with('status', String(status)).with('expected_response', String(expected));
      if (errorCode > 0) tags = tags.with('error_code', String(errorCode));
      outcome = {
        tags,
        reqs: this.#recorder.series(M.grpc_reqs, tags),
        failed: this.#recorder.series(M.grpc_req_failed, tags),
        duration: undefined,
      };
      this.#outcomes.set(key, outcome);
    }
    outcome.reqs.add(1);
    outcome.failed.add(expected ? 0 : 1);
    if (durationMs !== undefined) {
      const metric = this.#kind === 'unary' ? M.grpc_req_duration : M.grpc_stream_duration;
      outcome.duration ??= this.#recorder.series(metric, outcome.tags);
      outcome.duration.add(durationMs);
    }
    return outcome.tags;
  }
}

export function namedCalls(
  recorder: Recorder,
  tags: TagSet,
  name: string,
  label: string,
  kind: CallKind,
): NamedCalls {
  let byName = tags.memo.get(MEMO) as Map<string, NamedCalls> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO, byName);
  }
  const key = `${name} ${label}`;
  let named = byName.get(key);
  if (named === undefined) {
    named = new NamedCalls(recorder, tags, name, label, kind);
    if (byName.size < NAMES_LIMIT) byName.set(key, named);
  }
  return named;
}

/** Distinct names kept per tag set. */
const NAMES_LIMIT = 1000;
