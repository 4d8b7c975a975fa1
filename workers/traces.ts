/**
 * What a thread keeps for `--trace-slowest`: its N slowest requests and its first N failing ones. Until its turn to be
 * sent a request is held as it was; text is made of it, and secrets are masked, only if it is still among them then:
 *
 *     finished -> slower than the Nth, or failed? -> held -> (each second, the foremost few) -> trace -> main thread
 *
 * The few bound what a second costs the thread, as the times of its requests are measured in it, too.
 */

import type { FinishedRequest, TraceSink } from '../dsl/host.ts';
import type { RequestTrace, RequestTraces } from '../dsl/request-trace.ts';
import { Best } from './record/best.ts';
import { isLifecycleGroup } from './record/types.ts';

/** Of each kind and second. */
const MOST_SENT = 5;
/** Of one body, in bytes. */
const LONGEST_BODY = 65_536;
/** Of all bodies of one kind and list; with many requests each gets less. */
const MOST_BODY_BYTES = 8_388_608;

interface Held {
  readonly durationMs: number;
  /** Undefined once it was sent. */
  request: FinishedRequest | undefined;
}

export class TraceKeeper implements TraceSink {
  readonly bodyLimit: number;
  readonly #most: number;
  readonly #slowest: Best<Held>;
  readonly #failed: Held[] = [];
  #slowerThanMs = -1;

  constructor(most: number) {
    this.#most = most;
    this.bodyLimit = Math.min(LONGEST_BODY, Math.floor(MOST_BODY_BYTES / most));
    this.#slowest = new Best(most, (a, b) => a.durationMs > b.durationMs);
  }

  wants(durationMs: number, failed: boolean): boolean {
    return durationMs > this.#slowerThanMs || (failed && this.#failed.length < this.#most);
  }

  keep(request: FinishedRequest): void {
    if (isLifecycleGroup(request.group)) return;
    const { durationMs, failed } = request;
    if (durationMs > this.#slowerThanMs) {
      this.#slowest.add({ durationMs, request });
      this.#slowerThanMs = this.#slowest.last?.durationMs ?? -1;
    }
    if (failed && this.#failed.length < this.#most) this.#failed.push({ durationMs, request });
  }

  /** Those that were not sent yet, at most `most` of each kind; undefined where there are none. */
  drain(most = MOST_SENT): RequestTraces | undefined {
    const made = new Map<FinishedRequest, RequestTrace>();
    const take = (list: readonly Held[]): RequestTrace[] => {
      const taken: RequestTrace[] = [];
      for (const held of list) {
        if (taken.length === most) break;
        if (held.request === undefined) continue;
        const trace = made.get(held.request) ?? held.request.trace();
        made.set(held.request, trace);
        taken.push(trace);
        held.request = undefined;
      }
      return taken;
    };
    const traces = { slowest: take(this.#slowest.items), failed: take(this.#failed) };
    return made.size === 0 ? undefined : traces;
  }
}
