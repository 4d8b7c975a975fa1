/**
 * One request of somebody else's client over `node:http`, watched from outside: its events become the same moments,
 * samples and error codes as those of `http`. Nothing is read or changed, so the client sees what it always sees.
 *
 *     begin -> socket -> finish (sent) -> response (first byte) -> its end
 *                  \______________\___________________\________-> close
 *
 *     ended whole                               the status counts
 *     closed by the client with a status seen   the status counts (clients drop the bodies of redirects)
 *     closed by the other side, or an error     a failure with its code
 *     closed by the client before any answer    1050: its time limit, or a cancellation; they look the same from here
 */

import { type EventEmitter, errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { InterruptedError } from '../errors.ts';
import type { TagSet, TraceSink } from '../host.ts';
import type { AgentWorld, Made } from './agents.ts';
import { CapturedRequest } from './capture.ts';
import { CODE, classify, type Failure } from './error-codes.ts';
import { nameOf } from './fetch.ts';
import { unexpectedStatus } from './report.ts';
import { type NamedRequest, namedRequest } from './samples.ts';
import { NO_DIAL, NO_TIMINGS, timingsOf } from './timings.ts';
import type { RequestNamer, Timings } from './types.ts';
import type { Abortable } from './under-way.ts';
import { parseTarget, type Target } from './url.ts';

/** Several headers of one name are a list. */
function headerText(value: string | number | readonly string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

export class NodeExchange implements Abortable {
  place = -1;
  readonly #world: AgentWorld;
  readonly #request: ClientRequest;
  readonly #target: Target;
  readonly #name: string;
  readonly #tags: TagSet;
  readonly #startAt = performance.now();
  #socket: Socket | undefined;
  #made: Made | undefined;
  #dialTimes = NO_DIAL;
  #sendAt = 0;
  #sentAt = 0;
  #firstAt = 0;
  #response: IncomingMessage | undefined;
  #error: unknown;
  /** The other side ended the connection first. */
  #left = false;
  #interruption: Error | undefined;
  #done = false;

  constructor(world: AgentWorld, request: ClientRequest, secure: boolean, name: RequestNamer | undefined) {
    this.#world = world;
    this.#request = request;
    this.#tags = world.session.host.tags();
    const scheme = secure ? 'https' : 'http';
    const authority = String(request.getHeader('host') ?? request.host);
    const url = /^https?:/i.test(request.path) ? request.path : `${scheme}://${authority}${request.path}`;
    this.#target = parseTarget(url);
    this.#name = nameOf(request.method, new URL(url), name);
  }

  begin(): void {
    const request = this.#request;
    const { session } = this.#world;
    session.underWay.add(this);
    if (session.host.interrupted) queueMicrotask(() => this.abort(new InterruptedError()));
    request.once('socket', (socket) => this.#onSocket(socket));
    request.once('finish', () => {
      this.#sentAt = performance.now();
    });
    request.once('response', (response) => this.#onResponse(response));
    request.once(errorMonitor, (error: unknown) => {
      this.#error = error;
      // Nothing but `close` follows, and that as late as the socket's.
      if (this.#response === undefined) this.#end();
    });
    request.once('close', () => this.#end());
  }

  abort(reason: Error): void {
    this.#interruption = reason;
    this.#request.destroy(reason);
    this.#end();
  }

  #onSocket(socket: Socket): void {
    this.#socket = socket;
    this.#sendAt = performance.now();
    const made = this.#world.made.get(socket);
    this.#made = made;
    if (made?.times !== undefined) {
      this.#dialTimes = made.times;
      made.times = undefined;
    }
    socket.prependOnceListener('end', this.#onLeft);
    (socket as EventEmitter).once(errorMonitor, this.#onLeft);
  }

  readonly #onLeft = (error?: unknown): void => {
    // Who destroys a request destroys its socket with the same error.
    if (this.#request.destroyed) return;
    this.#left = true;
    if (error !== undefined) this.#error ??= error;
  };

  #onResponse(response: IncomingMessage): void {
    this.#firstAt = performance.now();
    this.#response = response;
    // Node throws away what nobody listens to; we do, so this is ours to do.
    if (this.#request.listenerCount('response') === 0) response.resume();
    response.once('end', () => this.#end());
    response.once('close', () => this.#end());
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#world.session.underWay.delete(this);
    this.#socket?.off('end', this.#onLeft);
    (this.#socket as EventEmitter | undefined)?.off(errorMonitor, this.#onLeft);
    const { host } = this.#world.session;
    const named = namedRequest(host.recorder, this.#tags, this.#request.method, this.#name);
    if (this.#interruption !== undefined) this.#count(named, CODE.interrupted, undefined);
    else {
      const failure = this.#failure();
      if (failure === undefined) this.#succeed(named, this.#response as IncomingMessage);
      else {
        this.#count(named, failure.code, this.#expects(0));
        host.errors.count(named.label, failure.code, failure.message);
        if (host.traces?.wants(-1, true) === true) this.#keep(named, host.traces, 0, failure, NO_TIMINGS);
      }
    }
  }

  #failure(): Failure | undefined {
    const response = this.#response ?? (this.#request as { res?: IncomingMessage | null }).res ?? undefined;
    this.#response = response;
    const { origin } = this.#target;
    if (response !== undefined && (response.complete || !this.#left)) return undefined;
    if (this.#left) {
      const failure = classify(this.#error, 'exchange', origin);
      if (failure.code !== CODE.other) return failure;
      return { code: CODE.tcp, message: 'connection closed before the response was complete' };
    }
    if (this.#socket === undefined) {
      const failure = classify(this.#error, 'exchange', origin);
      if (this.#error !== undefined && failure.code !== CODE.reset) return failure;
    }
    return { code: CODE.timeout, message: 'given up by its client: its time limit, or a cancellation' };
  }

  #succeed(named: NamedRequest, { statusCode: status = 0 }: IncomingMessage): void {
    const { host } = this.#world.session;
    const expected = this.#expects(status);
    const errorCode = status >= 400 ? 1000 + status : 0;
    const outcome = named.outcome(status, errorCode, expected);
    const timings = timingsOf(
      this.#startAt,
      this.#dialTimes,
      this.#sendAt,
      this.#sentAt,
      this.#firstAt,
      performance.now(),
    );
    outcome.book(this.#target.href, timings);
    this.#made?.connection.socket.meter(outcome.sent, outcome.received);
    const message = expected === false ? unexpectedStatus(status) : '';
    if (message !== '') host.errors.count(named.label, errorCode, message);
    if (host.traces?.wants(timings.duration, message !== '') === true) {
      this.#keep(named, host.traces, status, { code: errorCode, message }, timings);
    }
  }

  /** Without bodies: they go past us. */
  #keep(named: NamedRequest, traces: TraceSink, status: number, end: Failure, timings: Timings): void {
    const request = this.#request;
    const response = status === 0 ? undefined : this.#response;
    const socket = this.#socket;
    const sent = request
      .getRawHeaderNames()
      .flatMap((name) => [name, request.getHeader(name)].map(headerText));
    traces.keep(
      new CapturedRequest(this.#world.session.host, traces.bodyLimit, {
        method: request.method,
        url: this.#target.href,
        authority: this.#target.origin.authority,
        status,
        proto: 'HTTP/1.1',
        startedAt: this.#startAt,
        timings,
        error: end.message,
        errorCode: end.code,
        remote: socket?.remoteAddress === undefined ? '' : `${socket.remoteAddress}:${socket.remotePort}`,
        tags: named.tags,
        sent: { headers: sent, body: 'not seen' },
        received: response === undefined ? undefined : { headers: response.rawHeaders, body: 'not seen' },
      }),
    );
  }

  #count(named: NamedRequest, code: number, expected: boolean | undefined): void {
    const outcome = named.outcome(0, code, expected);
    outcome.book(this.#target.href, undefined);
    this.#made?.connection.socket.meter(outcome.sent, outcome.received);
  }

  /** Undefined where requests count neither way. */
  #expects(status: number): boolean | undefined {
    const { expected } = this.#world.session.defaults;
    if (expected === null) return undefined;
    return status !== 0 && expected.includes(status);
  }
}
