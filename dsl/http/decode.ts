/** From the bytes of a body to text: content encodings and charsets. */

import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { zstdDecompressSync } from './compress.ts';
import { CODE, FailureError } from './error-codes.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';

/** Guards the generator's memory against a small body that unfolds to a huge one. */
const MAX_DECODED_BYTES = 268_435_456;

/** Undoes `content-encoding`, the last one first. Throws FailureError 1701 for broken data and unknown encodings. */
export function decompress(body: Buffer, encodings: string): Buffer {
  let bytes = body;
  for (const encoding of encodings.toLowerCase().split(',').reverse()) {
    bytes = undo(bytes, encoding.trim());
  }
  return bytes;
}

/** `deflate` is named after the zlib format, sent raw by some servers; zlib's first byte has 8 in its low half. */
export function isZlib(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0x0f) === 8;
}

function undo(bytes: Buffer, encoding: string): Buffer {
  const limit = { maxOutputLength: MAX_DECODED_BYTES };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, limit);
      case 'br':
        return brotliDecompressSync(bytes, limit);
      case 'deflate':
        return isZlib(bytes) ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit);
      case 'zstd':
        if (zstdDecompressSync === undefined) throw new Error(`Node ${process.version} has no zstd`);
        return zstdDecompressSync(bytes, limit);
      default:
        throw new Error('unknown encoding');
    }
  } catch (error) {
    throw new FailureError({
      code: CODE.decompression,
      message: `the body cannot be decompressed (${encoding}: ${(error as Error).message})`,
    });
  }
}

/** Undefined for UTF-8. */
function charsetOf(contentType: string | undefined): string | undefined {
  const charset =
    contentType === undefined ? undefined : /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset) ? undefined : charset;
}

/** The last head seen and its charset: heads that are equal are one object, and the next mostly is. */
let lastHeaders: RawHeaders | undefined;
let lastCharset: string | undefined;

/** Text of a response's body, by the charset of its content type; UTF-8 where there is none or an unknown one. */
export function responseText(body: Buffer, headers: RawHeaders): string {
  if (headers !== lastHeaders) {
    lastCharset = charsetOf(rawValue(headers, 'content-type'));
    lastHeaders = headers;
  }
  return decode(body, lastCharset);
}

export function bodyText(bytes: Buffer, contentType: string | undefined): string {
  return decode(bytes, charsetOf(contentType));
}

function decode(bytes: Buffer, charset: string | undefined): string {
  if (charset === undefined) return bytes.toString();
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString();
  }
}
