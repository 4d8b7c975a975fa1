/**
 * One call of a script: from the first connection to the response that it awaits, over redirects and, at most once,
 * a second try. The object is the connection's handler itself, so a request costs no closures.
 *
 *     start -> idle connection? yes -> dispatched -> sending -> waiting -> receiving -> done | next hop
 *                               no  -> dialing ---^
 *
 * A second try happens on a connection that was kept open and turns out to be closed:
 *
 *     nothing was written yet                                     always
 *     written, no byte came back, connection was idle for 1 s     GET, HEAD and OPTIONS: the server most likely gave
 *                                                                 the idle connection up while the request was under
 *                                                                 way, and never saw it
 *     written, connection was in use a moment ago                 never: the server broke it with a request on it, and
 *                                                                 that is a failure to count (browsers and Go hide it)
 *
 * A POST is never sent twice.
 */

import type { Readable } from 'node:stream';
import { InterruptedError } from '../errors.ts';
import type { TagSet } from '../host.ts';
import { decodedBody, RawBody, type RawBodyOwner } from './body-stream.ts';
import type { Connection, TlsFacts } from './connection.ts';
import { type Deadlines, deadlinesOf, type Timed } from './deadlines.ts';
import { logRequest, logResponse } from './debug.ts';
import { decompress } from './decode.ts';
import type { Dialing, DialListener, DialTimes } from './dial.ts';
import {
  CODE,
  classify,
  type Failure,
  FailureError,
  HttpError,
  isClosed,
  isMisuse,
  isRefusedStream,
  type Stage,
  timeoutFailure,
} from './error-codes.ts';
import type { Plan } from './params.ts';
import { notableOf, type RawHeaders, rawValue, rawValues } from './raw-headers.ts';
import { isRedirect, redirectHeaders, redirectMethod } from './redirect.ts';
import { reportFailure, reportResponse } from './report.ts';
import { requestHeaders, withCookies } from './request-headers.ts';
import { type About, type Finished, HttpResponse } from './response.ts';
import { byteSeries, type NamedRequest, namedRequest } from './samples.ts';
import type { SendAny, Session } from './session.ts';
import { StaleConnectionError } from './stale.ts';
import { fillTimings, NO_DIAL, NO_TIMINGS, type Spent } from './timings.ts';
import type { Redirect, Timings } from './types.ts';
import type { Abortable } from './under-way.ts';
import { parseTarget, type Target } from './url.ts';

const NO_HEADERS: RawHeaders = [];
const NO_BYTES = Buffer.alloc(0);
/** Servers give idle connections up after seconds (Node and Apache 5, nginx 75), none sooner than this. */
const GIVEN_UP_MS = 1000;

export interface CallInit {
  readonly session: Session;
  readonly plan: Plan;
  readonly tags: TagSet;
  readonly method: string;
  readonly target: Target;
  /** In place of the URL as the `name` tag, over all redirects. */
  readonly name: string | undefined;
  readonly body: Buffer | undefined;
  /** In place of `body`; read once. */
  readonly source?: Readable | undefined;
  readonly headers: readonly (string | string[])[];
  /** What its response tells beside the exchange itself. */
  readonly about?: About | undefined;
}

export class Exchange implements DialListener, Abortable, Finished, Timed, RawBodyOwner {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  place = -1;
  method: string;
  href: string;
  body: Buffer | undefined;
  headers: readonly (string | string[])[];
  /** As they went out: with cookies and credentials. */
  sentHeaders: readonly (string | string[])[] = [];
  /** When this hop began. */
  startedAt = 0;
  readonly plan: Plan;
  status = 0;
  statusText = '';
  rawHeaders: RawHeaders = NO_HEADERS;
  responseBody: Buffer = NO_BYTES;
  error = '';
  errorCode = 0;
  remoteIp = '';
  remotePort = 0;
  proto = '';
  tls: TlsFacts | undefined;
  /** Of `responseType: 'stream'`, once the head has arrived. */
  stream: Readable | undefined;
  readonly about: About | undefined;
  redirects: Redirect[] | undefined;

