/**
 * The body of a response as a stream (`responseType: 'stream'`): bytes as they come, decompressed, never more of them
 * in memory than the stream's buffer. When the script reads slower than the server sends, the socket waits, and so does
 * the server.
 *
 *     socket (paused while the buffer is full) -> RawBody -> decompression -> what the script reads
 */

import { type Duplex, pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { AnyInflate } from './any-inflate.ts';
import { createZstdDecompress } from './compress.ts';
import { CODE, FailureError } from './error-codes.ts';

export interface RawBodyOwner {
  /** The script stopped reading before the end. */
  dropBody(): void;
  /** What came cannot be decompressed. */
  onBodyBroken(error: FailureError): void;
}

export class RawBody extends Readable {
  readonly #owner: RawBodyOwner;
  readonly #resume: () => void;

  constructor(owner: RawBodyOwner, resume: () => void) {
    super();
    this.#owner = owner;
    this.#resume = resume;
    // Whoever reads hears of errors; a stream that nobody reads must not end the thread.
    this.on('error', ignore);
  }

  override _read(): void {
    // The connection may still be inside the delivery of a chunk, and pause after it.
    queueMicrotask(this.#resume);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.readableEnded) this.#owner.dropBody();
    callback(error);
  }
}

function ignore(): void {}

function broken(encoding: string, reason: string): FailureError {
  const message = `the body cannot be decompressed (${encoding}: ${reason})`;
  return new FailureError({ code: CODE.decompression, message });
}

function decoder(encoding: string): Duplex | undefined {
  switch (encoding) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      return new AnyInflate();
    case 'zstd':
      if (createZstdDecompress !== undefined) return createZstdDecompress();
      throw broken(encoding, `Node ${process.version} has no zstd`);
    default:
      throw broken(encoding, 'unknown encoding');
  }
}

/** What the script reads. Throws FailureError 1701 for an unknown encoding. */
export function decodedBody(raw: RawBody, encodings: string, owner: RawBodyOwner): Readable {
  let stream: Readable = raw;
  for (const part of encodings.toLowerCase().split(',').reverse()) {
    const encoding = part.trim();
    const next = decoder(encoding);
    if (next === undefined) continue;
    next.on('error', (error: Error & { code?: string }) => {
      // Node's zlib has codes of its own: Z_DATA_ERROR, ERR_…; others came down the pipe.
      if (/^(?:Z_|ERR_(?!STREAM))/.test(error.code ?? ''))
        owner.onBodyBroken(broken(encoding, error.message));
    });
    stream = pipeline(stream, next, ignore);
    stream.on('error', ignore);
  }
  return stream;
}

/** A body of a request that is read while it is sent. */
export function bodySource(body: unknown): Readable | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if (body instanceof Readable) return body;
  if (body instanceof ReadableStream) return Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  if (body instanceof FormData || body instanceof URLSearchParams) return undefined;
  if (Symbol.asyncIterator in body)
    return Readable.from(body as AsyncIterable<unknown>, { objectMode: false });
  return undefined;
}
