/**
 * Bucket counts in the HDR V2 compressed interchange form (`HISTFAAA…` in base64), straight from and to pairs of
 * (bucket, count), without a histogram object of 350 kB for each. All numbers are big-endian.
 *
 *     compressed := cookie 0x1c849314 int32 | bytes that follow int32 | zlib( plain )
 *     plain      := cookie 0x1c849313 int32 | bytes of payload int32 | normalizing offset 0 int32 | digits int32
 *                 | lowest value 1 int64 | highest value int64 | ratio 1.0 float64 | payload
 *     payload    := ZigZag LEB128 numbers, from bucket 0 on: a count above 0, or -n for n empty buckets
 */

import { deflateSync, inflateSync } from 'node:zlib';
import { BruntError, EXIT } from '../../dsl/errors.ts';

const COOKIE = 0x1c84_9313;
const COMPRESSED_COOKIE = 0x1c84_9314;
const HEADER_BYTES = 40;
/** A number of 53 bits takes 8 bytes of 7 bits. */
const MOST_BYTES = 8;
/** More than all buckets of 3 digits with 8 bytes each; what inflates to more than this is no histogram of ours. */
const MOST_INFLATED = 1 << 20;
/** Bytes of a histogram of some hundred buckets. */
const MOST_STORED = 512;
const HIGHEST = BigInt(Number.MAX_SAFE_INTEGER);

export interface HdrBuckets {
  readonly digits: number;
  /** Pairs of bucket and count, by rising bucket. */
  readonly buckets: Uint32Array | Float64Array;
}

function broken(problem: string, cause?: unknown): BruntError {
  return new BruntError(`a saved histogram cannot be read: ${problem}`, {
    code: 'BAD_RESULT',
    exitCode: EXIT.badConfig,
    cause,
  });
}

/** Writes `value`, a whole number from 0 to 2^54, at `at`; returns where it ends. */
function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest >= 128) {
    bytes[end++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[end++] = rest;
  return end;
}

/**
 * In zlib's form (RFC 1950). What is short is stored in one block as it is: a second of one request's times does not get
 * smaller by deflating it, and setting that up costs the main thread more than all the rest of a report.
 *
 *     stored := 78 01 | 01 | length u16 | ~length u16 | bytes | adler32 u32 big-endian       (lengths little-endian)
 */
function zlibBytes(plain: Buffer): Buffer {
  if (plain.length > MOST_STORED) return deflateSync(plain);
  const packed = Buffer.allocUnsafe(plain.length + 11);
  packed.writeUInt16BE(0x7801, 0);
  packed[2] = 1;
  packed.writeUInt16LE(plain.length, 3);
  packed.writeUInt16LE(~plain.length & 0xffff, 5);
  plain.copy(packed, 7);
  packed.writeUInt32BE(adler32(plain), packed.length - 4);
  return packed;
}

function adler32(bytes: Buffer): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; i++) {
    a = (a + (bytes[i] as number)) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** Pairs of bucket and count, in any order of buckets. */
export function encodeBuckets(digits: number, buckets: Uint32Array | Float64Array): string {
  const pairs: (readonly [bucket: number, count: number])[] = [];
  for (let i = 0; i < buckets.length; i += 2) pairs.push([buckets[i] as number, buckets[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const plain = Buffer.alloc(HEADER_BYTES + pairs.length * 2 * MOST_BYTES);
  let at = HEADER_BYTES;
  let next = 0;
  for (const [bucket, count] of pairs) {
    if (count === 0) continue;
    // ZigZag: n is 2n, -n is 2n - 1.
    if (bucket > next) at = putVarint(plain, at, 2 * (bucket - next) - 1);
    at = putVarint(plain, at, 2 * count);
    next = bucket + 1;
  }
  plain.writeInt32BE(COOKIE, 0);
  plain.writeInt32BE(at - HEADER_BYTES, 4);
  plain.writeInt32BE(0, 8);
  plain.writeInt32BE(digits, 12);
  plain.writeBigInt64BE(1n, 16);
  plain.writeBigInt64BE(HIGHEST, 24);
  plain.writeDoubleBE(1, 32);
  const packed = zlibBytes(plain.subarray(0, at));
  const head = Buffer.alloc(8);
  head.writeInt32BE(COMPRESSED_COOKIE, 0);
  head.writeInt32BE(packed.length, 4);
  return Buffer.concat([head, packed]).toString('base64');
}

/** Throws a BruntError (exit 104) for text that is no histogram of this form or not a whole one. */
export function decodeBuckets(text: string): HdrBuckets {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < 8 || bytes.readInt32BE(0) !== COMPRESSED_COOKIE) throw broken('it is not HDR V2');
  let plain: Buffer;
  try {
    plain = inflateSync(bytes.subarray(8, 8 + bytes.readInt32BE(4)), { maxOutputLength: MOST_INFLATED });
  } catch (error) {
    throw broken('its compressed part is damaged', error);
  }
  if (plain.length < HEADER_BYTES || plain.readInt32BE(0) !== COOKIE) throw broken('it is not HDR V2');
  const end = HEADER_BYTES + plain.readInt32BE(4);
  if (end > plain.length) throw broken('it ends too early');
  const pairs: number[] = [];
  let most = 0;
  let bucket = 0;
  for (let at = HEADER_BYTES; at < end; ) {
    let value = 0;
    let factor = 1;
    let byte: number;
    do {
      if (at >= end) throw broken('it ends within a number');
      byte = plain[at++] as number;
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte >= 128);
    if (value % 2 === 1) bucket += (value + 1) / 2;
    else {
      const count = value / 2;
      if (count > 0) pairs.push(bucket, count);
      most = Math.max(most, count);
      bucket++;
    }
  }
  const buckets = most > 0xffff_ffff ? Float64Array.from(pairs) : Uint32Array.from(pairs);
  return { digits: plain.readInt32BE(12), buckets };
}
