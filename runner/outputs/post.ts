/**
 * Posting to a receiver over HTTP: what went wrong in words, and whether sending again can do no harm.
 *
 *     no connection                        not taken: may be sent again
 *     429, 502, 503, 504                   not taken: may be sent again, after `Retry-After`
 *     connection lost, time over           nobody knows: lost, unless `repeatable`
 *     any other 5xx                        nobody knows: lost, unless `repeatable`
 *     any other status but 2xx             refused: lost
 */

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { failureOf } from '../../dsl/failure.ts';
import { RetryableError } from './output.ts';

/** Of a body that is an error's reason or a short receipt; more is not read. */
const MOST_ANSWER_BYTES = 64 * 1024;
const LONGEST_REASON = 300;

/** The kernel or the resolver said so before anything was sent. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export interface Posting {
  readonly url: URL;
  /** Without those of the compression. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly gzip: boolean;
  readonly signal: AbortSignal;
  /** Taking it twice is the same as taking it once. */
  readonly repeatable?: boolean;
}

export interface PostAnswer {
  readonly status: number;
  /** Lower case, without parameters; empty where there is none. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The receiver refuses what it is sent: the same again would fare no better. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  readonly body: string;

  constructor(message: string, status: number, body: string) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

const compress = promisify(gzip);
const decoder = new TextDecoder();

/** Seconds, or a date. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** The start of a body; the rest is left, whatever its length. */
async function readStart(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return new Uint8Array(0);
  for await (const part of response.body) {
    parts.push(part);
    length += part.length;
    if (length >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(parts);
}

/** What a body says about an error: the message of a JSON object, else its text in one line. */
function messageIn(body: string): string {
  let text = body;
  try {
    const { error, message } = (JSON.parse(body) ?? {}) as { error?: unknown; message?: unknown };
    const told = [message, error].find((one) => typeof one === 'string' && one !== '');
    if (told !== undefined) text = told as string;
  } catch {
    if (/^\s*</.test(body)) return '';
  }
  const line = text.replace(/\s+/g, ' ').trim();
  // Not what a text has that only looks like one.
  if (/[\p{Cc}\uFFFD]/u.test(line)) return '';
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}

function described(response: Response, body: string): string {
  const said = messageIn(body);
  return `it answered ${response.status}${said === '' ? '' : `: ${said}`}`;
}

/** `fetch` says no more than that it failed; its cause tells why. */
function connectionReason(cause: unknown, code: unknown): string {
  if (typeof code === 'string' && code.startsWith('HPE_')) return 'its answer is no HTTP';
  if (code === 'UND_ERR_SOCKET') return 'it closed the connection without an answer';
  return failureOf(cause).message;
}

function connectionError(error: unknown, { signal, repeatable }: Posting): Error {
  const cause = (error as Error).cause ?? error;
  const { code, errors } = cause as { code?: unknown; errors?: readonly { code?: unknown }[] };
  const system = code ?? errors?.[0]?.code;
  const reason = signal.aborted ? (signal.reason as Error).message : connectionReason(cause, system);
  const again = repeatable === true || (typeof system === 'string' && NOT_CONNECTED.has(system));
  return again ? new RetryableError(reason, { cause: error }) : new Error(reason, { cause: error });
}

/** Resolves with an answer of 2xx. Rejects with a RetryableError, a RefusedError or another Error: see above. */
export async function post(posting: Posting): Promise<PostAnswer> {
  const { url, signal, repeatable } = posting;
  const body = posting.gzip ? await compress(posting.body) : posting.body;
  let response: Response;
  let answer: Uint8Array;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...posting.headers, ...(posting.gzip ? { 'content-encoding': 'gzip' } : {}) },
      body: body as Uint8Array<ArrayBuffer> | string,
      redirect: 'manual',
      signal,
    });
    answer = await readStart(response);
  } catch (error) {
    throw connectionError(error, posting);
  }
  const { status } = response;
  if (response.ok) {
    const contentType = (response.headers.get('content-type') ?? '').split(';', 1)[0] as string;
    return { status, contentType: contentType.trim().toLowerCase(), body: answer };
  }
  const text = decoder.decode(answer);
  const reason = described(response, text);
  if ([429, 502, 503, 504].includes(status)) {
    throw new RetryableError(reason, { afterMs: retryAfterMs(response.headers.get('retry-after')) });
  }
  if (status >= 500 && repeatable) throw new RetryableError(reason);
  if (status >= 500) throw new Error(reason);
  throw new RefusedError(reason, status, text);
}
