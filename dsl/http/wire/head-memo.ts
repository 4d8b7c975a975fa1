/**
 * Heads that were seen before. What a load generator gets is the same head again and again: for a second at least, as
 * the date in it has no finer grain. Comparing bytes costs a tenth of reading them and makes no objects.
 */

import type { ResponseHead } from './head.ts';

/** Places by how much arrived at a time, which tells the responses of a script apart. */
const PLACES = 32;
/** Longer ones are rare, and would be kept for nothing. */
const MAX_BYTES = 2048;

const seen = new Array<ResponseHead | undefined>(PLACES).fill(undefined);

/** The same head, if the bytes begin with one that was kept. */
export function recall(bytes: Buffer, start: number, end: number): ResponseHead | undefined {
  const head = seen[(end - start) % PLACES];
  if (head === undefined) return undefined;
  const length = head.bytes.length;
  if (length > end - start || bytes.compare(head.bytes, 0, length, start, start + length) !== 0)
    return undefined;
  return head;
}

/** `arrived`: how many bytes were there when it was read, head included. */
export function remember(head: ResponseHead, arrived: number): void {
  if (head.bytes.length <= MAX_BYTES) seen[arrived % PLACES] = head;
}
