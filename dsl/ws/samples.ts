/** Where the samples of WebSockets go: looked up once per name and tag set, not per message. */

import type { Recorder, Series, TagSet, VuHost } from '../host.ts';
import type { Failure } from '../http/error-codes.ts';
import { M } from '../metrics.ts';

const MEMO_KEY = Symbol('ws');
/** Distinct names kept per tag set, so that names made of ids do not pile up here. */
const NAMES_LIMIT = 1000;

/** `WS /chat` reads better than the whole URL. */
function labelOf(name: string): string {
  const path = /^(?:wss?|https?):\/\/[^/?#]*([^?#]*)/i.exec(name);
  return `WS ${path === null ? name : path[1] || '/'}`;
}

/** The series of all sockets with one tag set and name. */
export class WsSamples {
  readonly label: string;
  readonly sent: Series;
  readonly received: Series;
  readonly #recorder: Recorder;
  readonly #tags: TagSet;
  readonly #named: TagSet;
  #open: ReturnType<WsSamples['makeOpen']> | undefined;

  constructor(recorder: Recorder, tags: TagSet, name: string) {
    this.label = labelOf(name);
    this.#recorder = recorder;
    this.#tags = tags;
    this.#named = tags.with('name', name);
    this.sent = recorder.series(M.data_sent, this.#named);
    this.received = recorder.series(M.data_received, this.#named);
  }

  /** Of sockets that opened. */
  get open(): ReturnType<WsSamples['makeOpen']> {
    this.#open ??= this.makeOpen();
    return this.#open;
  }

  makeOpen() {
    const recorder = this.#recorder;
    const tags = this.#named.with('status', '101');
    return {
      sessions: recorder.series(M.ws_sessions, tags),
      connecting: recorder.series(M.ws_connecting, tags),
      duration: recorder.series(M.ws_session_duration, tags),
      messagesSent: recorder.series(M.ws_msgs_sent, tags),
      messagesReceived: recorder.series(M.ws_msgs_received, tags),
      ping: recorder.series(M.ws_ping, tags),
      roundTrip: recorder.series(M.ws_msg_rtt, tags),
    };
  }

  /** Of requests that have a name of their own. */
  roundTrip(name: string | undefined): Series {
    if (name === undefined) return this.open.roundTrip;
    return this.#recorder.series(M.ws_msg_rtt, this.#tags.with('name', name).with('status', '101'));
  }

  /** `status` is that of the handshake: 0 where there was no answer. */
  failed(host: VuHost, failure: Failure, status: number): void {
    const tags = this.#named.with('status', String(status)).with('error_code', String(failure.code));
    this.#recorder.series(M.ws_errors, tags).add(1);
    host.errors.count(this.label, failure.code, failure.message);
  }
}

export function wsSamples(recorder: Recorder, tags: TagSet, name: string): WsSamples {
  let byName = tags.memo.get(MEMO_KEY) as Map<string, WsSamples> | undefined;
  if (byName === undefined) {
    byName = new Map();
    tags.memo.set(MEMO_KEY, byName);
  }
  let samples = byName.get(name);
  if (samples === undefined) {
    samples = new WsSamples(recorder, tags, name);
    if (byName.size < NAMES_LIMIT) byName.set(name, samples);
  }
  return samples;
}
