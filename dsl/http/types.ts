/** What scripts see of HTTP: requests, their parameters, responses. Types only. */

import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Duration } from '../duration.ts';
import type { Selection } from '../html/selection.ts';
import type { TlsVersion } from '../network.ts';
import type { CookieJar } from './cookie-jar.ts';
import type { ExpectedStatuses, StatusRange } from './expected-statuses.ts';
import type { FileContent, FileData } from './multipart.ts';
import type { NamedUrl } from './url.ts';

export type HeaderValue = string | number | boolean | readonly (string | number)[];

type Scalar = string | number | boolean | null | undefined;

/** A URL; `http.url` gives one whose name groups the requests that differ in a value only. */
export type RequestUrl = string | URL | NamedUrl;

export type FormValue = Scalar | FileData | readonly Scalar[];

/**
 * What a request carries. A plain object is sent as an HTML form (`application/x-www-form-urlencoded`, or
 * `multipart/form-data` if a value is an `http.file`); for JSON give `params.json`, or a string. A string or bytes go
 * as they are, streams and async iterables while they are read.
 */
export type RequestBody =
  | string
  | Uint8Array
  | ArrayBuffer
  | URLSearchParams
  | FormData
  | Blob
  | Readable
  | ReadableStream
  | AsyncIterable<string | Uint8Array>
  | Readonly<Record<string, FormValue>>
  | null;

/** `text`: a string (default). `bytes`: a Uint8Array. `binary`: an ArrayBuffer. `none`: read, counted, not kept. `stream`: read by the script while it comes. */
export type ResponseType = 'text' | 'bytes' | 'binary' | 'none' | 'stream';

/** How often a call is tried again, after which ends, and when. */
export interface Retry {
  /** Most attempts after the first. */
  readonly times: number;
  /**
   * Statuses (below 1000), ranges of them, and error codes (from 1000). Default 429, 502, 503, 504 and every request
   * without a response; a POST or PATCH without a response only where it never left (codes 1100 to 1212).
   */
  readonly on?: readonly (number | StatusRange)[];
  /**
   * Wait before the first retry, doubled before each further one, at most 30s; or a function of the number of the
   * retry (from 1). A number is milliseconds. A `Retry-After` header that asks for more counts, up to 30s. Default 100ms.
   */
  readonly backoff?: Duration | ((retry: number) => Duration);
}

/** Identifiers of a request in distributed tracing, as lower-case hex. */
export interface TraceIds {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits; the `parent-id` that the system sees. */
  readonly spanId: string;
  readonly traceparent: string;
}

/** A response that led to another URL. */
export interface Redirect {
  readonly status: number;
  readonly method: string;
  readonly url: string;
  /** Where it led, absolute. */
  readonly location: string;
  readonly timings: Timings;
}

/** Which form of a page, and what is filled in. */
export interface SubmitForm {
  /** The first match counts. Default `form`. */
  readonly formSelector?: string;
  /** In place of the form's own values; null leaves a field out. */
  readonly fields?: Readonly<Record<string, FormValue>>;
  /** The button that is pressed; its name and value are sent. Default `[type=submit]`. */
  readonly submitSelector?: string;
  readonly params?: RequestParams;
}

export interface ClickLink {
  /** The first match counts. Default `a[href]`. */
  readonly selector?: string;
  readonly params?: RequestParams;
}

/** TLS of one request. Connections that were made with other settings are not used for it. */
export interface TlsRequestParams {
  /** PEM; trusted beside the authorities that Node knows. */
  readonly ca?: string | readonly string[];
  /** The client's certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Of the key. */
  readonly password?: string;
  /** `'tls1.2'`: that one only. */
  readonly version?: TlsVersion | { readonly min?: TlsVersion; readonly max?: TlsVersion };
  /** By IANA's or OpenSSL's names. */
  readonly cipherSuites?: readonly string[];
  readonly insecureSkipTLSVerify?: boolean;
  /** In place of the URL's host, for SNI and the check of the certificate. */
  readonly serverName?: string;
}

