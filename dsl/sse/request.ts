/**
 * One HTTP exchange of a stream: from the connection to the end of the body, over redirects.
 *
 *     dialing -> sending -> waiting -- 200, text/event-stream --> open -> ended
 *        \---------------- failed, timed out, aborted ----------------/
 *
 * The connections are those of the VU's `http`; the object is their handler itself.
 */

import type { Connection } from '../http/connection.ts';
import { type Deadlines, deadlinesOf, type Timed } from '../http/deadlines.ts';
import type { Dialing, DialListener } from '../http/dial.ts';
import {
  CODE,
  classify,
  type Failure,
  FailureError,
  type Stage,
  timeoutFailure,
} from '../http/error-codes.ts';
import {
  type ParsedHeaders,
  parseHeaders,
  type RawHeaders,
  rawValue,
  rawValues,
} from '../http/raw-headers.ts';
import { isRedirect, redirectHeaders, redirectMethod } from '../http/redirect.ts';
import { requestHeaders } from '../http/request-headers.ts';
import type { Session } from '../http/session.ts';
import { parseTarget, type Target } from '../http/url.ts';
import { SSE_CODE } from './errors.ts';
import type { SsePlan } from './params.ts';
import type { SseSamples } from './samples.ts';

/** The answer that opened the stream. */
export interface Opening {
  readonly url: string;
  readonly headers: ParsedHeaders;
  /** On the clock of `performance.now()`. */
  readonly sentAt: number;
  readonly firstByteAt: number;
}

/** What a request tells; nothing after `onEnd`. */
export interface RequestListener {
  onOpen(opening: Opening): void;
  /** False: read no more until `resume`. */
  onChunk(chunk: Uint8Array): boolean;
  /** `failure` is undefined where the server ended the body in order; `status` 0 where there was no response. */
  onEnd(failure: Failure | undefined, status: number): void;
}

const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;

