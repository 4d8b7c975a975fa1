/** Response headers as connections hand them over: names and values in turn, as bytes. Nothing is decoded before it is read. */

export type RawHeaders = readonly Buffer[];

export interface ParsedHeaders {
  readonly [name: string]: string;
}

/** Reading a header that is not there under its lower-case name tries the lower-case spelling of what was asked for. */
const ANY_CASE: ProxyHandler<Record<string, string>> = {
  get(headers, key) {
    if (typeof key !== 'string') return undefined;
    return headers[key] ?? headers[key.toLowerCase()];
  },
  has(headers, key) {
    return typeof key === 'string' && (key in headers || key.toLowerCase() in headers);
  },
};

/** Lower-case names; values of repeated ones joined by `, `; reads work in any spelling. */
export function parseHeaders(raw: RawHeaders): ParsedHeaders {
  const headers = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1').toLowerCase();
    const value = (raw[i + 1] as Buffer).toString('latin1');
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return new Proxy(headers, ANY_CASE);
}

/** Place of the next header of a (lower-case) name; -1 if there is none. Decodes no name of another length or first letter. */
function placeOf(raw: RawHeaders, name: string, from: number): number {
  const first = name.charCodeAt(0);
  for (let i = from; i + 1 < raw.length; i += 2) {
    const key = raw[i] as Buffer;
    if (key.length !== name.length || ((key[0] as number) | 0x20) !== first) continue;
    if (key.toString('latin1').toLowerCase() === name) return i;
  }
  return -1;
}

/** Values of the headers of one (lower-case) name. */
export function rawValues(raw: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = placeOf(raw, name, 0); i !== -1; i = placeOf(raw, name, i + 2)) {
    values.push((raw[i + 1] as Buffer).toString('latin1'));
  }
  return values;
}

/** The first of `rawValues`. */
export function rawValue(raw: RawHeaders, name: string): string | undefined {
  const place = placeOf(raw, name, 0);
  return place === -1 ? undefined : (raw[place + 1] as Buffer).toString('latin1');
}

/** What of a response must be known at its end, without being asked for. */
export interface Notable {
  readonly setsCookies: boolean;
  readonly encoded: boolean;
}

const S = 's'.charCodeAt(0);
const C = 'c'.charCodeAt(0);

/** Of the head that was looked at last: heads that are equal are one object, and the next mostly is. */
let lastRaw: RawHeaders | undefined;
let lastNotable: Notable = { setsCookies: false, encoded: false };

/** By length and first letter: `set-cookie` (10) and `content-encoding` (16). May say yes too often. */
export function notableOf(raw: RawHeaders): Notable {
  if (raw === lastRaw) return lastNotable;
  let setsCookies = false;
  let encoded = false;
  for (let i = 0; i < raw.length; i += 2) {
    const key = raw[i] as Buffer;
    const first = (key[0] as number) | 0x20;
    if (key.length === 10 && first === S) setsCookies = true;
    else if (key.length === 16 && first === C) encoded = true;
  }
  lastRaw = raw;
  lastNotable = { setsCookies, encoded };
  return lastNotable;
}
