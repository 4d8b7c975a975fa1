/**
 * A stream of events over one HTTP exchange, or over several where the script asks to reconnect.
 *
 *     connecting --> open --> ended          by the server, by close(), by the end of the iteration
 *                     |  ^--> broken
 *                     v  |
 *                   waiting                  with `reconnect` only; `Last-Event-ID` goes along
 */

import { TextDecoder } from 'node:util';
import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser';
import type { Duration } from '../duration.ts';
import { InterruptedError } from '../errors.ts';
import { CODE, type Failure } from '../http/error-codes.ts';
import type { Target } from '../http/url.ts';
import { Inbox } from '../inbox.ts';
import { readMs } from '../params.ts';
import { Roster } from '../roster.ts';
import { counted, type Pending, rejectAll, Wait } from '../wait.ts';
import { SSE_CODE, SseError } from './errors.ts';
import { ServerEvent } from './event.ts';
import { LineEnds } from './line-ends.ts';
import type { SsePlan } from './params.ts';
import { EventRequest, type Opening, type RequestListener } from './request.ts';
import type { SseSamples } from './samples.ts';
import type { SseClosure, SseEvent, SseStream } from './types.ts';
import type { SseWorld } from './world.ts';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

export interface StreamInit {
  readonly world: SseWorld;
  readonly plan: SsePlan;
  readonly target: Target;
  readonly samples: SseSamples;
}

export class EventStream implements SseStream, RequestListener {
  readonly #world: SseWorld;
  readonly #plan: SsePlan;
  readonly #target: Target;
  readonly #samples: SseSamples;
  readonly #pending = new Roster<Pending>();
  readonly #inbox = new Inbox<SseEvent>(this.#pending);
  #opened: Wait<EventStream> | undefined;
  #endWaits: Wait<SseClosure>[] = [];
  #request: EventRequest | undefined;
  #opening: Opening | undefined;
  #openedAt = 0;
  #attemptedAt = 0;
  #parser: EventSourceParser | undefined;
  #decoder: TextDecoder | undefined;
  #lineEnds: LineEnds | undefined;
  #tooLong = false;
  #lastEventId: string;
  #lastEventAt = 0;
  #events = 0;
  #failures = 0;
  #delayMs: number;
  #retryTimer: NodeJS.Timeout | undefined;
  #closure: SseClosure | undefined;

  constructor(init: StreamInit) {
    this.#world = init.world;
    this.#plan = init.plan;
    this.#target = init.target;
    this.#samples = init.samples;
    this.#lastEventId = init.plan.lastEventId;
    this.#delayMs = init.plan.reconnect?.delayMs ?? 0;
  }

