/** From what a script writes into `params` to what an exchange needs. Mistakes are TypeErrors that name the key. */

import { type Duration, parseDuration } from '../duration.ts';
import { type Algorithm, readCompression } from './compress.ts';
import { CookieJar } from './cookie-jar.ts';
import { DEFAULT_EXPECTED, ExpectedStatuses } from './expected-statuses.ts';
import { JUDGE, type Judge } from './judge.ts';
import { nearest } from './nearest.ts';
import { type RetryPlan, readRetry } from './retry.ts';
import type { Transport } from './transport.ts';
import { readTransport } from './transport-params.ts';
import type { RequestParams, ResponseType } from './types.ts';

export const DEFAULT_TIMEOUT_MS = 60_000;
/** Node's timers take no more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** How a request is to be made; one shared object for all requests of a VU that give no params. */
export interface Plan {
  readonly timeoutMs: number;
  readonly redirects: number;
  readonly expected: ExpectedStatuses | null;
  readonly throws: boolean;
  readonly responseType: ResponseType;
  /** undefined: the VU's own. */
  readonly jar: CookieJar | null | undefined;
  readonly cookies: RequestParams['cookies'];
  /** Name and value in turn, as connections take them; the user agent is there unless the script gave its own. */
  readonly headers: readonly (string | string[])[];
  readonly contentType: string | undefined;
  readonly hasAuthorization: boolean;
  readonly query: string;
  readonly json: unknown;
  readonly hasJson: boolean;
  readonly tags: RequestParams['tags'];
  /** undefined: as the options say. */
  readonly transport: Transport | undefined;
  /** Of the request's body, in this order. */
  readonly compression: readonly Algorithm[];
  /** Of a protocol over HTTP; scripts give none. */
  readonly judge: Judge | undefined;
  readonly digest: boolean;
  readonly retry: RetryPlan | undefined;
  readonly traceContext: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface Defaults {
  readonly redirects: number;
  readonly throws: boolean;
  readonly responseType: ResponseType;
  readonly userAgent: string;
  readonly traceContext: boolean;
  readonly transport: () => Transport;
  readonly expected: ExpectedStatuses | null;
}

const KEYS = [
  'headers',
  'query',
  'json',
  'tags',
  'timeout',
  'redirects',
  'cookies',
  'jar',
  'auth',
  'responseType',
  'throw',
  'expectedStatuses',
  'responseCallback',
  'compression',
  'http2',
  'proxy',
  'tls',
  'retry',
  'traceContext',
  'signal',
] as const satisfies readonly (keyof RequestParams)[];

const RESPONSE_TYPES: readonly unknown[] = ['text', 'bytes', 'binary', 'none', 'stream'];

/** The headers of requests that name none: one object for all VUs, so that what is derived from it is derived once. */
let agent = '';
let ofAgent: Plan['headers'] = [];

function agentHeaders(userAgent: string): Plan['headers'] {
  if (userAgent !== agent) {
    agent = userAgent;
    ofAgent = userAgent === '' ? [] : ['user-agent', userAgent];
  }
  return ofAgent;
}

export function defaultPlan(defaults: Defaults): Plan {
  return {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    redirects: defaults.redirects,
    expected: defaults.expected,
    throws: defaults.throws,
    responseType: defaults.responseType,
    jar: undefined,
    cookies: undefined,
    headers: agentHeaders(defaults.userAgent),
    contentType: undefined,
    hasAuthorization: false,
    query: '',
    json: undefined,
    hasJson: false,
    tags: undefined,
    transport: undefined,
    compression: [],
    judge: undefined,
    digest: false,
    retry: undefined,
    traceContext: defaults.traceContext,
    signal: undefined,
  };
}

function wrong(key: string, value: unknown, allowed: string): TypeError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new TypeError(`http params.${key}: ${shown} is not ${allowed}`);
}

