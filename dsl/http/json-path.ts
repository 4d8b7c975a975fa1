/**
 * Paths into JSON. One that starts with `$` is a JSONPath (RFC 9535), by a library that is loaded at the first one:
 *
 *     $.a.b[0]                 can match one value only: that value, or undefined
 *     $..id  $.a[?@.b>1]       all others: the list of what they match
 *
 * Everything else is a dotted path, the part of k6's (gjson's) that scripts use.
 *
 *     path  := part ('.' part)*
 *     part  := key | index | '#'        a dot inside a key is written \.
 *     '#'   at the end: the length of the array; before more: the rest applied to each element, misses left out
 */

import { createRequire } from 'node:module';

type JsonPath = typeof import('jsonpath-rfc9535');

let library: JsonPath | undefined;

/** RFC 9535's singular queries: names and indexes only. */
const SINGULAR =
  /^\$(?:\s*(?:\.[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*|\[\s*(?:-?\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\]))*$/;

/** What `path` leads to. Throws SyntaxError for a JSONPath that cannot be read. */
export function valueAt(value: unknown, path: string): unknown {
  return /^\$(?:[.[\s]|$)/.test(path) ? query(value, path) : jsonPath(value, path);
}

function query(value: unknown, path: string): unknown {
  library ??= createRequire(import.meta.url)('jsonpath-rfc9535') as JsonPath;
  let found: unknown[];
  try {
    found = library.query(value as Parameters<JsonPath['query']>[0], path);
  } catch (cause) {
    throw new SyntaxError(
      `${JSON.stringify(path)} is not a JSONPath (RFC 9535): ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  return SINGULAR.test(path) ? found[0] : found;
}

export function jsonPath(value: unknown, path: string): unknown {
  return walk(value, splitPath(path), 0);
}

function splitPath(path: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i < path.length; i++) {
    const c = path[i] as string;
    if (c === '\\' && i + 1 < path.length) part += path[++i];
    else if (c === '.') {
      parts.push(part);
      part = '';
    } else part += c;
  }
  parts.push(part);
  return parts;
}

function walk(value: unknown, parts: readonly string[], from: number): unknown {
  let here = value;
  for (let i = from; i < parts.length; i++) {
    const part = parts[i] as string;
    if (typeof here !== 'object' || here === null) return undefined;
    if (Array.isArray(here)) {
      const list = here as readonly unknown[];
      if (part === '#') {
        if (i === parts.length - 1) return list.length;
        return list.map((item) => walk(item, parts, i + 1)).filter((found) => found !== undefined);
      }
      if (!/^\d+$/.test(part)) return undefined;
      here = list[Number(part)];
    } else {
      if (!Object.hasOwn(here, part)) return undefined;
      here = (here as Record<string, unknown>)[part];
    }
  }
  return here;
}
