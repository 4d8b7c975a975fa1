/**
 * `multipart/form-data` (RFC 7578): one part per field, files with name and type. One block of bytes, or, where a file
 * is a stream, a stream of them all.
 */

import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { bodySource } from './body-stream.ts';

/** What a file may be made of; a stream is read while it is sent. */
export type FileContent =
  | string
  | Uint8Array
  | ArrayBuffer
  | Readable
  | ReadableStream
  | AsyncIterable<string | Uint8Array>;

/** A file in a form; made by `http.file`. */
export class FileData {
  readonly data: Uint8Array | Readable;
  readonly filename: string;
  readonly contentType: string;

  constructor(data: FileContent, filename = 'file', contentType = 'application/octet-stream') {
    const source = bodySource(data);
    if (source !== undefined) this.data = source;
    else if (typeof data === 'string') this.data = Buffer.from(data);
    else if (data instanceof Uint8Array) this.data = data;
    else if (data instanceof ArrayBuffer) this.data = new Uint8Array(data);
    else
      throw new TypeError('http.file: the data must be a string, a Uint8Array, an ArrayBuffer or a stream');
    this.filename = filename;
    this.contentType = contentType;
  }

  /** k6's name. */
  get content_type(): string {
    return this.contentType;
  }
}

/** Quotes and line ends inside a name, written as browsers write them. */
function escapeName(name: string): string {
  return name.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22');
}

export interface EncodedBody {
  readonly bytes: Buffer;
  /** In place of `bytes`. */
  readonly stream?: Readable;
  readonly contentType: string | undefined;
}

async function* inTurn(parts: readonly (Uint8Array | Readable)[]): AsyncGenerator<Uint8Array | string> {
  for (const part of parts) {
    if (part instanceof Readable) yield* part as AsyncIterable<Uint8Array | string>;
    else yield part;
  }
}

/** The parts as one stream; whatever ends it ends the files that were not read. */
function streamOf(parts: readonly (Uint8Array | Readable)[]): Readable {
  const files = parts.filter((part) => part instanceof Readable);
  // One that breaks before its turn is heard of when it is read.
  for (const file of files) file.on('error', ignore);
  return Readable.from(inTurn(parts), { objectMode: false }).once('close', () => {
    for (const file of files) file.destroy();
  });
}

function ignore(): void {}

export function encodeMultipart(fields: Iterable<readonly [string, string | FileData]>): EncodedBody {
  const boundary = `----brunt${randomBytes(12).toString('hex')}`;
  const parts: (Uint8Array | Readable)[] = [];
  for (const [name, value] of fields) {
    let head = `--${boundary}\r\ncontent-disposition: form-data; name="${escapeName(name)}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${head}\r\n\r\n${value}\r\n`));
    } else {
      head += `; filename="${escapeName(value.filename)}"\r\ncontent-type: ${value.contentType.replace(/[\r\n]/g, '')}`;
      parts.push(Buffer.from(`${head}\r\n\r\n`), value.data, Buffer.from('\r\n'));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const contentType = `multipart/form-data; boundary=${boundary}`;
  const bytes = parts.filter((part): part is Uint8Array => !(part instanceof Readable));
  if (bytes.length === parts.length) return { bytes: Buffer.concat(bytes), contentType };
  return { bytes: Buffer.alloc(0), stream: streamOf(parts), contentType };
}
