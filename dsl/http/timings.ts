/** From moments to phases. */

import type { DialTimes } from './dial.ts';
import type { Timings } from './types.ts';

export const NO_DIAL: DialTimes = { lookupMs: 0, connectMs: 0, tlsMs: 0 };

export const NO_TIMINGS: Timings = {
  blocked: 0,
  looking_up: 0,
  connecting: 0,
  tls_handshaking: 0,
  sending: 0,
  waiting: 0,
  receiving: 0,
  duration: 0,
};

/** Filled anew for each request. */
export type Spent = { -readonly [phase in keyof Timings]: Timings[phase] };

/**
 * Moments on one clock, 0 for those that never came: the call, the first byte written, the last one handed to the
 * network, the first byte of the response, the end. A phase that was not reached is 0 long, and the one before it
 * lasts to the end.
 */
export function timingsOf(
  startAt: number,
  dial: DialTimes,
  sendAt: number,
  sentAt: number,
  firstAt: number,
  endAt: number,
): Timings {
  return fillTimings({ ...NO_TIMINGS }, startAt, dial, sendAt, sentAt, firstAt, endAt);
}

/** The same into an object that is there. */
export function fillTimings(
  to: Spent,
  startAt: number,
  dial: DialTimes,
  sendAt: number,
  sentAt: number,
  firstAt: number,
  endAt: number,
): Spent {
  const send = sendAt === 0 ? endAt : sendAt;
  const first = firstAt === 0 ? endAt : firstAt;
  // An answer may begin before the request was sent whole: then nobody waited.
  const sent = sentAt === 0 || sentAt > first ? first : sentAt;
  const sending = sent - send;
  const waiting = first - sent;
  const receiving = endAt - first;
  to.blocked = Math.max(0, send - startAt - dial.lookupMs - dial.connectMs - dial.tlsMs);
  to.looking_up = dial.lookupMs;
  to.connecting = dial.connectMs;
  to.tls_handshaking = dial.tlsMs;
  to.sending = sending;
  to.waiting = waiting;
  to.receiving = receiving;
  to.duration = sending + waiting + receiving;
  return to;
}
