/** The response that scripts get. It holds bytes; text, headers, cookies and JSON are made when they are read. */

import { STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import { formRequest, linkTarget } from '../html/form.ts';
import { parseHtml, type Selection } from '../html/selection.ts';
import type { TlsFacts } from './connection.ts';
import { responseText } from './decode.ts';
import { valueAt } from './json-path.ts';
import type { Plan } from './params.ts';
import { type ParsedHeaders, parseHeaders, type RawHeaders, rawValue, rawValues } from './raw-headers.ts';
import type { SendAny } from './session.ts';
import type {
  BodyOf,
  ClickLink,
  Redirect,
  Response,
  ResponseCookie,
  ResponseType,
  SentRequest,
  SubmitForm,
  Timings,
  TraceIds,
} from './types.ts';

/** What a response tells of the call around its exchange. */
export interface About {
  /** Attempts that came before this one. */
  readonly retries: number;
  readonly trace: TraceIds | undefined;
}

/** A finished exchange, as far as its response needs it. */
export interface Finished {
  readonly plan: Plan;
  readonly method: string;
  readonly href: string;
  readonly headers: readonly (string | string[])[];
  readonly body: Buffer | undefined;
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: RawHeaders;
  readonly responseBody: Buffer;
  readonly timings: Timings;
  readonly error: string;
  readonly errorCode: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly proto: string;
  /** Undefined where the last request was plain. */
  readonly tls: TlsFacts | undefined;
  /** Of `responseType: 'stream'`. */
  readonly stream: Readable | undefined;
  /** Undefined where there were none. */
  readonly redirects: readonly Redirect[] | undefined;
  readonly about: About | undefined;
  /** Sends what the response leads to. */
  readonly send: SendAny;
}

/** Longest part of a body that an error message shows. */
const EXCERPT = 80;

export class HttpResponse implements Response<ResponseType> {
  readonly status: number;
  readonly error: string;
  readonly errorCode: number;
  readonly #of: Finished;
  #headers: ParsedHeaders | undefined;
  #text: string | undefined;
  #json: { readonly value: unknown } | undefined;
  #html: Selection | undefined;

  constructor(of: Finished) {
    this.#of = of;
    this.status = of.status;
    this.error = of.error;
    this.errorCode = of.errorCode;
  }

  get statusText(): string {
    const { status, statusText } = this.#of;
    return statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
  }

  get status_text(): string {
    return this.status === 0 ? '' : `${this.status} ${this.statusText}`.trimEnd();
  }

  get error_code(): number {
    return this.errorCode;
  }

  get headers(): ParsedHeaders {
    this.#headers ??= parseHeaders(this.#of.rawHeaders);
    return this.#headers;
  }

  header(name: string): string | undefined {
    return this.headers[name.toLowerCase()];
  }

  get cookies(): Record<string, ResponseCookie[]> {
    const cookies: Record<string, ResponseCookie[]> = {};
    for (const text of rawValues(this.#of.rawHeaders, 'set-cookie')) {
      const cookie = readCookie(text);
      if (cookie === undefined) continue;
      const same = cookies[cookie.name];
      if (same === undefined) cookies[cookie.name] = [cookie];
      else same.push(cookie);
    }
    return cookies;
  }

  get body(): BodyOf<ResponseType> {
    const { responseType } = this.#of.plan;
    if (responseType === 'text') return this.#asText();
    if (responseType === 'bytes') return this.bytes;
    if (responseType === 'none') return null;
    if (responseType === 'stream') return this.#of.stream ?? Readable.from([]);
    const { buffer, byteOffset, byteLength } = this.#of.responseBody;
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }

  get size(): number {
    return this.#of.responseBody.length;
  }

  get bytes(): Uint8Array {
    return this.#of.responseBody;
  }

  json<J = unknown>(path?: string): J {
    this.#json ??= { value: this.#parse() };
    const { value } = this.#json;
    return (path === undefined ? value : valueAt(value, path)) as J;
  }

  html(selector?: string): Selection {
    this.#html ??= parseHtml(this.#readableText('HTML'));
    return selector === undefined ? this.#html : this.#html.find(selector);
  }

  async submitForm(form: SubmitForm = {}): Promise<Response> {
    const { method, url, body } = formRequest(this.html(), this.#of.href, form);
    return this.#follow(method, url, body, form.params);
  }

  async clickLink(link: ClickLink = {}): Promise<Response> {
    return this.#follow('GET', linkTarget(this.html(), this.#of.href, link), undefined, link.params);
  }

  get redirects(): readonly Redirect[] {
    return this.#of.redirects ?? [];
  }

  get retries(): number {
    return this.#of.about?.retries ?? 0;
  }

  get trace(): TraceIds | undefined {
    return this.#of.about?.trace;
  }

  get timings(): Timings {
    return this.#of.timings;
  }

  get url(): string {
    return this.#of.href;
  }

  get request(): SentRequest {
    const headers: Record<string, string> = {};
    const sent = this.#of.headers;
    for (let i = 0; i + 1 < sent.length; i += 2) headers[String(sent[i]).toLowerCase()] = String(sent[i + 1]);
    return { method: this.#of.method, url: this.#of.href, headers, body: this.#of.body?.toString() ?? '' };
  }

  get proto(): string {
    return this.status === 0 ? '' : this.#of.proto;
  }

  get remote_ip(): string {
    return this.#of.remoteIp;
  }

  get remote_port(): number {
    return this.#of.remotePort;
  }

  get tls_version(): string {
    return this.#of.tls?.version ?? '';
  }

  get tls_cipher_suite(): string {
    return this.#of.tls?.cipherSuite ?? '';
  }

  /** @internal Values of the headers of one (lower-case) name. */
  headerValues(name: string): string[] {
    return rawValues(this.#of.rawHeaders, name);
  }

  /** @internal All headers in order, repeated ones apart. */
  headerPairs(): (readonly [string, string])[] {
    const raw = this.#of.rawHeaders;
    const pairs: (readonly [string, string])[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) {
      pairs.push([(raw[i] as Buffer).toString('latin1'), (raw[i + 1] as Buffer).toString('latin1')]);
    }
    return pairs;
  }

  /** @internal The body as it was sent last. */
  get sentBody(): Finished['body'] {
    return this.#of.body;
  }

  /** What `console.log` and `JSON.stringify` show. */
  toJSON(): Record<string, unknown> {
    const { method, href } = this.#of;
    const { status, error, errorCode, timings } = this;
    const body = this.#of.plan.responseType === 'text' ? this.#asText() : `${this.size} bytes`;
    const shown = {
      status,
      error,
      errorCode,
      method,
      url: href,
      headers: { ...this.headers },
      body,
      timings,
    };
    return shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON();
  }

  /** The type of the body follows from params, which are read at run time: nothing here can check it. */
  #follow(method: string, url: string, body: unknown, params: unknown): Promise<Response> {
    return this.#of.send(method, url, body, params) as unknown as Promise<Response>;
  }

  /** For messages. */
  get #label(): string {
    return `the response to ${this.#of.method} ${this.#of.href}`;
  }

  /** Throws SyntaxError where there is no body to read. */
  #readableText(kind: string): string {
    if (this.status === 0)
      throw new SyntaxError(`${this.#label} has no ${kind}: there was no response (${this.error})`);
    if (this.#of.plan.responseType === 'none') {
      throw new SyntaxError(
        `${this.#label} has no body to read: it was discarded (responseType none, or discardResponseBodies)`,
      );
    }
    return this.#asText();
  }

  #asText(): string {
    this.#text ??= responseText(this.#of.responseBody, this.#of.rawHeaders);
    return this.#text;
  }

  #parse(): unknown {
    const text = this.#readableText('JSON');
    try {
      return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
    } catch (cause) {
      const type = rawValue(this.#of.rawHeaders, 'content-type') ?? 'no content type';
      const excerpt = text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
      const shown = text === '' ? 'the body is empty' : `the body begins ${JSON.stringify(excerpt)}`;
      throw new SyntaxError(`${this.#label} is not JSON: status ${this.status}, ${type}, ${shown}`, {
        cause,
      });
    }
  }
}

/** One Set-Cookie header (RFC 6265, leniently); undefined where it has no name. */
function readCookie(text: string): ResponseCookie | undefined {
  const [pair = '', ...attributes] = text.split(';');
  const equals = pair.indexOf('=');
  if (equals < 1) return undefined;
  const found: Record<string, string> = {};
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const key = (at === -1 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    found[key] = at === -1 ? '' : attribute.slice(at + 1).trim();
  }
  const maxAge = Number(found['max-age'] ?? 0) || 0;
  const httpOnly = found.httponly !== undefined;
  return {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    domain: found.domain ?? '',
    path: found.path ?? '',
    httpOnly,
    secure: found.secure !== undefined,
    maxAge,
    expires: found.expires === undefined ? 0 : Date.parse(found.expires) || 0,
    http_only: httpOnly,
    max_age: maxAge,
  };
}
