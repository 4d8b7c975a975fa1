/** `multipart/form-data` (RFC 7578): one part per field, files with name and type, built as one block of bytes. */

import { randomBytes } from 'node:crypto';

/** A file in a form; made by `http.file`. */
export class FileData {
  readonly data: Uint8Array;
  readonly filename: string;
  readonly contentType: string;

  constructor(
    data: string | Uint8Array | ArrayBuffer,
    filename = 'file',
    contentType = 'application/octet-stream',
  ) {
    if (typeof data === 'string') this.data = Buffer.from(data);
    else if (data instanceof Uint8Array) this.data = data;
    else if (data instanceof ArrayBuffer) this.data = new Uint8Array(data);
    else throw new TypeError('http.file: the data must be a string, a Uint8Array or an ArrayBuffer');
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
  readonly contentType: string | undefined;
}

export function encodeMultipart(fields: Iterable<readonly [string, string | FileData]>): EncodedBody {
  const boundary = `----brunt${randomBytes(12).toString('hex')}`;
  const parts: Uint8Array[] = [];
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
  return { bytes: Buffer.concat(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}
