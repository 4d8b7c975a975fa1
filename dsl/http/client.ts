/**
 * `http.client({…})`: the verbs with defaults. What a request says of itself wins:
 *
 *     headers, query, tags, cookies     merged by name (headers in any spelling)
 *     all other params                  the request's in place of the client's
 *     URL                               absolute ones as they are; others appended to baseUrl
 */

import type { Prepared } from './batch.ts';
import { nearest } from './nearest.ts';
import type { HttpResponse } from './response.ts';
import type { SendAny } from './session.ts';
import type {
  ClientHooks,
  ClientOptions,
  HookRequest,
  RequestNamer,
  RequestParams,
  RequestUrl,
} from './types.ts';
import { NamedUrl } from './url.ts';

/** What verbs are made over. */
export interface Sender {
  readonly send: SendAny;
  readonly prepare: (method: string, url: unknown, body: unknown, params: unknown) => Prepared;
  /** A URL as the client reads it: appended to its base. */
  readonly resolve: (url: string) => string;
  /** Of a client: names requests that have none. */
  readonly name: RequestNamer | undefined;
}

const KEYS = [
  'baseUrl',
  'headers',
  'params',
  'hooks',
  'name',
] as const satisfies readonly (keyof ClientOptions)[];
const HOOKS = ['beforeRequest', 'afterResponse'] as const satisfies readonly (keyof ClientHooks)[];

function known(what: string, given: object, keys: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    throw new TypeError(
      `${what}: there is no ${JSON.stringify(key)}${near === undefined ? '' : `; did you mean ${near}?`} (known: ${keys.join(', ')})`,
    );
  }
}

type Headers = NonNullable<RequestParams['headers']>;

function mergeHeaders(base: Headers | undefined, own: Headers | undefined): Headers | undefined {
  if (base === undefined || own === undefined) return own ?? base;
  const given = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const kept = Object.entries(base).filter(([name]) => !given.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...own };
}

type Query = NonNullable<RequestParams['query']>;

function mergeQuery(base: Query | undefined, own: Query | undefined): Query | undefined {
  if (base === undefined || own === undefined) return own ?? base;
  if (!(base instanceof URLSearchParams) && !(own instanceof URLSearchParams)) return { ...base, ...own };
  const all: Record<string, string[]> = {};
  for (const query of [base, own]) {
    const pairs = query instanceof URLSearchParams ? [...query] : pairsOf(query);
    for (const [key] of pairs) delete all[key];
    for (const [key, value] of pairs) {
      const same = all[key];
      if (same === undefined) all[key] = [value];
      else same.push(value);
    }
  }
  return all;
}

function pairsOf(query: Exclude<Query, URLSearchParams>): [string, string][] {
  return Object.entries(query).flatMap(([key, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== undefined && item !== null)
      .map((item): [string, string] => [key, String(item as string)]),
  );
}

function mergeParams(base: RequestParams, own: unknown): RequestParams {
  if (own === undefined || own === null) return base;
  // Left to the reader of params, which says what is wrong.
  if (typeof own !== 'object' || Array.isArray(own)) return own as RequestParams;
  const given = own as RequestParams;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(given)) if (value !== undefined) merged[key] = value;
  const headers = mergeHeaders(base.headers, given.headers);
  const query = mergeQuery(base.query, given.query);
  if (headers !== undefined) merged.headers = headers;
  if (query !== undefined) merged.query = query;
  if (base.tags !== undefined && given.tags !== undefined) merged.tags = { ...base.tags, ...given.tags };
  if (base.cookies !== undefined && given.cookies !== undefined)
    merged.cookies = { ...base.cookies, ...given.cookies };
  // Symbols too: protocols over HTTP give params of their own.
  for (const key of Object.getOwnPropertySymbols(given))
    Object.assign(merged, { [key]: Reflect.get(given, key) });
  return merged;
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\//i;

function joined(baseUrl: string, path: string): string {
  if (ABSOLUTE.test(path)) return path;
  if (path === '' || path.startsWith('?')) return baseUrl + path;
  return `${baseUrl.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

function resolver(baseUrl: string | undefined): (url: unknown) => unknown {
  if (baseUrl === undefined) return (url) => url;
  return (url) => {
    if (typeof url === 'string') return joined(baseUrl, url);
    if (url instanceof NamedUrl) return new NamedUrl(joined(baseUrl, url.url), joined(baseUrl, url.name));
    return url;
  };
}

function listOf<T>(hook: T | readonly T[] | undefined): readonly T[] {
  if (hook === undefined) return [];
  const list = Array.isArray(hook) ? (hook as readonly T[]) : [hook as T];
  for (const each of list)
    if (typeof each !== 'function') throw new TypeError('http.client: a hook is no function');
  return list;
}

/** A sender with the client's defaults over another one. Throws TypeError for options that are none. */
export function createClient(parent: Sender, options: ClientOptions): Sender {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('http.client: an object was expected');
  known('http.client', options, KEYS);
  const { hooks = {}, name = parent.name } = options;
  known('http.client hooks', hooks, HOOKS);
  const base: RequestParams = mergeParams(options.params ?? {}, { headers: options.headers });
  const baseUrl =
    options.baseUrl === undefined ? undefined : readBase(parent.resolve(String(options.baseUrl)));
  const resolve = resolver(baseUrl);
  const before = listOf(hooks.beforeRequest);
  const after = listOf(hooks.afterResponse);

  const read = (method: string, url: unknown, body: unknown, params: unknown): HookRequest => {
    const merged = mergeParams(base, params);
    return {
      method,
      url: resolve(url) as RequestUrl,
      body: body as HookRequest['body'],
      headers: { ...merged.headers },
      params: merged,
    };
  };
  const paramsOf = (request: HookRequest): RequestParams => ({
    ...named(request, name),
    headers: request.headers,
  });
  const hooked = async (request: HookRequest): Promise<HttpResponse> => {
    for (const hook of before) await hook(request);
    let response = await parent.send(request.method, request.url, request.body, paramsOf(request));
    for (const hook of after) {
      response = ((await hook(response as never, request)) as HttpResponse | undefined) ?? response;
    }
    return response;
  };
  const hasHooks = before.length + after.length > 0;
  return {
    name,
    resolve: (url) => parent.resolve(baseUrl === undefined ? url : joined(baseUrl, url)),
    send: (method, url, body, params) => {
      const request = read(method, url, body, params);
      if (hasHooks) return hooked(request);
      return parent.send(request.method, request.url, request.body, paramsOf(request));
    },
    prepare: (method, url, body, params) => {
      const request = read(method, url, body, params);
      const prepared = parent.prepare(request.method, request.url, request.body, paramsOf(request));
      return hasHooks ? { host: prepared.host, start: () => hooked(request) } : prepared;
    },
  };
}

function readBase(text: string): string {
  if (!/^https?:\/\//i.test(text))
    throw new TypeError(`http.client baseUrl: ${JSON.stringify(text)} is no absolute http or https URL`);
  return text;
}

/** The params with the `name` that the client gives; one of the request's own stays. */
function named({ method, url, params }: HookRequest, name: RequestNamer | undefined): RequestParams {
  if (name === undefined || url instanceof NamedUrl || params.tags?.name !== undefined) return params;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return params;
  }
  return { ...params, tags: { ...params.tags, name: name({ method, url: parsed }) } };
}