  readonly #session: Session;
  readonly #tags: TagSet;
  readonly #name: string | undefined;
  #target: Target;
  #path: string;
  #redirectsLeft: number;
  /** Whether every hop so far stayed on the first origin: the script's own cookies go along. */
  #sameOrigin = true;
  #resolve!: (response: HttpResponse) => void;
  #reject!: (error: Error) => void;
  #deadlines: Deadlines | undefined;
  #settled = false;

  #dial: Dialing | undefined;
  #dialTimes = NO_DIAL;
  #connection: Connection | undefined;
  #abortRequest: ((reason: Error) => void) | undefined;
  #reused = false;
  #retried = false;
  #sendAt = 0;
  #sentAt = 0;
  #firstAt = 0;
  #endAt = 0;
  #timings: Timings | undefined;
  #more: Buffer[] | undefined;
  #source: Readable | undefined;
  /** Beneath `stream`. */
  #raw: RawBody | undefined;
  #servedBy: Connection | undefined;

  constructor(init: CallInit) {
    this.#session = init.session;
    this.plan = init.plan;
    this.#tags = init.tags;
    this.method = init.method;
    this.#target = init.target;
    this.#name = init.name;
    this.body = init.body;
    this.#source = init.source;
    this.headers = init.headers;
    this.about = init.about;
    this.#redirectsLeft = init.plan.redirects;
    this.#path = init.target.path;
    this.href = init.target.href;
    const { query } = init.plan;
    if (query !== '') {
      const joint = this.#path.includes('?') ? '&' : '?';
      this.#path += joint + query;
      this.href += joint + query;
    }
  }

  get send(): SendAny {
    return this.#session.send;
  }

  get authority(): string {
    return this.#target.origin.authority;
  }

