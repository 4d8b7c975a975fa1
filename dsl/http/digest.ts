/**
 * Digest access authentication (RFC 7616, and RFC 2069 where a server offers no qop).
 *
 *     A1 = user:realm:password                       with -sess: H(A1):nonce:cnonce
 *     A2 = method:uri                                with qop=auth-int: method:uri:H(body)
 *     response = H(H(A1):nonce:nc:cnonce:qop:H(A2))  without qop: H(H(A1):nonce:H(A2))
 *
 * H is SHA-256, SHA-512-256 or MD5: the strongest that the server offers. Every call asks for a challenge of its own.
 */

import { createHash, randomBytes } from 'node:crypto';

/** Names as in the `algorithm` parameter, strongest first. */
const HASHES: Readonly<Record<string, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};
const STRENGTH = Object.keys(HASHES);

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; undefined where it wrote none (MD5). */
  readonly algorithm: string | undefined;
  readonly hash: string;
  readonly session: boolean;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly hashesUser: boolean;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** name=value or name="value with \" inside"; several challenges may share a header, told apart by their scheme. */
const PART =
  /([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=\s+[A-Za-z][\w-]*\s*=)/g;

function challengesIn(header: string): Map<string, string>[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  for (const [, name, quoted, plain, scheme] of header.matchAll(PART)) {
    if (scheme !== undefined) {
      current = scheme.toLowerCase() === 'digest' ? new Map() : undefined;
      if (current !== undefined) found.push(current);
    } else if (name !== undefined)
      current?.set(name.toLowerCase(), plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '');
  }
  return found;
}

function asChallenge(parts: ReadonlyMap<string, string>): Challenge | undefined {
  const nonce = parts.get('nonce');
  if (nonce === undefined) return undefined;
  const algorithm = parts.get('algorithm');
  const base = (algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
  const hash = HASHES[base];
  if (hash === undefined) return undefined;
  const offered = parts
    .get('qop')
    ?.split(',')
    .map((qop) => qop.trim().toLowerCase());
  const qop = offered?.includes('auth') ? 'auth' : offered?.includes('auth-int') ? 'auth-int' : undefined;
  if (offered !== undefined && qop === undefined) return undefined;
  return {
    realm: parts.get('realm') ?? '',
    nonce,
    opaque: parts.get('opaque'),
    algorithm,
    hash,
    session: /-sess$/i.test(algorithm ?? ''),
    qop,
    hashesUser: parts.get('userhash')?.toLowerCase() === 'true',
  };
}

function strength({ algorithm = 'MD5' }: Challenge): number {
  return STRENGTH.indexOf(algorithm.toUpperCase().replace(/-SESS$/, ''));
}

/** The strongest challenge that can be answered; undefined where there is none. Values of `WWW-Authenticate` headers. */
export function readChallenge(headers: readonly string[]): Challenge | undefined {
  return headers
    .flatMap(challengesIn)
    .flatMap((parts) => asChallenge(parts) ?? [])
    .sort((a, b) => strength(a) - strength(b))[0];
}

export interface DigestRequest {
  readonly method: string;
  /** Path with query, as on the request line. */
  readonly uri: string;
  readonly body: Uint8Array | undefined;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The value of the Authorization header that answers a challenge. */
export function answer(
  challenge: Challenge,
  { user, password }: Credentials,
  { method, uri, body }: DigestRequest,
  cnonce: string = randomBytes(16).toString('hex'),
): string {
  const { realm, nonce, opaque, algorithm, hash, session, qop, hashesUser } = challenge;
  const h = (data: string | Uint8Array): string => createHash(hash).update(data).digest('hex');
  const count = '00000001';
  const secret = h(`${user}:${realm}:${password}`);
  const a1 = session ? h(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = h(`${method}:${uri}${qop === 'auth-int' ? `:${h(body ?? '')}` : ''}`);
  const response =
    qop === undefined ? h(`${a1}:${nonce}:${a2}`) : h(`${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`);
  const parts = [
    `username=${quoted(hashesUser ? h(`${user}:${realm}`) : user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
  ];
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (opaque !== undefined) parts.push(`opaque=${quoted(opaque)}`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${count}`);
  if (qop !== undefined || session) parts.push(`cnonce="${cnonce}"`);
  if (hashesUser) parts.push('userhash=true');
  return `Digest ${parts.join(', ')}`;
}

/** User and password of a Basic header, which is how a target keeps those of its URL. */
export function credentialsOf(basic: string | undefined): Credentials | undefined {
  if (basic?.startsWith('Basic ') !== true) return undefined;
  const text = Buffer.from(basic.slice(6), 'base64').toString();
  const colon = text.indexOf(':');
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
