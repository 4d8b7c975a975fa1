/**
 * URLs, split once. `new URL` costs more than the rest of a request's preparation, so the plain shape
 *
 *     http[s]://host[:port][/path][?query]
 *
 * (lower-case name or dotted quad; printable ASCII without quotes, brackets, fragment, dot segments) is split by hand, everything else by URL, and what was seen is kept per thread.
 */

/** What requests to one scheme, host and port have in common. */
export interface Origin {
  /** `http://host` or `https://host:8443`; the default port is left out. */
  readonly href: string;
  readonly secure: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** As the Host header has it. */
  readonly authority: string;
}

export interface Target {
  readonly origin: Origin;
  /** Path with query, as it goes on the request line. */
  readonly path: string;
  /** The URL as requested, without user, password and fragment. */
  readonly href: string;
  /** Default of the `name` tag: the URL as written, without user, password and fragment. */
  readonly name: string;
  /** Value of the Authorization header that user and password of the URL ask for. */
  readonly authorization: string | undefined;
}

/** A URL with a name that is the same for all values of its placeholders. */
export class NamedUrl {
  readonly url: string;
  readonly name: string;

  constructor(url: string, name: string) {
    this.url = url;
    this.name = name;
  }

  toString(): string {
    return this.url;
  }
}

/** `` http.url`http://x/${id}` ``: values go into the URL as they are, into the name as `${}`. */
export function urlTemplate(strings: TemplateStringsArray, ...values: readonly unknown[]): NamedUrl {
  let url = strings[0] ?? '';
  let name = url;
  for (let i = 0; i < values.length; i++) {
    const text = strings[i + 1] ?? '';
    url += String(values[i]) + text;
    name += `\${}${text}`;
  }
  return new NamedUrl(url, name);
}

/** The URL has the right scheme but cannot be parsed; a matter of data, so it becomes a failed request. */
export class InvalidUrlError extends Error {
  override readonly name = 'InvalidUrlError';
}

/** Distinct URLs kept per thread; a script with more (ids in paths) pays for the split, not with memory. */
const CACHE_LIMIT = 4096;
const targets = new Map<string, Target>();
const origins = new Map<string, Origin>();

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** A last label that begins with a letter is no number, so the host is a name; other numeric spellings are URL's. */
const HOST = `(?:[a-z0-9-]+\\.)*[a-z][a-z0-9-]*|${BYTE}(?:\\.${BYTE}){3}`;
const PLAIN = new RegExp(
  `^(https?)://(${HOST})(?::(\\d{1,5}))?(/[\\w!$%&'()*+,.:;=@/~-]*(?:\\?[\\w!$%&()*+,.:;=@/?~-]*)?)?$`,
);
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

function originOf(secure: boolean, host: string, port: number): Origin {
  const standard = port === (secure ? 443 : 80);
  const authority = standard ? host : `${host}:${port}`;
  const href = `${secure ? 'https' : 'http'}://${authority}`;
  let origin = origins.get(href);
  if (origin === undefined) {
    if (origins.size >= CACHE_LIMIT) origins.clear();
    origin = { href, secure, host: host[0] === '[' ? host.slice(1, -1) : host, port, authority };
    origins.set(href, origin);
  }
  return origin;
}

function splitPlain(text: string): Target | undefined {
  const match = PLAIN.exec(text);
  if (match === null) return undefined;
  if ((match[2] as string).includes('xn--') || DOT_SEGMENT.test(text)) return undefined;
  const secure = match[1] === 'https';
  const port = match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]);
  if (port > 65_535 || port === 0) return undefined;
  const path = match[4] ?? '/';
  const origin = originOf(secure, match[2] as string, port);
  return {
    origin,
    path,
    href: match[3] === undefined && match[4] !== undefined ? text : origin.href + path,
    name: text,
    authorization: undefined,
  };
}

function splitAny(text: string): Target {
  if (!/^https?:\/\//i.test(text)) throw notAbsolute(text);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidUrlError(`the URL ${quote(text)} cannot be parsed`);
  }
  if (url.hostname === '' || url.port === '0')
    throw new InvalidUrlError(`the URL ${quote(text)} has no host or port`);
  const secure = url.protocol === 'https:';
  const origin = originOf(secure, url.hostname, url.port === '' ? (secure ? 443 : 80) : Number(url.port));
  const path = url.pathname + url.search;
  return {
    origin,
    path,
    href: origin.href + path,
    name: withoutUserInfo(text),
    authorization: url.username === '' && url.password === '' ? undefined : basic(url.username, url.password),
  };
}

/** The URL as it was written, less what must not become a tag. */
export function withoutUserInfo(text: string): string {
  const clean = text.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');
  const fragment = clean.indexOf('#');
  return fragment === -1 ? clean : clean.slice(0, fragment);
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${unescapeText(user)}:${unescapeText(password)}`).toString('base64')}`;
}

function unescapeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function notAbsolute(text: string): TypeError {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) {
    const hint = /^wss?$/i.test(scheme) ? "; for WebSockets use 'ws'" : '';
    return new TypeError(
      `http cannot request ${quote(text)}: the scheme is ${scheme}, not http or https${hint}`,
    );
  }
  if (text === '') return new TypeError('http was given an empty URL');
  return new TypeError(
    `http cannot request ${quote(text)}: the URL is not absolute; start it with http:// or https://` +
      (/^undefined\b/.test(text) ? ' (it begins with "undefined": is an environment variable missing?)' : ''),
  );
}

function quote(text: string): string {
  const shown = withoutUserInfo(text);
  return JSON.stringify(shown.length > 200 ? `${shown.slice(0, 200)}…` : shown);
}

/** Of the last call: comparing two texts costs less than finding one among many. */
let lastText = '';
let lastTarget: Target | undefined;

/** Splits a URL. Throws TypeError where it is not absolute or not http, InvalidUrlError where it cannot be parsed. */
export function parseTarget(text: string): Target {
  if (lastTarget !== undefined && text === lastText) return lastTarget;
  let target = targets.get(text);
  if (target === undefined) {
    target = splitPlain(text) ?? splitAny(text);
    if (targets.size >= CACHE_LIMIT) targets.clear();
    targets.set(text, target);
  }
  lastText = text;
  lastTarget = target;
  return target;
}
