/** A finished request, held for `--trace-slowest`, and the trace that is made of it: bounded, without secrets. */

import { isUtf8 } from 'node:buffer';
import type { FinishedRequest, TagSet, VuHost } from '../host.ts';
import type { BodyOmission, RequestTrace, TracedBody, TracedHeaders } from '../request-trace.ts';
import { bodyText, decompress } from './decode.ts';
import { isSecretName, Masker } from './mask.ts';
import type { Timings } from './types.ts';

const LONGEST_VALUE = 8192;
const MOST_HEADERS = 200;
/** Of variables: `API_TOKEN=yes` says nothing, and would make a mask of every "yes". */
const LEAST_SECRET = 8;
/** A compressed body is held whole, as a part of it cannot be read. */
const LONGEST_COMPRESSED = 1_048_576;

/** Name and value in turn, as the connections have them; a list stands for several headers of one name. */
type Pairs = readonly (string | Buffer | readonly string[])[];

/** What was sent, or came: undefined where it had no body, a reason where it is not there. */
type Content = Buffer | BodyOmission | undefined;

export interface CapturedParts {
  readonly method: string;
  readonly url: string;
  readonly authority: string;
  readonly status: number;
  readonly proto: string;
  /** Why it counts as failed; empty where it does not. */
  readonly error: string;
  readonly errorCode: number;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly timings: Timings;
  readonly remote: string;
  /** With name and method. */
  readonly tags: TagSet;
  readonly sent: { readonly headers: Pairs; readonly body: Content };
  readonly received: { readonly headers: Pairs; readonly body: Content } | undefined;
}

/** Values of variables that look like secrets, by the environment that VUs share. */
const secretsOf = new WeakMap<object, readonly string[]>();

function knownSecrets(env: VuHost['env']): readonly string[] {
  let secrets = secretsOf.get(env);
  if (secrets === undefined) {
    secrets = Object.entries(env).flatMap(([name, value]) =>
      isSecretName(name) && value.length >= LEAST_SECRET ? [value] : [],
    );
    secretsOf.set(env, secrets);
  }
  return secrets;
}

function listOf(pairs: Pairs): readonly (readonly [name: string, value: string])[] {
  const list: (readonly [string, string])[] = [];
  const textOf = (value: unknown): string =>
    Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
  for (let i = 0; i + 1 < pairs.length && list.length < MOST_HEADERS; i += 2) {
    const value = pairs[i + 1];
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      list.push([textOf(pairs[i]), textOf(one)]);
    }
  }
  return list;
}

