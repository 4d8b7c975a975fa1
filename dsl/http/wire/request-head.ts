/**
 * What is written of a request before its body:
 *
 *     method SP path SP "HTTP/1.1" CRLF
 *     "host" … "connection" …, then the headers as given
 *     ["content-length" | "transfer-encoding"] and the empty line, which the connection adds
 *
 * Line breaks and NUL in what a script gives would make other requests than it asked for: they are refused, as is what
 * Latin-1 cannot express. The script's own Transfer-Encoding, Upgrade, Keep-Alive and Expect are refused too: they
 * change how a connection is spoken on, and that is not theirs to say.
 */

import { unsendable } from './errors.ts';

export interface WireRequest {
  readonly method: string;
  /** As on the request line; a whole URL for a proxy. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly (string | readonly string[])[];
}

/** Lines of the headers, each with its end. */
export interface HeaderLines {
  readonly text: string;
  /** The script's own; undefined where it gave none. */
  readonly contentLength: number | undefined;
  /** Whether the connection ends with this request. */
  readonly closes: boolean;
}

const NOT_OF_TOKEN = /[^!#$%&'*+.^_`|~0-9A-Za-z-]/;
const NOT_OF_FIELD = /[^\t\x20-\x7e\x80-\xff]/;
const NOT_OF_PATH = /[^\x21-\xff]/;
const REFUSED = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect']);

/** Names that were found valid, by how they were written. A script that makes names up must not fill memory. */
const lowerCase = new Map<string, string>();
const KEPT_NAMES = 1024;

function nameOf(name: string): string {
  let lower = lowerCase.get(name);
  if (lower === undefined) {
    if (name === '' || NOT_OF_TOKEN.test(name))
      throw unsendable(`invalid header name ${JSON.stringify(name)}`);
    lower = name.toLowerCase();
    if (lowerCase.size < KEPT_NAMES) lowerCase.set(name, lower);
  }
  return lower;
}

function fieldOf(name: string, value: unknown): string {
  const text = String(value);
  if (NOT_OF_FIELD.test(text)) {
    throw unsendable(`invalid header ${name}: its value has a line break or a character beyond Latin-1`);
  }
  return text;
}

/** Throws for what cannot be sent. `reset`: the connection is to end with the request. */
export function headerLines(headers: WireRequest['headers'], authority: string, reset: boolean): HeaderLines {
  let host = authority;
  let hosts = 0;
  let contentLength: number | undefined;
  let closes = reset;
  let text = '';
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = String(headers[i]);
    const value = headers[i + 1];
    const lower = nameOf(name);
    if (Array.isArray(value)) {
      if (lower === 'host' || lower === 'content-length')
        throw unsendable(`invalid header ${name}: it has one value`);
      for (const each of value as readonly unknown[]) text += `${name}: ${fieldOf(name, each)}\r\n`;
      continue;
    }
    const line = fieldOf(name, value);
    if (lower === 'host') {
      if (++hosts > 1) throw unsendable('invalid header host: it was given twice');
      host = line;
    } else if (lower === 'content-length') {
      if (contentLength !== undefined || !/^\d{1,15}$/.test(line))
        throw unsendable('invalid header content-length');
      contentLength = Number(line);
    } else if (lower === 'connection') {
      for (const option of line.toLowerCase().split(',')) if (option.trim() === 'close') closes = true;
    } else if (REFUSED.has(lower)) {
      throw unsendable(`invalid header ${name}: it is for Brunt to say how the connection is spoken on`);
    } else text += `${name}: ${line}\r\n`;
  }
  return {
    text: `host: ${host}\r\nconnection: ${closes ? 'close' : 'keep-alive'}\r\n${text}`,
    contentLength,
    closes,
  };
}

/** Throws for what cannot be sent. */
export function requestLine(method: string, path: string): string {
  if (method === '' || NOT_OF_TOKEN.test(method))
    throw unsendable(`invalid request method ${JSON.stringify(method)}`);
  if (path === '' || NOT_OF_PATH.test(path)) throw unsendable('invalid request path');
  return `${method} ${path} HTTP/1.1\r\n`;
}

/** Whether a server expects a body of such a request, and so wants to be told that there is none. */
export function expectsBody(method: string): boolean {
  switch (method) {
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'QUERY':
    case 'PROPFIND':
    case 'PROPPATCH':
      return true;
    default:
      return false;
  }
}
