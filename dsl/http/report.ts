/** Books finished requests: samples, bytes, and what the ERRORS section shows. */

import { STATUS_CODES } from 'node:http';
import type { TraceSink, VuHost } from '../host.ts';
import { type CapturedParts, CapturedRequest } from './capture.ts';
import type { TlsFacts } from './connection.ts';
import { responseText } from './decode.ts';
import type { Failure } from './error-codes.ts';
import type { MeteredSocket } from './metered-socket.ts';
import type { Plan } from './params.ts';
import type { RawHeaders } from './raw-headers.ts';
import type { NamedRequest } from './samples.ts';
import { NO_TIMINGS, type Spent } from './timings.ts';
import type { Timings } from './types.ts';

interface Ended {
  readonly plan: Plan;
  readonly method: string;
  readonly href: string;
  readonly authority: string;
  readonly status: number;
  readonly errorCode: number;
  readonly startedAt: number;
  readonly timings: Timings;
  /** Fills `to` with the same and returns it. */
  readonly spent: (to: Spent) => Timings;
  /** Name and value in turn, as they went out. */
  readonly sentHeaders: Plan['headers'];
  readonly body: Buffer | undefined;
  /** The script's own stream in place of `body`. */
  readonly sendsStream: boolean;
  readonly rawHeaders: RawHeaders;
  readonly responseBody: Buffer;
  readonly proto: string;
  readonly tls: TlsFacts | undefined;
  readonly remoteIp: string;
  readonly remotePort: number;
}

/** Of the request that is being booked; one is enough for a thread. */
const spent: Spent = { ...NO_TIMINGS };

export function reportResponse(host: VuHost, named: NamedRequest, ended: Ended, socket: MeteredSocket): void {
  const { plan, status } = ended;
  const timings = ended.spent(spent);
  const verdict = plan.judge?.(status, responseText(ended.responseBody, ended.rawHeaders), ended.rawHeaders);
  const errorCode = verdict?.code ?? ended.errorCode;
  const within = plan.expected === null ? undefined : plan.expected.includes(status);
  const expected = verdict === undefined ? within : false;
  const outcome = named.outcome(status, errorCode, expected, ended.proto, ended.tls?.version || undefined);
  outcome.book(ended.href, timings);
  socket.meter(outcome.sent, outcome.received);
  let problem = '';
  if (expected === false) {
    problem = verdict === undefined ? unexpectedStatus(status) : verdict.message;
    host.errors.count(named.label, errorCode, problem);
  }
  const { traces } = host;
  if (traces?.wants(timings.duration, problem !== '') === true) {
    const received = { headers: ended.rawHeaders, body: receivedBody(ended) };
    keep(host, traces, named, ended, { error: problem, errorCode, received });
  }
}

/** A request without a response counts, but enters no time: it would be the time limit's, not the system's. */
export function reportFailure(
  host: VuHost,
  named: NamedRequest,
  failure: Failure,
  ended: Ended,
  socket: MeteredSocket | undefined,
): void {
  const outcome = named.outcome(0, failure.code, ended.plan.expected === null ? undefined : false);
  outcome.book(ended.href, undefined);
  socket?.meter(outcome.sent, outcome.received);
  host.errors.count(named.label, failure.code, failure.message);
  const { traces } = host;
  if (traces?.wants(-1, true) === true) {
    keep(host, traces, named, ended, {
      error: failure.message,
      errorCode: failure.code,
      received: undefined,
    });
  }
}

export function unexpectedStatus(status: number): string {
  const phrase = STATUS_CODES[status];
  return `unexpected status ${status}${phrase === undefined ? '' : ` ${phrase}`}`;
}

function receivedBody({ plan, responseBody }: Ended): Buffer | 'streamed' | 'discarded' {
  if (plan.responseType === 'none') return 'discarded';
  // A stream that is not for the script (a redirect's) was gathered like any other body.
  return plan.responseType === 'stream' && responseBody.length === 0 ? 'streamed' : responseBody;
}

function keep(
  host: VuHost,
  traces: TraceSink,
  named: NamedRequest,
  ended: Ended,
  end: Pick<CapturedParts, 'error' | 'errorCode' | 'received'>,
): void {
  const { method, href: url, authority, status, proto, startedAt, timings, sentHeaders, body } = ended;
  traces.keep(
    new CapturedRequest(host, traces.bodyLimit, {
      method,
      url,
      authority,
      status,
      proto,
      startedAt,
      timings,
      remote: ended.remoteIp === '' ? '' : `${ended.remoteIp}:${ended.remotePort}`,
      tags: named.tags,
      sent: { headers: sentHeaders, body: ended.sendsStream ? 'streamed' : body },
      ...end,
    }),
  );
}
