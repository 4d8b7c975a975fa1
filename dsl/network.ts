/**
 * The options that say how connections are made, after validation, and the grammar of their texts. Pure: the command
 * reads them before the start, the threads when they dial.
 */

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { getCiphers } from 'node:tls';

export const TLS_VERSIONS = ['tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'] as const;

export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** A certificate that the client shows, and to whom. */
export interface ClientCertificate {
  /** Host names, `*.example.com` for all below one; empty: every host. */
  readonly domains: readonly string[];
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Of the key. */
  readonly password: string | undefined;
}

export const DNS_SELECTS = ['first', 'random', 'roundRobin'] as const;
export const DNS_POLICIES = ['any', 'preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6'] as const;

export interface DnsSettings {
  /** 0: every connection asks anew; Infinity: names are asked for once. */
  readonly ttlMs: number;
  readonly select: (typeof DNS_SELECTS)[number];
  readonly policy: (typeof DNS_POLICIES)[number];
}

export interface ResolvedNetwork {
  readonly http2: boolean | 'auto';
  /** undefined: what the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. */
  readonly proxy: string | false | undefined;
  /** `name`, `name:port` or `*.name` to `address` or `address:port`. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly dns: DnsSettings;
  readonly blacklistIPs: readonly string[];
  readonly blockHostnames: readonly string[];
  readonly localIPs: readonly string[];
  readonly tlsAuth: readonly ClientCertificate[];
  readonly tlsVersion: { readonly min: TlsVersion | undefined; readonly max: TlsVersion | undefined };
  /** OpenSSL's names; empty: Node's own choice. */
  readonly tlsCipherSuites: readonly string[];
  /** PEM; trusted beside the authorities that Node knows. */
  readonly tlsCA: readonly string[];
}

/** What holds where the options say nothing. */
export const DEFAULT_NETWORK: ResolvedNetwork = {
  http2: false,
  proxy: undefined,
  hosts: {},
  dns: { ttlMs: 300_000, select: 'roundRobin', policy: 'any' },
  blacklistIPs: [],
  blockHostnames: [],
  localIPs: [],
  tlsAuth: [],
  tlsVersion: { min: undefined, max: undefined },
  tlsCipherSuites: [],
  tlsCA: [],
};

/** An address, with or without a port: `10.0.0.1`, `10.0.0.1:8080`, `::1`, `[::1]:8080`. */
export interface Place {
  readonly host: string;
  readonly port: number | undefined;
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? port : undefined;
}

