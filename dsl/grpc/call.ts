/**
 * One call, from the script's word to its status.
 *
 *     made -> connecting -> sent -> ended      a status came, or the library made one: recorded
 *                                -> cut off    interrupted: rejects, nothing is recorded
 *                                -> dropped    the script, or the end of its iteration, cancelled a stream
 */

import type { Metadata, ServiceError, StatusObject } from '@grpc/grpc-js';
import type { VuHost } from '../host.ts';
import { CODE, type Failure } from '../http/error-codes.ts';
import type { Abortable, UnderWay } from '../http/under-way.ts';
import type { Channel } from './channel.ts';
import type { CallPlan } from './params.ts';
import { CallResponse } from './response.ts';
import type { NamedCalls } from './samples.ts';
import { errorCodeOf, GrpcError, groupedMessage, isAnswer, STATUS } from './status.ts';

function ignore(): void {}

export interface CallInit {
  readonly host: VuHost;
  readonly channel: Channel;
  readonly underWay: UnderWay<Call>;
  readonly plan: CallPlan;
  /** Whether it belongs to its iteration, which cancels it at its end. */
  readonly isStream: boolean;
}

export class Call implements Abortable {
  place = -1;
  readonly isStream: boolean;
  readonly promise: Promise<CallResponse>;
  headers: Metadata | undefined;
  message: unknown;
  /** Called when the call is over, however that came. */
  onOver: (() => void) | undefined;
  readonly #init: CallInit;
  readonly #madeAt = performance.now();
  #named: NamedCalls | undefined;
  #rpc: { cancel(): void } | undefined;
  #answerError: ServiceError | null = null;
  #connectingMs = 0;
  #sentAt = 0;
  /** Bytes of the connection before it was sent. */
  #receivedBefore = 0;
  #over = false;
  #resolve!: (response: CallResponse) => void;
  #reject!: (error: Error) => void;

  constructor(init: CallInit) {
    this.#init = init;
    this.isStream = init.isStream;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever awaits it later, or only iterates, is told then.
    this.promise.catch(ignore);
    init.underWay.add(this);
  }

  get over(): boolean {
    return this.#over;
  }

  /** The time of the call starts here. */
  begin(named: NamedCalls, waited: boolean): void {
    this.#named = named;
    this.#sentAt = performance.now();
    if (waited) this.#connectingMs = this.#sentAt - this.#madeAt;
  }

  sent(rpc: { cancel(): void }): void {
    this.#receivedBefore = this.#init.channel.received;
    this.#rpc = rpc;
    if (this.#over) rpc.cancel();
  }

  /** What the library calls with the one answer; before the status. */
  readonly answered = (error: ServiceError | null, message?: unknown): void => {
    this.message = message;
    this.#answerError = error;
  };

  /** Ends it without having been sent: there is no connection. */
  unreachable({ code, message }: Failure): void {
    const status = code === CODE.timeout ? STATUS.DEADLINE_EXCEEDED : STATUS.UNAVAILABLE;
    this.end({ code: status, details: message }, code);
  }

  /** `known`: the error code of a status that no server gave. */
  end(
    { code, details, metadata }: Pick<StatusObject, 'code' | 'details'> & Partial<StatusObject>,
    known?: number,
  ): void {
    // The status may be that all is well, though the answer is missing or cannot be read.
    const worse = code === STATUS.OK ? this.#answerError : null;
    if (worse !== null) {
      this.#answerError = null;
      this.end(worse);
      return;
    }
    if (!this.#settle()) return;
    const { host, channel, plan } = this.#init;
    const durationMs = performance.now() - this.#sentAt;
    const answered = known === undefined && isAnswer(code, details) && !this.#isOwnDeadline(code);
    const errorCode = known ?? errorCodeOf(code, details, answered);
    const expected = plan.expected.includes(code);
    const named = this.#named as NamedCalls;
    channel.bookBytes(named.ended(code, errorCode, expected, answered ? durationMs : undefined));
    const silent = channel.received === this.#receivedBefore && this.#init.underWay.size === 0;
    // Nothing at all came: the connection may be dead, and would be for good.
    if (known === undefined && !answered && code === STATUS.DEADLINE_EXCEEDED && silent) channel.close();
    if (!expected) host.errors.count(named.label, errorCode, groupedMessage(code, details));
    const response = this.#response(code, details, errorCode, metadata, durationMs);
    if (plan.throws && !expected) {
      this.#reject(
        new GrpcError(`${named.label}: ${groupedMessage(code, details)}`, errorCode, code, response),
      );
    } else this.#resolve(response);
  }

  /** Ends it with an error that is not of the call: an interruption, or a mistake of the script's. */
  abort(error: Error): void {
    if (!this.#settle()) return;
    this.#rpc?.cancel();
    this.#reject(error);
  }

  drop(): void {
    if (!this.#settle()) return;
    this.#rpc?.cancel();
    this.#resolve(this.#response(STATUS.CANCELLED, 'cancelled', 0, undefined, 0));
  }

  #response(
    status: number,
    details: string,
    errorCode: number,
    trailers: Metadata | undefined,
    durationMs: number,
  ): CallResponse {
    const { headers, message } = this;
    const connectingMs = this.#connectingMs;
    return new CallResponse({
      status,
      details,
      errorCode,
      message,
      headers,
      trailers,
      connectingMs,
      durationMs,
    });
  }

  /** The server knows the deadline too, and may be the first to say that it has passed. */
  #isOwnDeadline(code: number): boolean {
    const { limitMs } = this.#init.plan;
    // Timers may come a millisecond early.
    return (
      code === STATUS.DEADLINE_EXCEEDED && limitMs > 0 && performance.now() - this.#madeAt >= limitMs - 1
    );
  }

  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#init.underWay.delete(this);
    this.onOver?.();
    return true;
  }
}