export function readParams(params: unknown, base: Plan, defaults: Defaults): Plan {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new TypeError(
      `http params: an object was expected, not ${JSON.stringify(params) ?? typeof params}`,
    );
  }
  const given = params as RequestParams;
  for (const key in params) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    const near = nearest(key, KEYS);
    throw new TypeError(
      `http params: there is no ${JSON.stringify(key)}${near === undefined ? '' : `; did you mean ${near}?`} ` +
        `(known: ${KEYS.join(', ')})`,
    );
  }
  const { headers, query, tags, timeout, redirects, cookies, jar, auth, responseType } = given;
  if (redirects !== undefined && !(Number.isInteger(redirects) && redirects >= 0)) {
    throw wrong('redirects', redirects, 'a whole number from 0');
  }
  if (auth !== undefined && auth !== 'basic' && auth !== 'digest')
    throw wrong('auth', auth, "'basic' or 'digest'");
  if (responseType !== undefined && !RESPONSE_TYPES.includes(responseType)) {
    throw wrong('responseType', responseType, "'text', 'bytes', 'binary', 'none' or 'stream'");
  }
  if (jar !== undefined && jar !== null && !(jar instanceof CookieJar)) {
    throw wrong('jar', typeof jar, 'a CookieJar (make one with new http.CookieJar())');
  }
  for (const [key, value] of [
    ['headers', headers],
    ['query', query],
    ['tags', tags],
    ['cookies', cookies],
  ] as const) {
    if (value !== undefined && (typeof value !== 'object' || value === null))
      throw wrong(key, value, 'an object');
  }
  const plan = headers === undefined ? base : { ...base, ...readHeaders(headers, defaults.userAgent) };
  return {
    ...plan,
    timeoutMs: timeout === undefined ? base.timeoutMs : readTimeout(timeout),
    redirects: redirects ?? base.redirects,
    expected: readExpected(given, base.expected),
    throws: given.throw ?? base.throws,
    responseType: responseType ?? base.responseType,
    jar,
    cookies,
    query: query === undefined ? '' : readQuery(query),
    json: given.json,
    hasJson: given.json !== undefined,
    tags,
    transport: readTransport(given, base.transport, defaults.transport),
    compression: given.compression === undefined ? base.compression : readCompression(given.compression),
    judge: (params as { [JUDGE]?: Judge })[JUDGE],
    digest: auth === 'digest',
    retry: given.retry === undefined ? base.retry : readRetry(given.retry),
    traceContext: given.traceContext ?? base.traceContext,
    signal: readSignal(given.signal),
  };
}

function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (!(signal instanceof AbortSignal)) throw wrong('signal', typeof signal, 'an AbortSignal');
  return signal;
}

function readTimeout(timeout: Duration): number {
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : timeout;
  if (typeof ms !== 'number' || !(ms >= 0))
    throw wrong('timeout', timeout, "a duration such as '5s' or 500 (ms)");
  return Math.min(ms, MAX_TIMEOUT_MS);
}

function readExpected(params: RequestParams, base: ExpectedStatuses | null): ExpectedStatuses | null {
  const given = params.expectedStatuses === undefined ? params.responseCallback : params.expectedStatuses;
  if (given === undefined) return base;
  if (given === null || given instanceof ExpectedStatuses) return given;
  return new ExpectedStatuses(Array.isArray(given) ? given : [given]);
}

function readQuery(query: NonNullable<RequestParams['query']>): string {
  if (query instanceof URLSearchParams) return query.toString();
  const text = new URLSearchParams();
  for (const [key, value] of Object.entries(query as Record<string, unknown>)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item === undefined || item === null) continue;
      if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') {
        throw new TypeError(`http params.query: ${key} is ${typeof item}, not a text, number or boolean`);
      }
      text.append(key, String(item));
    }
  }
  return text.toString();
}

type HeaderFields = Pick<Plan, 'headers' | 'contentType' | 'hasAuthorization'>;

function readHeaders(given: NonNullable<RequestParams['headers']>, userAgent: string): HeaderFields {
  const headers: (string | string[])[] = [];
  let contentType: string | undefined;
  let hasAuthorization = false;
  let hasUserAgent = userAgent === '';
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) throw wrong(`headers[${name}]`, value, 'a text');
    const text = Array.isArray(value) ? value.map(String) : String(value);
    switch (name.toLowerCase()) {
      case 'content-length':
        // The length of what is sent is known better here; a wrong one would break the connection.
        continue;
      case 'content-type':
        contentType = String(text);
        break;
      case 'authorization':
        hasAuthorization = true;
        break;
      case 'user-agent':
        hasUserAgent = true;
        break;
      default:
    }
    headers.push(name, text);
  }
  if (!hasUserAgent) headers.push('user-agent', userAgent);
  return { headers, contentType, hasAuthorization };
}

export { DEFAULT_EXPECTED };