export interface RequestParams<T extends ResponseType = ResponseType> {
  /** Names in any spelling; an array sends the header several times; undefined leaves it out. */
  readonly headers?: Readonly<Record<string, HeaderValue | null | undefined>>;
  /** Appended to the URL; an array repeats its key, undefined and null are left out. Not part of the `name` tag. */
  readonly query?: Readonly<Record<string, Scalar | readonly Scalar[]>> | URLSearchParams;
  /** Sent as JSON, with `content-type: application/json` unless the headers say otherwise. In place of a body. */
  readonly json?: unknown;
  /** Tags of this request's samples; `name` replaces the URL as the request's name. */
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  /** From the call to the last byte of the body, redirects included; a number is milliseconds, 0 no limit. Default 60s. */
  readonly timeout?: Duration;
  /** Most redirects to follow; 0 returns the redirect itself. Default `options.maxRedirects`. */
  readonly redirects?: number;
  /** Sent with this request, beside those of the jar; `replace` puts one in place of the jar's. */
  readonly cookies?: Readonly<
    Record<string, string | { readonly value: string; readonly replace?: boolean }>
  >;
  /** In place of the VU's own jar. `null`: no cookies are kept or sent. */
  readonly jar?: CookieJar | null;
  /** How user and password of the URL are sent. Default `'basic'`. `'digest'` asks for the challenge first (RFC 7616). */
  readonly auth?: 'basic' | 'digest';
  /** Tries again after certain ends; every attempt is a request of its own in the metrics. Default none. */
  readonly retry?: Retry | number;
  /** Ends the request when it aborts: code 1050 for `AbortSignal.timeout`, else 1000. */
  readonly signal?: AbortSignal;
  /** Sends a `traceparent` header (W3C Trace Context); its ids are in `response.trace`. Default false. */
  readonly traceContext?: boolean;
  readonly responseType?: T;
  /** Rejects with an `HttpError` when there is no response. Default `options.throw`. */
  readonly throw?: boolean;
  /** Statuses that do not count as failed. Default 200 to 399. `null`: the request counts neither way. */
  readonly expectedStatuses?:
    | ExpectedStatuses
    | number
    | StatusRange
    | readonly (number | StatusRange)[]
    | null;
  /** k6's name of `expectedStatuses`. */
  readonly responseCallback?: ExpectedStatuses | null;
  /** Compresses the body: `'gzip'`, `'deflate'`, `'br'`, `'zstd'` (where Node has it), or several by commas. */
  readonly compression?: string;
  /** As the option `http2`, for this request. */
  readonly http2?: boolean | 'auto';
  /** As the option `proxy`, for this request; null or false: none. */
  readonly proxy?: string | false | null;
  /** In place of the options, for this request. */
  readonly tls?: TlsRequestParams;
}

/** Parts of a request's time in milliseconds. `duration` is exactly `sending + waiting + receiving`. */
export interface Timings {
  /** Before sending, without the three that follow: waiting for a connection, and for the event loop. */
  readonly blocked: number;
  /** Name resolution; 0 on a connection that was open already, as the next two. */
  readonly looking_up: number;
  readonly connecting: number;
  readonly tls_handshaking: number;
  /** From the first byte written to the last one handed to the network. */
  readonly sending: number;
  /** From there to the first byte of the response. */
  readonly waiting: number;
  readonly receiving: number;
  readonly duration: number;
}

/** A cookie that the response sets. */
export interface ResponseCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  /** Seconds; 0 where the server gave none. */
  readonly maxAge: number;
  /** Milliseconds since 1970; 0 where the server gave none. */
  readonly expires: number;
  /** k6's spelling of `httpOnly` and `maxAge`. */
  readonly http_only: boolean;
  readonly max_age: number;
}

/** The request as it was sent last (after redirects). */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type BodyOf<T extends ResponseType> = T extends 'text'
  ? string
  : T extends 'bytes'
    ? Uint8Array
    : T extends 'binary'
      ? ArrayBuffer
      : T extends 'stream'
        ? Readable
        : null;

