/** What TLS is spoken with: one context per thread and distinct settings, as reading the authorities costs milliseconds. */

import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import type { ClientCertificate, TlsVersion } from '../network.ts';

export interface TlsSettings {
  readonly ca: readonly string[];
  readonly certificate: ClientCertificate | undefined;
  readonly min: TlsVersion | undefined;
  readonly max: TlsVersion | undefined;
  /** OpenSSL's names. */
  readonly ciphers: readonly string[];
}

const NODE_VERSION: Readonly<Record<TlsVersion, SecureVersion>> = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
};

/** Node's native context; the one way to trust more authorities beside those of NODE_EXTRA_CA_CERTS. */
interface NativeContext {
  addCACert(pem: string): void;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const contexts = new Map<string, SecureContext>();

/** Different settings that are kept; a script that makes a certificate per request must not pile up contexts. */
const KEPT = 256;

function make({ ca, certificate, min, max, ciphers }: TlsSettings): SecureContext {
  const names = [...ciphers];
  // OpenSSL's security level 1 and up refuses what TLS 1.0 and 1.1 sign with.
  const old = min === 'tls1.0' || min === 'tls1.1' || max === 'tls1.0' || max === 'tls1.1';
  if (old) names.push(...(names.length === 0 ? ['DEFAULT'] : []), '@SECLEVEL=0');
  const context = createSecureContext({
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    ...(certificate?.password === undefined ? {} : { passphrase: certificate.password }),
    ...(min === undefined ? {} : { minVersion: NODE_VERSION[min] }),
    // Node refuses a maximum under its default minimum, so that one goes down with it.
    ...(min === undefined && old ? { minVersion: 'TLSv1' } : {}),
    ...(max === undefined ? {} : { maxVersion: NODE_VERSION[max] }),
    ...(names.length === 0 ? {} : { ciphers: names.join(':') }),
  });
  for (const text of ca) {
    for (const pem of text.match(CERTIFICATE) ?? []) (context.context as NativeContext).addCACert(pem);
  }
  return context;
}

/** Throws where a certificate, key or cipher cannot be used. */
export function secureContext(settings: TlsSettings): SecureContext {
  const { ca, certificate, min, max, ciphers } = settings;
  const plain = ca.length === 0 && certificate === undefined && ciphers.length === 0;
  const key = plain && min === undefined && max === undefined ? '' : JSON.stringify(settings);
  let context = contexts.get(key);
  if (context === undefined) {
    if (contexts.size >= KEPT) contexts.clear();
    context = make(settings);
    contexts.set(key, context);
  }
  return context;
}