function headerOf(headers: TracedHeaders, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** The longest beginning of at most `limit` bytes that does not end within a character. */
function beginning(bytes: Buffer, limit: number): Buffer {
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > limit - 4 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function isText(bytes: Buffer, contentType: string | undefined): boolean {
  if (/charset\s*=\s*"?(?!utf-?8)/i.test(contentType ?? ''))
    return /^\s*(?:text|application)\//i.test(contentType ?? '');
  return isUtf8(bytes) && !bytes.includes(0);
}

/** So much that the rest can go: a slice would keep the memory of all. */
function held(body: Content, limit: number): Content {
  if (!Buffer.isBuffer(body) || body.length <= limit) return body;
  return Buffer.from(body.subarray(0, limit + 1));
}

export class CapturedRequest implements FinishedRequest {
  readonly durationMs: number;
  readonly failed: boolean;
  readonly group: string;
  /** Without the bodies, which are held in part. */
  readonly #parts: Omit<CapturedParts, 'sent' | 'received'>;
  readonly #sentPairs: Pairs;
  /** Undefined where there was no response. */
  readonly #receivedPairs: Pairs | undefined;
  readonly #sentBody: Content;
  readonly #receivedBody: Content;
  readonly #sizes: { readonly sent: number; readonly received: number };
  readonly #limit: number;
  readonly #atMs: number;
  readonly #env: VuHost['env'];
  readonly #vu: { readonly id: number; readonly iteration: number; readonly scenario: string };

  constructor(host: VuHost, limit: number, parts: CapturedParts) {
    const { sent, received, ...rest } = parts;
    const { tags, timings, error, startedAt } = rest;
    this.durationMs = received === undefined ? -1 : timings.duration;
    this.failed = error !== '';
    this.group = tags.get('group') ?? '';
    this.#parts = rest;
    this.#sentPairs = sent.headers;
    this.#receivedPairs = received?.headers;
    this.#limit = limit;
    this.#atMs = Math.max(0, host.elapsedMs() - (performance.now() - startedAt));
    this.#env = host.env;
    const { id, iteration, scenario } = host.context;
    this.#vu = { id, iteration, scenario };
    const sizeOf = (body: Content): number => (Buffer.isBuffer(body) ? body.length : 0);
    this.#sizes = { sent: sizeOf(sent.body), received: sizeOf(received?.body) };
    const encoded = headerOf(listOf(sent.headers), 'content-encoding') !== undefined;
    this.#sentBody = held(sent.body, encoded ? LONGEST_COMPRESSED : limit);
    this.#receivedBody = held(received?.body, limit);
  }

  trace(): RequestTrace {
    const { method, url, status, proto, errorCode, timings, tags } = this.#parts;
    const masker = new Masker(knownSecrets(this.#env));
    const sentList = this.#sentHeaders();
    const receivedList = listOf(this.#receivedPairs ?? []);
    // First what tells secrets by their names, then what may hold the same values.
    const shownUrl = masker.url(url);
    const sentHeaders = maskAll(masker, sentList);
    const receivedHeaders = maskAll(masker, receivedList);
    const sentBody = this.#sent(sentList, masker);
    const receivedBody = this.#body(
      this.#receivedBody,
      this.#sizes.received,
      headerOf(receivedList, 'content-type'),
      masker,
    );
    const all = (text: string): string => masker.everywhere(text);
    const everyHeader = (headers: TracedHeaders): TracedHeaders =>
      headers.map(([name, value]) => [name, cut(all(value))] as const);
    const others: Record<string, string> = {};
    for (const [key, value] of tags.entries()) {
      if (!/^(?:name|method|scenario|group|status|proto)$/.test(key)) {
        others[key] = isSecretName(key) ? '***' : cut(all(masker.url(value)));
      }
    }
    return {
      method,
      url: cut(all(shownUrl)),
      name: cut(all(masker.url(tags.get('name') ?? ''))),
      status,
      proto,
      error: cut(all(masker.url(this.#parts.error))),
      errorCode,
      atMs: this.#atMs,
      timings,
      scenario: this.#vu.scenario,
      group: this.group,
      vu: this.#vu.id,
      iteration: this.#vu.iteration,
      tags: others,
      remote: this.#parts.remote,
      request: { headers: everyHeader(sentHeaders), body: sealed(sentBody, masker) },
      response:
        this.#receivedPairs === undefined
          ? null
          : { headers: everyHeader(receivedHeaders), body: sealed(receivedBody, masker) },
    };
  }

  /** With what the connection adds. */
  #sentHeaders(): TracedHeaders {
    const headers = listOf(this.#sentPairs);
    const host = headerOf(headers, 'host') === undefined ? [['host', this.#parts.authority] as const] : [];
    const { sent } = this.#sizes;
    const length = sent > 0 ? [['content-length', String(sent)] as const] : [];
    return [...host, ...headers, ...length];
  }

  #sent(headers: TracedHeaders, masker: Masker): Draft | null {
    const type = headerOf(headers, 'content-type');
    const encoding = headerOf(headers, 'content-encoding');
    const body = this.#sentBody;
    if (encoding === undefined || !Buffer.isBuffer(body))
      return this.#body(body, this.#sizes.sent, type, masker);
    try {
      const whole = decompress(body, encoding);
      return this.#body(whole, whole.length, type, masker);
    } catch {
      return this.#body('encoded', this.#sizes.sent, type, masker);
    }
  }

  #body(body: Content, size: number, type: string | undefined, masker: Masker): Draft | null {
    if (body === undefined) return null;
    if (!Buffer.isBuffer(body)) return { size, bytes: undefined, text: '', truncated: false, omitted: body };
    if (body.length === 0) return null;
    const bytes = beginning(body, this.#limit);
    const truncated = bytes.length < size;
    return isText(bytes, type)
      ? { size, bytes: undefined, text: masker.body(bodyText(bytes, type)), truncated, omitted: undefined }
      : { size, bytes, text: '', truncated, omitted: undefined };
  }
}

/** A body between the two steps of masking. */
interface Draft {
  readonly size: number;
  /** Of what is no text. */
  readonly bytes: Buffer | undefined;
  readonly text: string;
  readonly truncated: boolean;
  readonly omitted: BodyOmission | undefined;
}

function maskAll(masker: Masker, headers: TracedHeaders): TracedHeaders {
  return headers.map(([name, value]) => [name, masker.header(name, value)] as const);
}

function sealed(draft: Draft | null, masker: Masker): TracedBody | null {
  if (draft === null) return null;
  const { size, bytes, text, truncated, omitted } = draft;
  if (omitted !== undefined) return { size, encoding: 'text', content: '', truncated, omitted };
  if (bytes === undefined) {
    return { size, encoding: 'text', content: masker.everywhere(text, truncated), truncated };
  }
  const masked = masker.everywhere(bytes.toString('latin1'), truncated);
  return { size, encoding: 'base64', content: Buffer.from(masked, 'latin1').toString('base64'), truncated };
}
