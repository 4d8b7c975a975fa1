/** From what a script writes into the params of `ws.connect` to what a handshake and its socket need. */

import { CookieJar } from '../http/cookie-jar.ts';
import { NamedUrl, parseTarget, type Target, withoutUserInfo } from '../http/url.ts';
import { readHeaderRecord, readMs, readObject, readWhole, type Tags, wrongParam } from '../params.ts';
import type { WsParams } from './types.ts';

export const VERB = 'ws.connect';
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_BUFFER = 1000;
const DEFAULT_MAX_PAYLOAD = 100 * 1024 * 1024;
/** Below, compression costs more than it saves. */
const DEFAULT_THRESHOLD = 1024;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

const KEYS = [
  'headers',
  'tags',
  'name',
  'subprotocols',
  'timeout',
  'compression',
  'maxPayload',
  'jar',
  'buffer',
  'idleTimeout',
  'heartbeat',
  'keep',
] as const satisfies readonly (keyof WsParams)[];

/** How a socket is to be opened and kept. */
export interface WsPlan {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tags: Tags | undefined;
  readonly name: string | undefined;
  readonly subprotocols: readonly string[];
  readonly timeoutMs: number;
  /** Messages of so many bytes are compressed; undefined: compression is not offered. */
  readonly compressFrom: number | undefined;
  readonly maxPayload: number;
  /** undefined: the VU's own. */
  readonly jar: CookieJar | null | undefined;
  readonly buffer: number;
  readonly idleTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly keep: boolean;
}

function readSubprotocols(given: WsParams['subprotocols']): readonly string[] {
  if (given === undefined) return [];
  const list: readonly string[] = typeof given === 'string' ? [given] : given;
  for (const each of list) {
    if (typeof each !== 'string' || !TOKEN.test(each))
      throw wrongParam(VERB, 'subprotocols', each, "the name of a subprotocol such as 'graphql-ws'");
  }
  return [...new Set(list)];
}

function readCompression(given: WsParams['compression']): number | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return DEFAULT_THRESHOLD;
  if (typeof given !== 'object' || given === null)
    throw wrongParam(VERB, 'compression', given, 'true, false or { threshold }');
  return readWhole(VERB, 'compression.threshold', given.threshold, DEFAULT_THRESHOLD);
}

/** Throws TypeError for what no socket can be opened with. */
export function readWsParams(params: unknown): WsPlan {
  const given = readObject<WsParams>(VERB, params, KEYS);
  const { jar, tags, name } = given;
  if (jar !== undefined && jar !== null && !(jar instanceof CookieJar))
    throw wrongParam(VERB, 'jar', typeof jar, 'a CookieJar (make one with new http.CookieJar())');
  if (tags !== undefined && (typeof tags !== 'object' || tags === null))
    throw wrongParam(VERB, 'tags', tags, 'an object');
  if (name !== undefined && typeof name !== 'string') throw wrongParam(VERB, 'name', name, 'a text');
  return {
    headers: readHeaderRecord(VERB, given.headers),
    tags,
    name,
    subprotocols: readSubprotocols(given.subprotocols),
    timeoutMs: readMs(VERB, 'timeout', given.timeout, DEFAULT_TIMEOUT_MS),
    compressFrom: readCompression(given.compression),
    maxPayload: readWhole(VERB, 'maxPayload', given.maxPayload, DEFAULT_MAX_PAYLOAD, 1),
    jar,
    buffer: readWhole(VERB, 'buffer', given.buffer, DEFAULT_BUFFER),
    idleTimeoutMs: readMs(VERB, 'idleTimeout', given.idleTimeout, 0),
    heartbeatMs: readMs(VERB, 'heartbeat', given.heartbeat, 0),
    keep: given.keep === true,
  };
}

export interface WsUrl {
  /** As it was written, without user and password. */
  readonly name: string;
  /** Of the http URL with the same host, port and path. Throws InvalidUrlError where the URL cannot be parsed. */
  target(): Target;
}

/** Throws TypeError for what is no URL of a WebSocket. */
export function readWsUrl(url: unknown): WsUrl {
  const text = url instanceof NamedUrl ? url.url : url instanceof URL ? url.href : url;
  if (typeof text !== 'string') {
    throw new TypeError(
      `${VERB}: a URL was expected (a string, a URL or http.url), not ${text === null ? 'null' : typeof text}`,
    );
  }
  const scheme = /^(ws|http)(s?):\/\//i.exec(text);
  if (scheme === null) {
    throw new TypeError(
      `${VERB}: ${JSON.stringify(text)} is no WebSocket URL; start it with ws:// or wss://` +
        (/^undefined\b/.test(text)
          ? ' (it begins with "undefined": is an environment variable missing?)'
          : ''),
    );
  }
  const rest = text.slice(scheme[0].length);
  const secure = scheme[2] !== '';
  const http = `${secure ? 'https' : 'http'}://${rest}`;
  const written = url instanceof NamedUrl ? url.name : withoutUserInfo(http);
  const name = url instanceof NamedUrl ? written : written.replace(/^http/, 'ws');
  return { name, target: () => parseTarget(http) };
}

/** The URL of a target as WebSockets write it. */
export function wsHref(target: Target): string {
  return target.href.replace(/^http/, 'ws');
}
