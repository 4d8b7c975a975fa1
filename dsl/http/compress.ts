/**
 * Compression of request bodies: `params.compression`, one algorithm or several by commas, the first applied first
 * (as `content-encoding` lists them). Bytes are compressed at once, streams as they flow.
 */

import { type Duplex, pipeline, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';

export const ALGORITHMS = ['gzip', 'deflate', 'br', 'zstd'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/** Node has zstd from 22.15 on; its types here are those of the oldest Node that Brunt runs on. */
interface WithZstd {
  readonly zstdCompressSync?: (bytes: Buffer) => Buffer;
  readonly createZstdCompress?: () => Duplex;
  readonly zstdDecompressSync?: (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer;
  readonly createZstdDecompress?: () => Duplex;
}

const withZstd = zlib as unknown as WithZstd;

export const { zstdDecompressSync, createZstdDecompress } = withZstd;

/** Reads `params.compression`. Throws TypeError for what is unknown, or not in this Node. */
export function readCompression(given: unknown): readonly Algorithm[] {
  const names = typeof given === 'string' ? given.split(',').map((name) => name.trim().toLowerCase()) : [];
  const known = names.filter((name): name is Algorithm => (ALGORITHMS as readonly string[]).includes(name));
  if (known.length === 0 || known.length < names.length) {
    const shown = typeof given === 'string' ? JSON.stringify(given) : String(given);
    throw new TypeError(
      `http params.compression: ${shown} is not 'gzip', 'deflate', 'br' or 'zstd', or several by commas`,
    );
  }
  if (known.includes('zstd') && withZstd.zstdCompressSync === undefined) {
    throw new TypeError(
      `http params.compression: this Node (${process.version}) has no zstd; 22.15 and later have`,
    );
  }
  return known;
}

function compressOnce(bytes: Buffer, algorithm: Algorithm): Buffer {
  switch (algorithm) {
    case 'gzip':
      return zlib.gzipSync(bytes);
    case 'deflate':
      return zlib.deflateSync(bytes);
    case 'br':
      return zlib.brotliCompressSync(bytes, BROTLI);
    case 'zstd':
      return (withZstd.zstdCompressSync as (bytes: Buffer) => Buffer)(bytes);
  }
}

/** Brotli's default is its strongest, meant for files that are compressed once: 50 times slower than gzip's. */
const BROTLI = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };

export function compressBytes(bytes: Buffer, algorithms: readonly Algorithm[]): Buffer {
  return algorithms.reduce(compressOnce, bytes);
}

function compressor(algorithm: Algorithm): Duplex {
  switch (algorithm) {
    case 'gzip':
      return zlib.createGzip();
    case 'deflate':
      return zlib.createDeflate();
    case 'br':
      return zlib.createBrotliCompress(BROTLI);
    case 'zstd':
      return (withZstd.createZstdCompress as () => Duplex)();
  }
}

/** An error of the source is passed on to what is returned. */
export function compressStream(source: Readable, algorithms: readonly Algorithm[]): Readable {
  let stream: Readable = source;
  for (const algorithm of algorithms) stream = pipeline(stream, compressor(algorithm), ignore);
  return stream;
}

function ignore(): void {}
