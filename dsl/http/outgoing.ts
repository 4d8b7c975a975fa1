/** What goes out as a request's body, with the headers that follow from it. */

import type { Readable } from 'node:stream';
import { compressBytes, compressStream } from './compress.ts';
import type { EncodedBody } from './multipart.ts';
import type { Plan } from './params.ts';

export interface Outgoing {
  readonly headers: Plan['headers'];
  readonly body: Buffer | undefined;
  readonly source: Readable | undefined;
}

/** The last headers made for a content type: those of equal requests are the same object, which connections know again. */
let lastOf: Plan['headers'] | undefined;
let lastType = '';
let lastHeaders: Plan['headers'] = [];

function withType(headers: Plan['headers'], type: string): Plan['headers'] {
  if (headers === lastOf && type === lastType) return lastHeaders;
  lastHeaders = [...headers, 'content-type', type];
  lastOf = headers;
  lastType = type;
  return lastHeaders;
}

/** Throws TypeError where the plan asks for what a stream cannot do. */
export function checkSource(plan: Plan): void {
  if (plan.retry === undefined && !plan.digest) return;
  const what = plan.digest ? "auth: 'digest'" : 'retry';
  throw new TypeError(
    `http: a stream is sent only once, so ${what} cannot send it again; give a text or bytes`,
  );
}

export function outgoing(
  plan: Plan,
  encoded: EncodedBody | undefined,
  source: Readable | undefined,
): Outgoing {
  let { headers } = plan;
  if (encoded?.contentType !== undefined && plan.contentType === undefined) {
    headers = withType(headers, encoded.contentType);
  }
  let stream = source ?? encoded?.stream;
  let body = stream === undefined ? encoded?.bytes : undefined;
  const { compression } = plan;
  if (compression.length > 0 && (body !== undefined || stream !== undefined)) {
    if (plan.headers.some((name, i) => i % 2 === 0 && String(name).toLowerCase() === 'content-encoding')) {
      throw new TypeError('http: give either params.compression or a Content-Encoding header, not both');
    }
    headers = [...headers, 'content-encoding', compression.join(', ')];
    if (body !== undefined) body = compressBytes(body, compression);
    if (stream !== undefined) stream = compressStream(stream, compression);
  }
  return { headers, body, source: stream };
}