  /** Resolves when the first response is there. Its time limit is the request's. */
  connect(): Promise<EventStream> {
    if (this.#world.host.interrupted) return Promise.reject(new InterruptedError());
    this.#world.streams.add(this);
    this.#opened = new Wait<EventStream>(this.#pending);
    this.#attempt();
    return this.#opened.promise;
  }

  get url(): string {
    return this.#opening?.url ?? this.#target.href;
  }

  get status(): number {
    return this.#opening === undefined ? 0 : 200;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#opening?.headers ?? {};
  }

  get isOpen(): boolean {
    return this.#closure === undefined;
  }

  get lastEventId(): string {
    return this.#lastEventId;
  }

  get unread(): number {
    return this.#inbox.unread;
  }

  get keep(): boolean {
    return this.#plan.keep;
  }

  next(timeout?: Duration): Promise<SseEvent | undefined> {
    return counted(this.#read(readMs('sse next', 'timeout', timeout, this.#plan.timeoutMs)));
  }

  /** Breaking out of the loop leaves the stream open. */
  [Symbol.asyncIterator](): AsyncIterator<SseEvent> {
    return {
      next: async () => {
        const event = await this.#read(this.#plan.idleTimeoutMs);
        return event === undefined ? END : { done: false, value: event };
      },
      return: () => Promise.resolve(END),
    };
  }

  close(): void {
    this.#finish(undefined, 'closed by the script');
  }

  get closed(): Promise<SseClosure> {
    if (this.#closure !== undefined) return Promise.resolve(this.#closure);
    if (this.#world.host.interrupted) return Promise.reject(new InterruptedError());
    const wait = new Wait<SseClosure>(this.#pending);
    this.#endWaits.push(wait);
    this.#request?.resume();
    return wait.promise;
  }

  interrupt(reason: Error): void {
    rejectAll(this.#pending, reason);
    if (!this.keep || this.#opening === undefined) this.leave(reason.message);
  }

  leave(reason: string): void {
    this.#finish(undefined, reason);
  }

  #attempt(): void {
    this.#attemptedAt = performance.now();
    const { session } = this.#world;
    const request = new EventRequest(
      session,
      this.#plan,
      this.#target,
      this.#lastEventId,
      this.#samples,
      this,
    );
    this.#request = request;
    request.start();
  }

  onOpen(opening: Opening): void {
    const { open } = this.#samples;
    const now = performance.now();
    this.#openedAt = now;
    this.#lastEventAt = 0;
    this.#decoder = new TextDecoder();
    this.#lineEnds = new LineEnds();
    this.#parser = createParser({
      maxBufferSize: this.#plan.maxEvent,
      onEvent: ({ id, event, data }) => this.#onEvent(id, event ?? 'message', data),
      onRetry: (ms) => {
        this.#delayMs = ms;
      },
      onError: (error: ParseError) => {
        if (error.type === 'max-buffer-size-exceeded') this.#tooLong = true;
      },
    });
    open.connecting.add(now - this.#attemptedAt);
    open.firstByte.add(opening.firstByteAt - opening.sentAt);
    if (this.#opening === undefined) open.streams.add(1);
    else open.reconnects.add(1);
    this.#opening = opening;
    this.#opened?.resolve(this);
    this.#opened = undefined;
  }

  onChunk(chunk: Uint8Array): boolean {
    if (this.#closure !== undefined) return true;
    const text = (this.#decoder as TextDecoder).decode(chunk, { stream: true });
    this.#parser?.feed((this.#lineEnds as LineEnds).unify(text));
    if (this.#tooLong) {
      const message = `an event is longer than ${this.#plan.maxEvent} characters`;
      this.#finish(this.#counted({ code: SSE_CODE.tooLong, message }, 200), message);
      return true;
    }
    if (this.#inbox.unread < this.#plan.buffer || this.#endWaits.length > 0) return true;
    this.#world.warnOfUnread(this.#samples.label, this.#plan.buffer);
    return false;
  }

  onEnd(failure: Failure | undefined, status: number): void {
    if (this.#closure !== undefined) return;
    this.#request = undefined;
    const opened = this.#openedAt !== 0;
    if (opened) this.#bookDuration();
    const { reconnect } = this.#plan;
    // The answer by which a server tells a client to stop asking.
    if (status === 204 && this.#opening !== undefined) {
      this.#finish(undefined, 'ended');
      return;
    }
    const error = failure === undefined ? undefined : this.#counted(failure, status);
    if (reconnect === undefined || this.#opening === undefined) {
      this.#finish(error, 'ended');
      return;
    }
    this.#failures = opened && this.#lastEventAt !== 0 ? 0 : this.#failures + 1;
    if (this.#failures >= reconnect.max) {
      this.#finish(error, 'gave up');
      return;
    }
    this.#retryTimer = setTimeout(() => this.#attempt(), this.#delayMs);
  }

  #onEvent(id: string | undefined, event: string, data: string): void {
    if (this.#closure !== undefined) return;
    const now = performance.now();
    const { open } = this.#samples;
    if (id !== undefined) this.#lastEventId = id;
    if (this.#lastEventAt === 0) open.firstEvent.add(now - (this.#opening as Opening).sentAt);
    else open.gap.add(now - this.#lastEventAt);
    this.#lastEventAt = now;
    this.#events++;
    open.events.add(1);
    const read = new ServerEvent(this.#lastEventId, event, data, now);
    if (this.#inbox.offer(read)) return;
    // Who only waits for the end gets it, however much comes before.
    if (this.#inbox.unread >= this.#plan.buffer && this.#endWaits.length > 0) return;
    this.#inbox.keep(read);
  }

  async #read(timeoutMs: number): Promise<SseEvent | undefined> {
    if (this.#world.host.interrupted) throw new InterruptedError();
    const event = this.#inbox.read(timeoutMs, () =>
      this.#counted({ code: CODE.timeout, message: `no event came within ${timeoutMs} ms` }, 200),
    );
    // At half, so that reading does not stop and go on with every event.
    if (this.#inbox.unread * 2 <= this.#plan.buffer) this.#request?.resume();
    return event;
  }

  #finish(error: SseError | undefined, reason: string): void {
    if (this.#closure !== undefined) return;
    this.#closure = { events: this.#events, error };
    clearTimeout(this.#retryTimer);
    this.#world.streams.delete(this);
    const request = this.#request;
    this.#request = undefined;
    if (request !== undefined) {
      // Maybe from inside the connection's own call.
      queueMicrotask(() => request.abort(new InterruptedError(reason)));
      if (this.#openedAt !== 0) this.#bookDuration();
    }
    this.#opened?.reject(error ?? new InterruptedError(reason));
    for (const wait of this.#endWaits) wait.resolve(this.#closure);
    this.#endWaits = [];
    this.#inbox.end(error);
  }

  #bookDuration(): void {
    this.#samples.open.duration.add(performance.now() - this.#openedAt);
    this.#openedAt = 0;
  }

  #counted(failure: Failure, status: number): SseError {
    this.#samples.failed(this.#world.host, failure, status);
    return new SseError(`${this.#samples.label}: ${failure.message}`, failure.code, status);
  }
}
