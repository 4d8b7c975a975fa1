/** Response headers as undici hands them over: names and values in turn, as bytes. Nothing is decoded before it is read. */

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

/** Values of the headers of one (lower-case) name. Compares lengths and first letters before it decodes a name. */
export function rawValues(raw: RawHeaders, name: string): string[] {
  const values: string[] = [];
  const first = name.charCodeAt(0);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] as Buffer;
    if (key.length !== name.length || ((key[0] as number) | 0x20) !== first) continue;
    if (key.toString('latin1').toLowerCase() === name) values.push((raw[i + 1] as Buffer).toString('latin1'));
  }
  return values;
}

export function rawValue(raw: RawHeaders, name: string): string | undefined {
  return rawValues(raw, name)[0];
}

/** What of a response must be known at its end, without being asked for. */
export interface Notable {
  setsCookies: boolean;
  encoded: boolean;
}

const S = 's'.charCodeAt(0);
const C = 'c'.charCodeAt(0);

/** One pass by length and first letter: `set-cookie` (10) and `content-encoding` (16). May say yes too often. */
export function scan(raw: RawHeaders, notable: Notable): void {
  for (let i = 0; i < raw.length; i += 2) {
    const key = raw[i] as Buffer;
    const first = (key[0] as number) | 0x20;
    if (key.length === 10 && first === S) notable.setsCookies = true;
    else if (key.length === 16 && first === C) notable.encoded = true;
  }
}
