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
  const send = sendAt === 0 ? endAt : sendAt;
  const first = firstAt === 0 ? endAt : firstAt;
  // An answer may begin before the request was sent whole: then nobody waited.
  const sent = sentAt === 0 || sentAt > first ? first : sentAt;
  const sending = sent - send;
  const waiting = first - sent;
  const receiving = endAt - first;
  return {
    blocked: Math.max(0, send - startAt - dial.lookupMs - dial.connectMs - dial.tlsMs),
    looking_up: dial.lookupMs,
    connecting: dial.connectMs,
    tls_handshaking: dial.tlsMs,
    sending,
    waiting,
    receiving,
    duration: sending + waiting + receiving,
  };
}
