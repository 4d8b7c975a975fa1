/** W3C Trace Context (level 1): `traceparent: 00-<trace id>-<parent id>-<flags>`. */

import { randomFillSync } from 'node:crypto';
import type { TraceIds } from './types.ts';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/;

/** Random bytes are drawn for many ids at once: a system call each would cost more than the rest of the header. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  const hex = pool.toString('hex', used - bytes, used);
  // All zeros means "none" in the standard.
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
}

/** Ids of a new request; of an attempt of the same trace where one is given. The flag says "sampled". */
export function newTrace(traceId: string = randomHex(16)): TraceIds {
  const spanId = randomHex(8);
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** Ids of a header that the script wrote itself; undefined where it is none. */
export function readTrace(traceparent: string): TraceIds | undefined {
  const match = TRACEPARENT.exec(traceparent);
  return match === null
    ? undefined
    : { traceId: match[1] as string, spanId: match[2] as string, traceparent };
}