export class EventRequest implements DialListener, Timed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  readonly #session: Session;
  readonly #plan: SsePlan;
  readonly #samples: SseSamples;
  readonly #listener: RequestListener;
  readonly #lastEventId: string;
  #target: Target;
  #method: string;
  #body: Buffer | undefined;
  #headers: SsePlan['headers'];
  #redirectsLeft: number;
  #deadlines: Deadlines | undefined;
  #dial: Dialing | undefined;
  #connection: Connection | undefined;
  #abortRequest: ((reason: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #reused = false;
  #status = 0;
  #location: string | undefined;
  #sentAt = 0;
  #firstByteAt = 0;
  #open = false;
  #ended = false;

  constructor(
    session: Session,
    plan: SsePlan,
    target: Target,
    lastEventId: string,
    samples: SseSamples,
    listener: RequestListener,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#samples = samples;
    this.#listener = listener;
    this.#lastEventId = lastEventId;
    this.#target = target;
    this.#method = plan.method;
    this.#body = plan.body;
    this.#headers = plan.headers;
    this.#redirectsLeft = session.defaults.redirects;
  }

  start(): void {
    const { timeoutMs } = this.#plan;
    if (timeoutMs > 0) {
      this.#deadlines = deadlinesOf(timeoutMs);
      this.#deadlines.add(this, performance.now());
    }
    this.#attempt(false);
  }

  /** Does nothing where reading goes on anyway. */
  resume(): void {
    this.#resume?.();
  }

  /** Cuts the connection; the listener hears nothing more. */
  abort(reason: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#dial?.cancel();
    this.#abortRequest?.(reason);
    if (this.#connection !== undefined) this.#session.pool.drop(this.#connection, reason);
  }

  timeOut(): void {
    this.#deadlines = undefined;
    const stage = this.#dial?.stage ?? 'exchange';
    this.#fail(timeoutFailure(stage, this.#plan.timeoutMs, this.#target.origin));
  }

  #attempt(onNewConnection: boolean): void {
    this.#status = 0;
    this.#resume = undefined;
    this.#location = undefined;
    this.#sentAt = 0;
    this.#firstByteAt = 0;
    const { pool } = this.#session;
    const idle = onNewConnection ? undefined : pool.takeIdle(this.#target.origin);
    this.#reused = idle !== undefined;
    if (idle !== undefined) this.#dispatch(idle);
    else this.#dial = pool.dial(this.#target.origin, this.#samples.sent, this.#samples.received, this);
  }

  onDialed(connection: Connection): void {
    this.#dial = undefined;
    this.#session.pool.adopt(connection);
    this.#dispatch(connection);
  }

  onDialFailed(error: unknown, stage: Stage): void {
    this.#dial = undefined;
    this.#fail(classify(error, stage, this.#target.origin));
  }

  #dispatch(connection: Connection): void {
    this.#connection = connection;
    const { path, href, authorization } = this.#target;
    const jar = this.#plan.jar === undefined ? this.#session.jar : this.#plan.jar;
    const headers = [
      ...requestHeaders(
        this.#headers,
        jar === null ? '' : jar.header(href),
        this.#plan.hasAuthorization ? undefined : authorization,
      ),
    ];
    if (this.#lastEventId !== '') headers.push('last-event-id', this.#lastEventId);
    connection.dispatch(
      { path, method: this.#method, headers, body: this.#body ?? null, reset: false },
      this,
    );
  }

  // What the connection calls, in this order.

  onConnect(abort: (reason: Error) => void): void {
    this.#abortRequest = abort;
    this.#sentAt = performance.now();
  }

  onResponseStarted(): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now();
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void): boolean {
    if (status < 200 || this.#ended) return true;
    this.#status = status;
    this.#resume = resume;
    const jar = this.#plan.jar === undefined ? this.#session.jar : this.#plan.jar;
    const cookies = rawValues(headers, 'set-cookie');
    if (jar !== null && cookies.length > 0) jar.store(this.#target.href, cookies);
    if (isRedirect(status) && this.#redirectsLeft > 0) {
      this.#location = rawValue(headers, 'location');
      if (this.#location !== undefined) return true;
    }
    const failure = this.#unfit(status, headers);
    if (failure !== undefined) {
      // Nobody waits for the rest of a body that is no stream of events: it may never end.
      this.#fail(failure);
      return true;
    }
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
    this.#open = true;
    this.#listener.onOpen({
      url: this.#target.href,
      headers: parseHeaders(headers),
      sentAt: this.#sentAt,
      firstByteAt: this.#firstByteAt === 0 ? performance.now() : this.#firstByteAt,
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (!this.#open || this.#ended) return true;
    this.#connection?.socket.meter(this.#samples.sent, this.#samples.received);
    return this.#listener.onChunk(chunk);
  }

  onComplete(): void {
    if (this.#ended) return;
    const connection = this.#connection;
    this.#connection = undefined;
    this.#abortRequest = undefined;
    connection?.socket.meter(this.#samples.sent, this.#samples.received);
    if (connection !== undefined) this.#session.pool.release(connection);
    if (this.#location !== undefined) {
      this.#follow(this.#location);
      return;
    }
    this.#end();
    this.#listener.onEnd(undefined, this.#status);
  }

  onError(error: Error): void {
    if (this.#ended) return;
    const connection = this.#connection;
    if (connection !== undefined) this.#session.pool.drop(connection, error);
    this.#connection = undefined;
    // A kept connection may turn out to be closed; nothing was answered on it, and a stream is only read.
    if (this.#reused && this.#firstByteAt === 0 && (this.#sentAt === 0 || this.#method === 'GET')) {
      this.#attempt(true);
      return;
    }
    // In the middle of a body a reset may be told as an end; the socket knows better.
    this.#fail(classify(connection?.stream.errored ?? error, 'exchange', this.#target.origin));
  }

  #unfit(status: number, headers: RawHeaders): Failure | undefined {
    if (status >= 400 && status < 600)
      return { code: 1000 + status, message: `refused with status ${status}` };
    if (status !== 200) return { code: SSE_CODE.status, message: `answered with status ${status}, not 200` };
    const type = rawValue(headers, 'content-type') ?? 'no content type';
    if (!EVENT_STREAM.test(type))
      return { code: SSE_CODE.contentType, message: `the response is ${type}, not text/event-stream` };
    const encoding = rawValue(headers, 'content-encoding');
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
      return {
        code: CODE.decompression,
        message: `the stream is compressed (${encoding}), which was not asked for`,
      };
    return undefined;
  }

  #follow(location: string): void {
    const before = this.#target;
    let target: Target;
    try {
      target = parseTarget(new URL(location, before.href).href);
    } catch {
      const message = 'the redirect leads to a URL that cannot be requested';
      this.#fail({ code: CODE.invalidUrl, message });
      return;
    }
    const otherOrigin = target.origin.href !== before.origin.href;
    const dropsBody = this.#status !== 307 && this.#status !== 308;
    this.#redirectsLeft--;
    this.#headers = redirectHeaders(this.#headers, dropsBody, otherOrigin);
    this.#method = redirectMethod(this.#status, this.#method);
    if (dropsBody) this.#body = undefined;
    const keepsUser = target.authorization === undefined && !otherOrigin;
    this.#target = keepsUser ? { ...target, authorization: before.authorization } : target;
    // Undici is still inside the end of the last response; the connection is free a moment later.
    queueMicrotask(() => {
      if (!this.#ended) this.#attempt(false);
    });
  }

  #fail(failure: Failure): void {
    if (this.#ended) return;
    const status = this.#status;
    const dial = this.#dial;
    const connection = this.#connection;
    this.#end();
    dial?.cancel();
    if (connection !== undefined) {
      connection.socket.meter(this.#samples.sent, this.#samples.received);
      const error = new FailureError(failure);
      const abort = this.#abortRequest;
      // Not from inside the connection's own call.
      queueMicrotask(() => {
        // A connection that others share outlives this stream.
        abort?.(error);
        this.#session.pool.drop(connection, error);
      });
    }
    this.#listener.onEnd(failure, status);
  }

  #end(): void {
    this.#ended = true;
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
  }
}
