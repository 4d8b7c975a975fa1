/** Reads what a request says of its transport: `http2`, `proxy`, `tls`. Mistakes are TypeErrors that name the key. */

import { cipherSuite, isProxyUrl, TLS_VERSIONS, type TlsVersion } from '../network.ts';
import { nearest } from './nearest.ts';
import type { TlsParams, Transport } from './transport.ts';
import type { RequestParams, TlsRequestParams } from './types.ts';

const TLS_KEYS = [
  'ca',
  'cert',
  'key',
  'password',
  'version',
  'cipherSuites',
  'insecureSkipTLSVerify',
  'serverName',
] as const satisfies readonly (keyof TlsRequestParams)[];

/** `tls` objects that were read already: scripts write them once, outside of the iteration. */
const seen = new WeakMap<object, TlsParams>();

function wrong(key: string, allowed: string): TypeError {
  // The value may be a key or hold a password.
  return new TypeError(`http params.${key}: ${allowed} was expected`);
}

export function readTransport(
  given: RequestParams,
  base: Transport | undefined,
  own: () => Transport,
): Transport | undefined {
  const { http2, proxy, tls } = given;
  if (http2 === undefined && proxy === undefined && tls === undefined) return base;
  if (http2 !== undefined && http2 !== 'auto' && typeof http2 !== 'boolean')
    throw wrong('http2', "true, false or 'auto'");
  if (proxy !== undefined && proxy !== null && proxy !== false) {
    if (typeof proxy !== 'string' || !isProxyUrl(proxy))
      throw wrong('proxy', 'a URL such as http://proxy.test:3128');
  }
  return (base ?? own()).with({
    http2,
    proxy: proxy ?? (proxy === null ? false : undefined),
    tls: readTls(tls),
  });
}

function readTls(tls: TlsRequestParams | undefined): TlsParams | undefined {
  if (tls === undefined) return undefined;
  if (typeof tls !== 'object' || tls === null) throw wrong('tls', 'an object');
  let read = seen.get(tls);
  if (read === undefined) {
    read = parseTls(tls);
    seen.set(tls, read);
  }
  return read;
}

function isVersion(value: unknown): value is TlsVersion {
  return (TLS_VERSIONS as readonly unknown[]).includes(value);
}

function parseTls(tls: TlsRequestParams): TlsParams {
  for (const key of Object.keys(tls)) {
    if ((TLS_KEYS as readonly string[]).includes(key)) continue;
    const near = nearest(key, TLS_KEYS);
    throw new TypeError(
      `http params.tls: there is no ${JSON.stringify(key)}${near === undefined ? '' : `; did you mean ${near}?`} ` +
        `(known: ${TLS_KEYS.join(', ')})`,
    );
  }
  const { ca, cert, key, password, version, cipherSuites, insecureSkipTLSVerify, serverName } = tls;
  const text = (name: string, value: unknown): void => {
    if (value !== undefined && typeof value !== 'string') throw wrong(`tls.${name}`, 'a text');
  };
  text('cert', cert);
  text('key', key);
  text('password', password);
  text('serverName', serverName);
  if ((cert === undefined) !== (key === undefined)) throw wrong('tls', 'cert together with key');
  const authorities = typeof ca === 'string' ? [ca] : ca;
  for (const pem of authorities ?? []) {
    if (typeof pem !== 'string' || !pem.includes('-----BEGIN CERTIFICATE-----'))
      throw wrong('tls.ca', 'the text of a certificate in PEM');
  }
  const range = typeof version === 'object' ? version : { min: version, max: version };
  for (const each of [range.min, range.max]) {
    if (each !== undefined && !isVersion(each))
      throw wrong('tls.version', `one of ${TLS_VERSIONS.join(', ')}`);
  }
  const suites = cipherSuites?.map((name) => {
    const known = cipherSuite(name);
    if (known === undefined)
      throw new TypeError(`http params.tls.cipherSuites: ${JSON.stringify(name)} is unknown`);
    return known;
  });
  return {
    ca: authorities,
    certificate: cert === undefined || key === undefined ? undefined : { domains: [], cert, key, password },
    min: range.min,
    max: range.max,
    ciphers: suites,
    insecure: insecureSkipTLSVerify,
    serverName,
  };
}
