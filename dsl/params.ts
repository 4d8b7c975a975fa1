/** Reading what scripts write into the `params` of a protocol's verbs. Mistakes are TypeErrors that name the key. */

import { type Duration, parseDuration } from './duration.ts';
import type { TagSet } from './host.ts';
import { nearest } from './http/nearest.ts';

/** Node's timers take no more. */
const LONGEST_MS = 2 ** 31 - 1;

export function wrongParam(verb: string, key: string, value: unknown, allowed: string): TypeError {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return new TypeError(`${verb} params.${key}: ${shown} is not ${allowed}`);
}

/** Throws unless `params` is an object with known keys only; undefined and null are an empty one. */
export function readObject<T extends object>(verb: string, params: unknown, known: readonly string[]): T {
  if (params === undefined || params === null) return {} as T;
  if (typeof params !== 'object' || Array.isArray(params)) {
    throw new TypeError(
      `${verb} params: an object was expected, not ${JSON.stringify(params) ?? typeof params}`,
    );
  }
  for (const key in params) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new TypeError(
      `${verb} params: there is no ${JSON.stringify(key)}${near === undefined ? '' : `; did you mean ${near}?`} ` +
        `(known: ${known.join(', ')})`,
    );
  }
  return params as T;
}

/** Milliseconds; a number is milliseconds already. */
export function readMs(verb: string, key: string, value: Duration | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const ms = typeof value === 'string' ? parseDuration(value) : value;
  if (typeof ms !== 'number' || !(ms >= 0))
    throw wrongParam(verb, key, value, "a duration such as '5s' or 500 (ms)");
  return Math.min(ms, LONGEST_MS);
}

/** A whole number from `least`. */
export function readWhole(
  verb: string,
  key: string,
  value: number | undefined,
  otherwise: number,
  least = 0,
): number {
  if (value === undefined) return otherwise;
  if (!Number.isInteger(value) || value < least)
    throw wrongParam(verb, key, value, `a whole number from ${least}`);
  return value;
}

export type Tags = Readonly<Record<string, string | number | boolean | undefined>>;

/** The set plus a call's own tags; undefined ones are left out. */
export function withTags(base: TagSet, tags: Tags | undefined): TagSet {
  if (tags === undefined) return base;
  let all = base;
  for (const key of Object.keys(tags)) {
    const value = tags[key];
    if (value !== undefined) all = all.with(key, String(value));
  }
  return all;
}

export type HeaderInput = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[] | null | undefined>
>;

/** Headers by name as it was written; undefined and null are left out. */
export function readHeaderRecord(
  verb: string,
  headers: HeaderInput | undefined,
): Record<string, string | string[]> {
  const read: Record<string, string | string[]> = {};
  if (headers === undefined) return read;
  if (typeof headers !== 'object' || headers === null)
    throw wrongParam(verb, 'headers', headers, 'an object');
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value))
      throw wrongParam(verb, `headers[${name}]`, value, 'a text');
    read[name] = Array.isArray(value) ? value.map(String) : String(value);
  }
  return read;
}
