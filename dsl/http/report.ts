/** Books finished requests: samples, bytes, and what the ERRORS section shows. */

import { STATUS_CODES } from 'node:http';
import type { VuHost } from '../host.ts';
import type { TlsFacts } from './connection.ts';
import { bodyText } from './decode.ts';
import type { Failure } from './error-codes.ts';
import type { MeteredSocket } from './metered-socket.ts';
import type { Plan } from './params.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';
import type { NamedRequest } from './samples.ts';
import type { Timings } from './types.ts';

interface Ended {
  readonly plan: Plan;
  readonly status: number;
  readonly errorCode: number;
  readonly timings: Timings;
  readonly rawHeaders: RawHeaders;
  readonly responseBody: Buffer;
  readonly proto: string;
  readonly tls: TlsFacts | undefined;
}

export function reportResponse(host: VuHost, named: NamedRequest, ended: Ended, socket: MeteredSocket): void {
  const { plan, status, timings } = ended;
  const verdict = plan.judge?.(
    status,
    bodyText(ended.responseBody, rawValue(ended.rawHeaders, 'content-type')),
    ended.rawHeaders,
  );
  const errorCode = verdict?.code ?? ended.errorCode;
  const within = plan.expected === null ? undefined : plan.expected.includes(status);
  const expected = verdict === undefined ? within : false;
  const outcome = named.outcome(status, errorCode, expected, ended.proto, ended.tls?.version || undefined);
  outcome.count();
  outcome.time(timings);
  socket.meter(outcome.sent, outcome.received);
  if (expected !== false) return;
  if (verdict !== undefined) {
    host.errors.count(named.label, verdict.code, verdict.message);
    return;
  }
  const phrase = STATUS_CODES[status];
  const message = `unexpected status ${status}${phrase === undefined ? '' : ` ${phrase}`}`;
  host.errors.count(named.label, errorCode, message);
}

/** A request without a response counts, but enters no time: it would be the time limit's, not the system's. */
export function reportFailure(
  host: VuHost,
  named: NamedRequest,
  failure: Failure,
  plan: Plan,
  socket: MeteredSocket | undefined,
): void {
  const outcome = named.outcome(0, failure.code, plan.expected === null ? undefined : false);
  outcome.count();
  socket?.meter(outcome.sent, outcome.received);
  host.errors.count(named.label, failure.code, failure.message);
}
