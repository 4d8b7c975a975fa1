/** From what a script writes into the params of `sse.connect` to what a stream needs. */

import { encodeBody, encodeJson } from '../http/body.ts';
import { CookieJar } from '../http/cookie-jar.ts';
import type { EncodedBody } from '../http/multipart.ts';
import { readHeaderRecord, readMs, readObject, readWhole, type Tags, wrongParam } from '../params.ts';
import type { SseParams } from './types.ts';

export const VERB = 'sse.connect';
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_BUFFER = 1000;
const DEFAULT_MAX_EVENT = 16 * 1024 * 1024;
const DEFAULT_DELAY_MS = 1000;
const DEFAULT_TRIES = 5;

const KEYS = [
  'method',
  'body',
  'json',
  'headers',
  'tags',
  'name',
  'timeout',
  'idleTimeout',
  'buffer',
  'maxEvent',
  'reconnect',
  'lastEventId',
  'jar',
  'keep',
] as const satisfies readonly (keyof SseParams)[];

/** How a stream is to be opened and kept. */
export interface SsePlan {
  readonly method: string;
  readonly body: Buffer | undefined;
  /** Name and value in turn, without `Last-Event-ID` and cookies. */
  readonly headers: readonly (string | string[])[];
  readonly hasAuthorization: boolean;
  readonly tags: Tags | undefined;
  readonly name: string | undefined;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly buffer: number;
  readonly maxEvent: number;
  readonly reconnect: { readonly delayMs: number; readonly max: number } | undefined;
  readonly lastEventId: string;
  /** undefined: the VU's own. */
  readonly jar: CookieJar | null | undefined;
  readonly keep: boolean;
}

function readReconnect(given: SseParams['reconnect']): SsePlan['reconnect'] {
  if (given === undefined || given === false) return undefined;
  if (given === true) return { delayMs: DEFAULT_DELAY_MS, max: DEFAULT_TRIES };
  if (typeof given !== 'object' || given === null)
    throw wrongParam(VERB, 'reconnect', given, 'true, false or { delay, max }');
  return {
    delayMs: readMs(VERB, 'reconnect.delay', given.delay, DEFAULT_DELAY_MS),
    max: readWhole(VERB, 'reconnect.max', given.max, DEFAULT_TRIES, 1),
  };
}

function readMethod(method: unknown, hasBody: boolean): string {
  if (method === undefined) return hasBody ? 'POST' : 'GET';
  if (typeof method !== 'string' || !/^[A-Za-z]+$/.test(method))
    throw wrongParam(VERB, 'method', method, "a method such as 'POST'");
  return method.toUpperCase();
}

/** Throws TypeError for what no stream can be opened with. A promise only where the body has to be read first. */
export async function readSseParams(params: unknown, userAgent: string): Promise<SsePlan> {
  const given = readObject<SseParams>(VERB, params, KEYS);
  const { jar, tags, name, body, json, lastEventId } = given;
  if (jar !== undefined && jar !== null && !(jar instanceof CookieJar))
    throw wrongParam(VERB, 'jar', typeof jar, 'a CookieJar (make one with new http.CookieJar())');
  if (tags !== undefined && (typeof tags !== 'object' || tags === null))
    throw wrongParam(VERB, 'tags', tags, 'an object');
  if (name !== undefined && typeof name !== 'string') throw wrongParam(VERB, 'name', name, 'a text');
  if (body !== undefined && body !== null && json !== undefined)
    throw new TypeError(`${VERB}: give either params.body or params.json, not both`);
  const record = readHeaderRecord(VERB, given.headers);
  const written = new Map(Object.keys(record).map((key) => [key.toLowerCase(), key]));
  const contentType = written.get('content-type');
  const encoded: EncodedBody | undefined =
    json !== undefined
      ? encodeJson(json)
      : await encodeBody(body, contentType === undefined ? undefined : String(record[contentType]));
  const headers: (string | string[])[] = [];
  for (const [key, value] of Object.entries(record)) {
    // The length of what is sent is known better here.
    if (key.toLowerCase() !== 'content-length') headers.push(key, value);
  }
  if (!written.has('accept')) headers.push('accept', 'text/event-stream');
  if (!written.has('cache-control')) headers.push('cache-control', 'no-store');
  if (!written.has('user-agent') && userAgent !== '') headers.push('user-agent', userAgent);
  if (encoded?.contentType !== undefined && contentType === undefined)
    headers.push('content-type', encoded.contentType);
  return {
    method: readMethod(given.method, encoded !== undefined),
    body: encoded?.bytes,
    headers,
    hasAuthorization: written.has('authorization'),
    tags,
    name,
    timeoutMs: readMs(VERB, 'timeout', given.timeout, DEFAULT_TIMEOUT_MS),
    idleTimeoutMs: readMs(VERB, 'idleTimeout', given.idleTimeout, 0),
    buffer: readWhole(VERB, 'buffer', given.buffer, DEFAULT_BUFFER, 1),
    maxEvent: readWhole(VERB, 'maxEvent', given.maxEvent, DEFAULT_MAX_EVENT, 1),
    reconnect: readReconnect(given.reconnect),
    lastEventId: lastEventId === undefined ? '' : String(lastEventId),
    jar,
    keep: given.keep === true,
  };
}