/** A finished exchange. Everything is there at once; bodies and headers are decoded when they are read. */
export interface Response<T extends ResponseType = 'text'> {
  /** 0: there was no whole response; `error` says why. */
  readonly status: number;
  readonly statusText: string;
  /** k6's `status_text`: `"200 OK"`. */
  readonly status_text: string;
  /** Lower-case names; reading works in any spelling (`headers['Content-Type']`). Repeated ones are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  header(name: string): string | undefined;
  /** The cookies that this response sets, by name. */
  readonly cookies: Readonly<Record<string, readonly ResponseCookie[]>>;
  /** Empty where there is none. */
  readonly body: BodyOf<T>;
  /** Length of the body in bytes (after decompression). */
  readonly size: number;
  readonly bytes: Uint8Array;
  /**
   * The parsed body, or the part at a dotted path: `items.0.id`, `items.#` (length), `items.#.id` (of each). Undefined
   * where the path leads nowhere. A path that starts with `$` is a JSONPath (RFC 9535): `$.items[0].id` gives the value
   * or undefined, a query that may match several (`$..id`, `$.items[?@.price<10]`) a list. Throws a SyntaxError where
   * the body is not JSON or the JSONPath is none.
   */
  json<J = unknown>(path?: string): J;
  /** The parsed page, or what a CSS selector finds in it. Throws a SyntaxError where there is no body. */
  html(selector?: string): Selection;
  /**
   * Submits a form of this page as a browser would: method, URL, encoding and values are the form's. Rejects where the
   * page has no such form.
   */
  submitForm(form?: SubmitForm): Promise<Response>;
  /** Requests where a link of this page leads. Rejects where the page has no such link. */
  clickLink(link?: ClickLink): Promise<Response>;
  /** Responses that came before this one, first to last. */
  readonly redirects: readonly Redirect[];
  /** Attempts that came before this one (`params.retry`). */
  readonly retries: number;
  /** With `traceContext`, or a `traceparent` header of the script's. */
  readonly trace: TraceIds | undefined;
  readonly timings: Timings;
  /** Of the last request, after redirects. */
  readonly url: string;
  readonly request: SentRequest;
  readonly proto: string;
  readonly remote_ip: string;
  readonly remote_port: number;
  /** `'tls1.3'`; empty without TLS. */
  readonly tls_version: string;
  /** IANA's name, such as `'TLS_AES_128_GCM_SHA256'`; empty without TLS. */
  readonly tls_cipher_suite: string;
  /** Empty unless there was no response. */
  readonly error: string;
  /** k6's number of the kind of failure; 1000 + status for 4xx and 5xx; 0 for none. */
  readonly errorCode: number;
  readonly error_code: number;
}

/** One entry of `http.batch`: a URL to get, `[method, url, body?, params?]`, or an object. */
export type BatchEntry =
  | RequestUrl
  | readonly [method: string, url: RequestUrl, body?: RequestBody, params?: RequestParams]
  | {
      /** Default GET. */
      readonly method?: string;
      readonly url: RequestUrl;
      readonly body?: RequestBody;
      readonly params?: RequestParams;
    };

export type Send = <T extends ResponseType = 'text'>(
  url: RequestUrl,
  params?: RequestParams<T>,
) => Promise<Response<T>>;

export type SendBody = <T extends ResponseType = 'text'>(
  url: RequestUrl,
  body?: RequestBody,
  params?: RequestParams<T>,
) => Promise<Response<T>>;

export interface Batch {
  (requests: readonly BatchEntry[]): Promise<Response[]>;
  <K extends string>(requests: Readonly<Record<K, BatchEntry>>): Promise<Record<K, Response>>;
}

/** Gives requests of somebody else's code their `name`. */
export type RequestNamer = (request: { readonly method: string; readonly url: URL }) => string;

/** A request before it is sent; hooks may change all of it. */
export interface HookRequest {
  method: string;
  url: RequestUrl;
  body: RequestBody | undefined;
  headers: Record<string, HeaderValue | null | undefined>;
  /** Of the client and the call together; `headers` counts in place of those in here. */
  params: RequestParams;
}