/** undefined where the text is no address. */
export function parsePlace(text: string): Place | undefined {
  if (isIP(text) !== 0) return { host: text, port: undefined };
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? /^\[(.+)\]$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? '';
  const inBrackets = match[1] !== undefined;
  if (inBrackets ? !isIPv6(host) : !isIPv4(host)) return undefined;
  if (match[3] === undefined) return { host, port: undefined };
  const port = portOf(match[3]);
  return port === undefined ? undefined : { host, port };
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?';
const PATTERN = new RegExp(`^(?:\\*|(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*)$`, 'i');

/** `example.com`, `*.example.com` (all names below it) or `*`. */
export function isHostPattern(text: string): boolean {
  return PATTERN.test(text);
}

/** A key of `hosts`: a pattern, with or without a port. */
export function isHostKey(text: string): boolean {
  const match = /^(.*?)(?::(\d+))?$/.exec(text) as RegExpExecArray;
  return isHostPattern(match[1] as string) && (match[2] === undefined || portOf(match[2]) !== undefined);
}

/** Patterns of host names with a value each. The exact name wins, then the longest pattern. */
export class HostTable<T> {
  readonly #exact = new Map<string, T>();
  /** `.example.com`; the empty one for `*`. */
  readonly #below = new Map<string, T>();

  add(pattern: string, value: T): void {
    const name = pattern.toLowerCase();
    if (name.startsWith('*')) this.#below.set(name.slice(1), value);
    else this.#exact.set(name, value);
  }

  /** `suffix` is compared as well: the port of `name:port`. */
  find(host: string, suffix = ''): T | undefined {
    const name = host.toLowerCase();
    const exact = this.#exact.get(name + suffix);
    if (exact !== undefined || this.#below.size === 0) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const found = this.#below.get(name.slice(dot) + suffix);
      if (found !== undefined) return found;
    }
    return this.#below.get(suffix);
  }
}

/** Addresses one after the other, as numbers. */
interface Block {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly count: bigint;
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  // `::ffff:1.2.3.4` spells its last two groups as IPv4.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((n) => n.toString(16)).join(':'),
  );
  const [head = '', tail] = plain.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const front = groups(head);
  const back = groups(tail);
  const middle = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...middle, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function addressOf(value: bigint, family: 4 | 6): string {
  const [digits, size, count] = family === 4 ? [10, 256n, 4] : [16, 65_536n, 8];
  const parts: string[] = [];
  let rest = value;
  for (let i = 0; i < count; i++) {
    parts.unshift((rest % size).toString(digits));
    rest /= size;
  }
  return parts.join(family === 4 ? '.' : ':');
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9` or `10.0.0.0/24`; undefined where the text is none of them. */
function parseBlock(text: string): Block | undefined {
  const [from = '', to, more] = text.split('-').map((part) => part.trim());
  if (more !== undefined) return undefined;
  if (to !== undefined) {
    if (isIP(from) === 0 || isIP(from) !== isIP(to)) return undefined;
    const first = numberOf(from);
    const count = numberOf(to) - first + 1n;
    return count > 0n ? { family: isIP(from) as 4 | 6, first, count } : undefined;
  }
  const [address = '', prefix, rest] = from.split('/');
  const family = isIP(address);
  if (rest !== undefined || family === 0 || address.includes('%')) return undefined;
  if (prefix === undefined) return { family: family as 4 | 6, first: numberOf(address), count: 1n };
  const bits = family === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  const count = 1n << BigInt(bits - Number(prefix));
  const first = (numberOf(address) / count) * count;
  return { family: family as 4 | 6, first, count };
}

export function isAddressBlock(text: string): boolean {
  return parseBlock(text) !== undefined;
}

/** Whether an address is in one of the blocks. */
export function addressFilter(blocks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of blocks) {
    const block = parseBlock(text);
    if (block === undefined) continue;
    const { family, first, count } = block;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    list.addRange(addressOf(first, family), addressOf(first + count - 1n, family), type);
  }
  return (address) => {
    const plain = address.replace(/%.*$/, '');
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

/**
 * The address that a VU sends from: VUs take turns over all addresses of the blocks. Of an IPv4 network (`/30` and
 * larger), its own address and that for broadcasts are nobody's.
 */
export function localAddress(blocks: readonly string[], vu: number): string | undefined {
  const usable = blocks.flatMap((text) => {
    const block = parseBlock(text);
    if (block === undefined) return [];
    const isNetwork = text.includes('/') && block.family === 4 && block.count > 2n;
    return isNetwork ? { ...block, first: block.first + 1n, count: block.count - 2n } : block;
  });
  const total = usable.reduce((sum, block) => sum + block.count, 0n);
  if (total === 0n) return undefined;
  let index = BigInt(Math.max(0, vu - 1)) % total;
  for (const { family, first, count } of usable) {
    if (index < count) return addressOf(first + index, family);
    index -= count;
  }
  return undefined;
}

/** Names of IANA (as Go and k6 have them) for the suites that OpenSSL names otherwise. */
const IANA_SUITE = /^TLS_(?:(ECDHE|DHE)_)?(RSA|ECDSA)_WITH_(.+)$/;

/** OpenSSL's name of a cipher suite, from its own or from IANA's; undefined where this Node has none of that name. */
export function cipherSuite(name: string): string | undefined {
  const known = new Set(getCiphers().map((cipher) => cipher.toUpperCase()));
  const upper = name.trim().toUpperCase();
  if (known.has(upper)) return upper;
  const match = IANA_SUITE.exec(upper);
  if (match === null) return undefined;
  const [, exchange, key = '', rest = ''] = match;
  // AES_128_GCM_SHA256 -> AES128-GCM-SHA256; AES_128_CBC_SHA -> AES128-SHA; CHACHA20_POLY1305_SHA256 -> CHACHA20-POLY1305
  const cipher = rest
    .replace(/^AES_(\d+)/, 'AES$1')
    .replace(/_CBC/, '')
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, '$1')
    .replaceAll('_', '-');
  const openssl = exchange === undefined ? cipher : `${exchange}-${key}-${cipher}`;
  return known.has(openssl) ? openssl : undefined;
}

/** Proxies that can be used: `http://host[:port]` and `https://…`, with or without user and password. */
export function isProxyUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, search } = new URL(text);
    return /^https?:$/.test(protocol) && hostname !== '' && pathname === '/' && search === '';
  } catch {
    return false;
  }
}