  get timings(): Timings {
    if (this.#endAt === 0) return NO_TIMINGS;
    this.#timings ??= this.spent({ ...NO_TIMINGS });
    return this.#timings;
  }

  /** The same without an object of its own: few scripts ever look at the times that are booked. */
  spent(to: Spent): Timings {
    return fillTimings(
      to,
      this.startedAt,
      this.#dialTimes,
      this.#sendAt,
      this.#sentAt,
      this.#firstAt,
      this.#endAt,
    );
  }

  get sendsStream(): boolean {
    return this.#source !== undefined;
  }

  run(): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#session.underWay.add(this);
      const { timeoutMs } = this.plan;
      this.startedAt = performance.now();
      if (timeoutMs > 0) {
        this.#deadlines = deadlinesOf(timeoutMs);
        this.#deadlines.add(this, this.startedAt);
      }
      try {
        this.#attempt(false);
      } catch (error) {
        this.#settle();
        throw error;
      }
    });
  }

  /** Ends a call that cannot even start. */
  refuse(failure: Failure): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.startedAt = performance.now();
      this.#fail(new FailureError(failure), 'exchange');
    });
  }

  timeOut(): void {
    this.#deadlines = undefined;
    const stage = this.#dial?.stage ?? 'exchange';
    this.abort(new FailureError(timeoutFailure(stage, this.plan.timeoutMs, this.#target.origin)));
  }

  abort(reason: Error): void {
    if (this.#settled) return;
    // A second try must not follow an end that we chose.
    this.#retried = true;
    if (this.#dial !== undefined) this.#dial.cancel();
    else if (this.#abortRequest !== undefined) this.#abortRequest(reason);
    else this.#connection?.destroy(reason);
    if (!this.#settled) this.#fail(reason, 'exchange');
  }

  #attempt(onNewConnection: boolean): void {
    this.#sendAt = 0;
    this.#sentAt = 0;
    this.#firstAt = 0;
    this.status = 0;
    this.#endAt = 0;
    this.#timings = undefined;
    this.rawHeaders = NO_HEADERS;
    this.responseBody = NO_BYTES;
    this.#more = undefined;
    this.#dialTimes = NO_DIAL;
    this.#abortRequest = undefined;
    const { origin } = this.#target;
    const idle = onNewConnection ? undefined : this.#session.pool.takeIdle(origin, this.plan.transport);
    if (idle !== undefined) {
      this.#reused = true;
      this.#dispatch(idle);
      return;
    }
    this.#reused = false;
    const { sent, received } = byteSeries(this.#session.host.recorder, this.#tags);
    this.#dial = this.#session.pool.dial(origin, sent, received, this, this.plan.transport);
  }

  onDialed(connection: Connection, times: DialTimes): void {
    this.#dial = undefined;
    this.#dialTimes = times;
    this.#session.pool.adopt(connection);
    this.#dispatch(connection);
  }

  onDialFailed(error: unknown, stage: Stage): void {
    this.#fail(error, stage);
  }

  #dispatch(connection: Connection): void {
    this.#connection = connection;
    this.remoteIp = connection.remoteIp;
    this.remotePort = connection.remotePort;
    this.proto = connection.proto;
    this.tls = connection.tls;
    const { origin } = this.#target;
    const authorization = this.plan.hasAuthorization ? undefined : this.#target.authorization;
    const headers = requestHeaders(this.headers, this.#cookies(), authorization);
    this.sentHeaders = headers;
    if (this.#session.host.options.httpDebug !== false) {
      logRequest(
        this.#session.host,
        this.method,
        this.#path,
        origin.authority,
        headers,
        this.body,
        this.proto,
      );
    }
    connection.dispatch(
      {
        path: this.#path,
        method: this.method,
        headers,
        body: this.#source ?? this.body ?? null,
        reset: this.#session.host.options.noConnectionReuse,
      },
      this,
    );
  }

  #cookies(): string {
    const { plan } = this;
    const jar = plan.jar === undefined ? this.#session.jar : plan.jar;
    const kept = jar === null ? '' : jar.header(this.href);
    return plan.cookies !== undefined && this.#sameOrigin ? withCookies(kept, plan.cookies) : kept;
  }

  // What the connection calls, in this order.

  onConnect(abort: (reason: Error) => void): void {
    this.#abortRequest = abort;
    this.#sendAt = performance.now();
  }

  onRequestSent(): void {
    if (this.#connection?.flushed !== false) this.#sentAt = performance.now();
    else {
      this.#connection.whenFlushed(() => {
        if (this.#sentAt === 0 && !this.#settled) this.#sentAt = performance.now();
      });
    }
  }

  onResponseStarted(): void {
    if (this.#firstAt === 0) this.#firstAt = performance.now();
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean {
    // 102 and 103 come before the response.
    if (status >= 200) {
      this.status = status;
      this.statusText = statusText;
      this.rawHeaders = headers;
      if (this.plan.responseType === 'stream') this.#beginStream(resume);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#raw !== undefined) return this.#raw.push(chunk);
    if (this.plan.responseType === 'none') return true;
    if (this.responseBody.length === 0) this.responseBody = chunk;
    else if (this.#more === undefined) this.#more = [this.responseBody, chunk];
    else this.#more.push(chunk);
    return true;
  }

  onComplete(atOnce = false): void {
    if (this.#settled) return;
    const connection = this.#connection as Connection;
    this.#connection = undefined;
    this.#abortRequest = undefined;
    // What was read in one piece had all arrived by then; what came after is our own work.
    this.#endAt = atOnce ? this.#firstAt : performance.now();
    connection.usedAt = this.#endAt;
    try {
      this.#finishBody();
    } catch (error) {
      this.#fail(error, 'exchange', connection);
      this.#session.pool.release(connection);
      return;
    }
    const raw = this.#raw;
    if (raw !== undefined && this.stream !== undefined && this.stream !== raw) {
      this.#awaitReader(connection, raw, this.stream);
    } else this.#complete(connection);
  }

  onError(error: Error): void {
    if (this.#settled) return;
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) {
      if (isMisuse(error)) {
        this.#session.pool.release(connection);
        this.#settle();
        this.#reject(new TypeError(`${this.method} ${this.href}: ${error.message}`));
        return;
      }
      if (this.#mayRetry(error, connection.usedAt)) {
        this.#session.pool.drop(connection, error);
        this.#retried = true;
        this.#attempt(true);
        return;
      }
    }
    this.#fail(error, 'exchange', connection);
    if (connection !== undefined) this.#session.pool.drop(connection, error);
  }

  /** `usedAt`: when the connection was used last before. */
  #mayRetry(error: Error, usedAt: number): boolean {
    if (this.#retried || this.#source?.readableDidRead === true) return false;
    if (isRefusedStream(error)) return true;
    if (!this.#reused) return false;
    if (this.#sendAt === 0) return true;
    if (this.#firstAt !== 0 || !isClosed(error) || this.startedAt - usedAt < GIVEN_UP_MS) return false;
    return this.method === 'GET' || this.method === 'HEAD' || this.method === 'OPTIONS';
  }

  /** The script gets the response now, and its body while it comes; unless it is to be followed. */
  #beginStream(resume: () => void): void {
    if (this.#redirectsLeft > 0 && isRedirect(this.status)) {
      if (rawValue(this.rawHeaders, 'location') !== undefined) return;
    }
    // Answered by another request; nobody reads what this one brings.
    if (this.plan.digest && this.status === 401 && !this.plan.hasAuthorization) return;
    this.errorCode = this.status >= 400 ? 1000 + this.status : 0;
    this.#raw = new RawBody(this, resume);
    try {
      this.#storeCookies();
      this.stream = decodedBody(this.#raw, rawValues(this.rawHeaders, 'content-encoding').join(','), this);
    } catch (error) {
      this.abort(error as Error);
      return;
    }
    this.#session.streaming.add(this);
    this.#resolve(new HttpResponse(this));
  }

  onBodyBroken(error: FailureError): void {
    this.abort(error);
  }

  /** The rest is not wanted: the request ends here, as it came. */
  dropBody(): void {
    if (this.#settled) return;
    const connection = this.#connection;
    const abortRequest = this.#abortRequest;
    if (connection !== undefined) this.#endAt = performance.now();
    const { socket } = (connection ?? this.#servedBy) as Connection;
    reportResponse(this.#session.host, this.#named(), this, socket);
    this.#settle();
    const reason = new Error('the rest of the body was not read');
    abortRequest?.(reason);
    if (connection !== undefined) this.#session.pool.drop(connection, reason);
    this.#raw?.destroy();
  }

  /** All has arrived, but whether it can be decompressed is not known before it is read. */
  #awaitReader(connection: Connection, raw: RawBody, stream: Readable): void {
    this.#servedBy = connection;
    stream.once('close', () => this.dropBody());
    raw.push(null);
    this.#session.pool.release(connection);
  }

  #storeCookies(): void {
    const cookies = rawValues(this.rawHeaders, 'set-cookie');
    if (cookies.length === 0) return;
    const jar = this.plan.jar === undefined ? this.#session.jar : this.plan.jar;
    jar?.store(this.href, cookies);
  }

  #finishBody(): void {
    if (this.#raw !== undefined) return;
    if (this.#more !== undefined) {
      this.responseBody = Buffer.concat(this.#more);
      this.#more = undefined;
    }
    const notable = notableOf(this.rawHeaders);
    if (notable.setsCookies) this.#storeCookies();
    if (notable.encoded && this.responseBody.length > 0) {
      const encodings = rawValues(this.rawHeaders, 'content-encoding').join(',');
      this.responseBody = decompress(this.responseBody, encodings);
    }
  }

  #complete(connection: Connection): void {
    const { status } = this;
    const { host } = this.#session;
    this.errorCode = status >= 400 ? 1000 + status : 0;
    const named = this.#named();
    reportResponse(host, named, this, connection.socket);
    this.#session.pool.release(connection);
    if (host.options.httpDebug !== false) logResponse(host, this);
    if (this.#raw !== undefined) {
      this.#settle();
      this.#raw.push(null);
      return;
    }
    if (isRedirect(status) && this.plan.redirects > 0) {
      const location = rawValue(this.rawHeaders, 'location');
      if (location !== undefined) {
        if (this.#redirectsLeft > 0) {
          this.#redirectsLeft--;
          this.#follow(location);
          return;
        }
        this.#session.warnOfRedirects(this.plan.redirects, named.label);
      }
    }
    this.#settle();
    this.#resolve(new HttpResponse(this));
  }

  #follow(location: string): void {
    let target: Target;
    try {
      target = parseTarget(new URL(location, this.href).href);
    } catch {
      const message = 'the redirect leads to a URL that cannot be requested';
      this.#fail(new FailureError({ code: CODE.invalidUrl, message }), 'exchange');
      return;
    }
    const method = redirectMethod(this.status, this.method);
    this.redirects ??= [];
    this.redirects.push({
      status: this.status,
      method: this.method,
      url: this.href,
      location: target.href,
      timings: this.timings,
    });
    const dropsBody = this.status !== 307 && this.status !== 308 && this.method !== 'HEAD';
    if (!dropsBody && this.#source !== undefined) {
      const message = `the redirect (${this.status}) asks for the body again, and a stream is sent only once`;
      this.#fail(new FailureError({ code: CODE.other, message }), 'exchange');
      return;
    }
    this.#source = undefined;
    const otherOrigin = target.origin.href !== this.#target.origin.href;
    if (otherOrigin) this.#sameOrigin = false;
    this.headers = redirectHeaders(this.headers, dropsBody, otherOrigin);
    if (dropsBody) this.body = undefined;
    // A URL without user and password keeps those of the URL before it, on the same origin only.
    this.#target =
      target.authorization === undefined && !otherOrigin && this.#target.authorization !== undefined
        ? { ...target, authorization: this.#target.authorization }
        : target;
    this.method = method;
    this.#path = target.path;
    this.href = target.href;
    this.#retried = false;
    this.startedAt = performance.now();
    // Not from inside the end of the last response.
    queueMicrotask(() => {
      if (!this.#settled) this.#attempt(false);
    });
  }

  #fail(error: unknown, stage: Stage, connection?: Connection): void {
    if (this.#settled) return;
    const dial = this.#dial;
    this.#settle();
    if (error instanceof InterruptedError) {
      // It was made, so it is counted; that nothing came back is our doing, so it did not fail.
      if (this.#sendAt > 0) {
        const outcome = this.#named().outcome(0, CODE.interrupted, undefined);
        outcome.book(this.href, undefined);
        connection?.socket.meter(outcome.sent, outcome.received);
      }
      this.#raw?.destroy(error);
      this.#reject(error);
      return;
    }
    const { host } = this.#session;
    const failure =
      error instanceof StaleConnectionError
        ? { code: CODE.tcp, message: 'connection closed before the request was sent' }
        : classify(error, stage, this.#target.origin);
    this.status = 0;
    this.statusText = '';
    this.rawHeaders = NO_HEADERS;
    this.responseBody = NO_BYTES;
    this.error = failure.message;
    this.errorCode = failure.code;
    if (this.#endAt === 0) this.#endAt = performance.now();
    const named = this.#named();
    reportFailure(host, named, failure, this, (connection ?? dial)?.socket);
    const response = new HttpResponse(this);
    if (host.options.httpDebug !== false) logResponse(host, this);
    if (this.#raw !== undefined) {
      this.#raw.destroy(new HttpError(`${named.label}: ${failure.message}`, failure.code, response));
      return;
    }
    if (this.plan.throws) {
      this.#reject(new HttpError(`${named.label}: ${failure.message}`, failure.code, response));
    } else this.#resolve(response);
  }

  #named(): NamedRequest {
    const { recorder } = this.#session.host;
    return namedRequest(recorder, this.#tags, this.method, this.#name ?? this.#target.name);
  }

  #settle(): void {
    this.#settled = true;
    this.#dial = undefined;
    this.#connection = undefined;
    this.#abortRequest = undefined;
    if (this.#deadlines !== undefined) {
      this.#deadlines.remove(this);
      this.#deadlines = undefined;
    }
    this.#session.underWay.delete(this);
    if (this.#raw !== undefined) this.#session.streaming.delete(this);
    if (this.#source !== undefined && !this.#source.destroyed) {
      // Not read to the end, for whatever reason: what it reads from is closed.
      this.#source.on('error', ignore);
      this.#source.destroy();
    }
  }
}

function ignore(): void {}