export interface ClientHooks {
  readonly beforeRequest?: Hook<[request: HookRequest], void>;
  /** May return another response in its place. */
  // biome-ignore lint/suspicious/noConfusingVoidType: functions that give nothing are what most hooks are
  readonly afterResponse?: Hook<[response: Response, request: HookRequest], Response | undefined | void>;
}

/** One function or several in order, waited for. */
type Hook<A extends readonly unknown[], R> =
  | ((...args: A) => R | Promise<R>)
  | readonly ((...args: A) => R | Promise<R>)[];

/** Defaults of a client. */
export interface ClientOptions {
  /** In front of URLs that are not absolute. */
  readonly baseUrl?: string | URL;
  readonly headers?: RequestParams['headers'];
  /** Any other defaults. */
  readonly params?: RequestParams;
  readonly hooks?: ClientHooks;
  /** Names requests that have no `tags.name`, also those of `fetch` and of agents. Default: the URL, there without query. */
  readonly name?: RequestNamer;
}

export interface FetchInit extends RequestInit {
  /** What `fetch` has no word for: tags, timeout, expectedStatuses and others. */
  readonly params?: Omit<RequestParams, 'json' | 'responseType' | 'throw' | 'signal'>;
}

export type Fetch = (
  input: string | URL | globalThis.Request | NamedUrl,
  init?: FetchInit,
) => Promise<globalThis.Response>;

/** Agents for clients over `node:http`; under two names each, as clients differ. */
export interface NodeAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/**
 * HTTP requests. Each settles when the body has arrived, or with `status` 0 and an `error` when it cannot; only
 * mistakes in the call itself (no URL, an unknown parameter) throw a TypeError, and `throw: true` makes failures
 * throw. The functions need no `this`.
 */
export interface Http {
  readonly get: Send;
  readonly head: Send;
  readonly post: SendBody;
  readonly put: SendBody;
  readonly patch: SendBody;
  readonly del: SendBody;
  readonly options: SendBody;
  /** Any other method, or one that is only known at run time. */
  readonly request: <T extends ResponseType = 'text'>(
    method: string,
    url: RequestUrl,
    body?: RequestBody,
    params?: RequestParams<T>,
  ) => Promise<Response<T>>;
  /** Requests side by side, at most `options.batch` at once and `options.batchPerHost` to one host; results in order. */
  readonly batch: Batch;
  /** The same verbs with defaults, over the same connections and cookies. */
  readonly client: (options: ClientOptions) => Http;
  /** The WHATWG `fetch` over this VU's connections, measured; for clients that take a `fetch`. */
  readonly fetch: Fetch;
  /** Agents that measure what goes over them; for clients over `node:http`: `axios.create(http.agents())`. */
  readonly agents: () => NodeAgents;
  /** Measures everything inside of `fn` that uses the global `fetch` or `node:http`, in any package. */
  readonly instrument: <T>(fn: () => T) => T;
  /** A URL whose `name` tag keeps the placeholders: `` http.url`${base}/items/${id}` `` is named `${}/items/${}`. */
  readonly url: (strings: TemplateStringsArray, ...values: readonly unknown[]) => NamedUrl;
  /**
   * A part of a multipart form; a stream is read while it is sent, once. `filename` defaults to `file`, the type to
   * `application/octet-stream`.
   */
  readonly file: (data: FileContent, filename?: string, contentType?: string) => FileData;
  readonly expectedStatuses: (...statuses: readonly (number | StatusRange)[]) => ExpectedStatuses;
  /** Default `expectedStatuses` of this VU's requests from now on; null: they count neither way. */
  readonly setResponseCallback: (expected: ExpectedStatuses | null) => void;
  /** This VU's cookies. */
  readonly cookieJar: () => CookieJar;
  /** Makes a jar of its own, for `params.jar`. */
  readonly CookieJar: new () => CookieJar;
}
