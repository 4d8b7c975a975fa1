/**
 * The way to one receiver. At most one batch is under way; seconds that pass meanwhile become one waiting batch, so a
 * slow receiver costs memory of the order of the number of series, and never a wait of the run's.
 *
 *     state    event                           next     does
 *     -------  ------------------------------  -------  ---------------------------------------------------
 *     idle     offer                           sending  sends it
 *     sending  offer                           sending  merges it with what waits
 *     sending  sent                            sending  sends what waits; idle where nothing does
 *     sending  failed                          sending  counts it as lost, goes on with what waits
 *     sending  failed, may be tried again      pausing  puts it back to what waits
 *     sending  time limit, then 1 s            stuck    counts it as lost: the call has not settled
 *     pausing  offer                           pausing  merges it with what waits
 *     pausing  pause over                      sending  sends what waits
 *     stuck    the call settles after all      sending  sends what waits; idle where nothing does
 *     any      end                             ended    counts what is under way and what waits as lost
 */

import { mergeBatches } from './batch.ts';
import type { Output, OutputBatch } from './output.ts';

const SEND_TIMEOUT_MS = 10_000;
/** What a call gets to settle once its signal told it to. */
const SETTLE_MS = 1000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Between attempts while the run waits for the end: the seconds that are left are few. */
const LAST_PAUSE_MS = 500;

/** Seconds of the run as one batch. */
interface Parcel {
  readonly batch: OutputBatch;
  readonly seconds: number;
}

type Sent =
  | { readonly kind: 'sent' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'again'; readonly reason: string; readonly afterMs: number | undefined }
  | { readonly kind: 'stuck'; readonly reason: string; readonly settled: Promise<unknown> };

function join(earlier: Parcel | undefined, later: Parcel): Parcel {
  if (earlier === undefined) return later;
  return {
    batch: mergeBatches(earlier.batch, later.batch),
    seconds: earlier.seconds + later.seconds,
  };
}

export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === '' ? 'it failed without saying why' : text;
}

function failed(error: unknown): Sent {
  const { retryable, afterMs } = (error ?? {}) as { retryable?: unknown; afterMs?: unknown };
  const reason = reasonOf(error);
  if (retryable !== true) return { kind: 'lost', reason };
  return { kind: 'again', reason, afterMs: typeof afterMs === 'number' ? afterMs : undefined };
}

function after<T>(ms: number, value: T): { readonly done: Promise<T>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const done = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, value);
  });
  return { done, cancel: () => clearTimeout(timer) };
}

export class Lane {
  readonly #output: Output;
  /** Called when a receiver begins to fail, and whenever it does so in another way. */
  readonly #failing: (reason: string) => void;
  #waiting: Parcel | undefined;
  #underWay: Parcel | undefined;
  #working: Promise<void> | undefined;
  #sent = 0;
  #lost = 0;
  #problem: string | undefined;
  /** What was told last while it goes on to fail. */
  #told: string | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  /** Ends the pause under way. */
  #wake: () => void = () => undefined;
  #abort: AbortController | undefined;
  #last = false;
  #ended = false;

  constructor(output: Output, failing: (reason: string) => void) {
    this.#output = output;
    this.#failing = failing;
  }

  /** Seconds that arrived, and that did not; exact once the lane has ended. */
  get sent(): number {
    return this.#sent;
  }

  get lost(): number {
    return this.#lost;
  }

  /** Why something did not arrive. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Returns at once. */
  offer(batch: OutputBatch): void {
    if (this.#ended || this.#output.send === undefined) return;
    this.#waiting = join(this.#waiting, { batch, seconds: 1 });
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Nothing follows any more: resolves when all is sent or lost, which may be never; `end` then ends it. */
  async drained(): Promise<void> {
    this.#last = true;
    this.#wake();
    while (this.#working !== undefined) await this.#working;
  }

  /** Counts what has not arrived yet as lost. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const left = (this.#underWay?.seconds ?? 0) + (this.#waiting?.seconds ?? 0);
    if (left > 0)
      this.#lose(left, this.#problem ?? this.#told ?? 'it had not taken everything when the run was over');
    this.#underWay = undefined;
    this.#waiting = undefined;
    this.#abort?.abort();
    this.#wake();
  }

  async #work(): Promise<void> {
    while (this.#waiting !== undefined && !this.#ended) {
      const parcel = this.#waiting;
      this.#waiting = undefined;
      this.#underWay = parcel;
      const result = await this.#send(parcel.batch);
      // `end` has counted it.
      if (this.#ended) return;
      this.#underWay = undefined;
      switch (result.kind) {
        case 'sent':
          this.#sent += parcel.seconds;
          this.#told = undefined;
          this.#pauseMs = FIRST_PAUSE_MS;
          break;
        case 'lost':
          this.#lose(parcel.seconds, result.reason);
          break;
        case 'again':
          this.#tell(result.reason);
          this.#waiting = this.#waiting === undefined ? parcel : join(parcel, this.#waiting);
          await this.#pause(result.afterMs);
          break;
        case 'stuck':
          this.#lose(parcel.seconds, result.reason);
          await result.settled;
      }
    }
  }

  async #send(batch: OutputBatch): Promise<Sent> {
    const limitMs = this.#output.sendTimeoutMs ?? SEND_TIMEOUT_MS;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const settled = this.#call(batch, signal);
    const limit = after(limitMs, undefined);
    const first = await Promise.race([settled, limit.done]);
    limit.cancel();
    if (first !== undefined) return first;
    const reason = `it did not answer within ${limitMs / 1000} s`;
    this.#abort.abort(new Error(reason));
    const grace = after(SETTLE_MS, undefined);
    const second = await Promise.race([settled, grace.done]);
    grace.cancel();
    // Whatever the call makes of its abortion, the reason is the time limit; that it may be repeated, only it knows.
    if (second === undefined) return { kind: 'stuck', reason, settled };
    return second.kind === 'sent' ? second : { ...second, reason };
  }

  async #call(batch: OutputBatch, signal: AbortSignal): Promise<Sent> {
    try {
      await this.#output.send?.(batch, signal);
      return { kind: 'sent' };
    } catch (error) {
      return failed(error);
    }
  }

  #pause(afterMs: number | undefined): Promise<void> {
    const ms = this.#last ? LAST_PAUSE_MS : Math.min(afterMs ?? this.#pauseMs, LONGEST_PAUSE_MS);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lose(seconds: number, reason: string): void {
    this.#lost += seconds;
    this.#problem ??= reason;
    this.#tell(reason);
  }

  #tell(reason: string): void {
    if (reason === this.#told || this.#ended) return;
    this.#told = reason;
    this.#failing(reason);
  }
}
