/** Reads the options that say how connections are made: HTTP/2, proxies, names and addresses, TLS. */

import {
  type ClientCertificate,
  cipherSuite,
  DEFAULT_NETWORK,
  DNS_POLICIES,
  DNS_SELECTS,
  isAddressBlock,
  isHostKey,
  isHostPattern,
  isProxyUrl,
  parsePlace,
  type ResolvedNetwork,
  TLS_VERSIONS,
  type TlsVersion,
} from '../../dsl/network.ts';
import { duration, flag, listOf, oneOf, type Reader, text } from './fields.ts';
import { type Input, membersOf, show, subject } from './input.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';
import { RecordReader, whole } from './record.ts';

/** Keys of `options` that end up in `network`. */
export const NETWORK_KEYS = [
  'http2',
  'proxy',
  'hosts',
  'dns',
  'blacklistIPs',
  'blockHostnames',
  'localIPs',
  'tlsAuth',
  'tlsVersion',
  'tlsCipherSuites',
  'tlsCA',
] as const;

function refuse(input: Input, problems: Problems, allowed: string, hint?: string): undefined {
  return problems.add(input, `${subject(input)} is ${show(input.value)}: it must be ${allowed}.`, hint);
}

/** A text of a form. */
function fitting(fits: (value: string) => boolean, allowed: string): Reader<string> {
  return (input, problems) => {
    const { value } = input;
    return typeof value === 'string' && fits(value.trim()) ? value.trim() : refuse(input, problems, allowed);
  };
}

/** One text or a list of them. */
function oneOrMore(item: Reader<string>, what: string): Reader<readonly string[]> {
  const list = listOf(item, what);
  return (input, problems) => {
    if (Array.isArray(input.value)) return list(input, problems);
    const one = item(input, problems);
    return one === undefined ? undefined : [one];
  };
}

const http2: Reader<boolean | 'auto'> = (input, problems) => {
  if (input.value === 'auto') return 'auto';
  if (typeof input.value === 'boolean' || input.text) return flag(input, problems);
  return refuse(input, problems, "true, false or 'auto'");
};

const proxy: Reader<string | false> = (input, problems) => {
  const { value } = input;
  if (value === false || (input.text && value === 'false')) return false;
  if (typeof value === 'string' && isProxyUrl(value)) return value;
  const hint =
    typeof value === 'string' && isProxyUrl(`http://${value}`)
      ? `Did you mean 'http://${value}'?`
      : undefined;
  // The value may hold a password.
  return problems.add(
    input,
    `${subject(input)} must be the URL of a proxy such as 'http://proxy.test:3128' (or https), or false.`,
    hint,
  );
};

const PLACE = "an address such as '10.0.0.1', '10.0.0.1:8080' or '[::1]:8080'";

const hosts: Reader<Readonly<Record<string, string>>> = (input, problems) => {
  const members = membersOf(input);
  if (members === undefined) {
    return refuse(input, problems, "an object of names and addresses, such as { 'shop.test': '10.0.0.1' }");
  }
  const place = fitting((value) => parsePlace(value) !== undefined, PLACE);
  const read: Record<string, string> = {};
  let good = true;
  for (const [name, member] of members) {
    if (!isHostKey(name)) {
      const hint = /:\/\//.test(name) ? 'Leave out the scheme.' : undefined;
      problems.add(
        member,
        `${subject(input)} has the name ${show(name)}: it must be a host such as 'shop.test', 'shop.test:443' or '*.shop.test'.`,
        hint,
        'key',
      );
      good = false;
    }
    const address = place(member, problems);
    if (address === undefined) good = false;
    else read[name] = address;
  }
  return good ? read : undefined;
};

const ttl: Reader<number> = (input, problems) =>
  input.value === 'inf' ? Number.POSITIVE_INFINITY : duration('not negative')(input, problems);

/** `ttl=5m,select=first,policy=any`, as flags spell it. */
function membersOfText(input: Input): ReadonlyMap<string, Input> | undefined {
  if (!input.text || typeof input.value !== 'string') return membersOf(input);
  return new Map(
    input.value.split(',').map((pair) => {
      const [key = '', value = ''] = pair.split('=').map((part) => part.trim());
      return [key, { ...input, value, path: [...input.path, key] }];
    }),
  );
}

function record<T extends object>(
  keys: readonly string[],
  example: string,
  read: (reader: RecordReader) => { readonly [K in keyof T]: T[K] | undefined },
  r: RecordReader,
): Reader<T> {
  return (input, problems) => {
    const members = membersOfText(input);
    if (members === undefined) return refuse(input, problems, `an object such as ${example}`);
    for (const [key, member] of members) {
      if (keys.includes(key)) continue;
      const hint = didYouMean(key, keys) ?? `It has ${keys.map((k) => `\`${k}\``).join(', ')}.`;
      problems.add(member, `${subject(member)} is not a part of \`${input.path.join('.')}\`.`, hint, 'key');
    }
    return whole<T>(read(new RecordReader(members, input.path, input, problems, r.sources)));
  };
}

const tlsVersion: Reader<TlsVersion> = oneOf(TLS_VERSIONS);

interface Range {
  readonly min: TlsVersion | undefined;
  readonly max: TlsVersion | undefined;
}

function versions(r: RecordReader): Reader<Range> {
  return (input, problems) => {
    if (typeof input.value === 'string') {
      const only = tlsVersion(input, problems);
      return only && { min: only, max: only };
    }
    const range = record<{ min: TlsVersion | 'any'; max: TlsVersion | 'any' }>(
      ['min', 'max'],
      "{ min: 'tls1.2', max: 'tls1.3' }, or one of them alone",
      (reader) => ({
        min: reader.optional<TlsVersion | 'any'>('min', tlsVersion, 'any'),
        max: reader.optional<TlsVersion | 'any'>('max', tlsVersion, 'any'),
      }),
      r,
    )(input, problems);
    if (range === undefined) return undefined;
    const min = range.min === 'any' ? undefined : range.min;
    const max = range.max === 'any' ? undefined : range.max;
    if (min !== undefined && max !== undefined && min > max) {
      return problems.add(input, `${subject(input)} goes from ${show(min)} down to ${show(max)}.`);
    }
    return { min, max };
  };
}

const suite: Reader<string> = (input, problems) => {
  const known = typeof input.value === 'string' ? cipherSuite(input.value) : undefined;
  return known ?? refuse(input, problems, "a cipher suite, such as 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'");
};

function pem(what: 'CERTIFICATE' | 'KEY'): Reader<string> {
  const looksRight =
    what === 'CERTIFICATE' ? /-----BEGIN CERTIFICATE-----/ : /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
  return (input, problems) => {
    if (typeof input.value === 'string' && looksRight.test(input.value)) return input.value;
    const kind = what === 'CERTIFICATE' ? 'certificate' : 'private key';
    // The value may be a key: it is not shown.
    return problems.add(
      input,
      `${subject(input)} must be a ${kind} in PEM: the text of the file, not its name.`,
      `Write readFileSync('…', 'utf8') there.`,
    );
  };
}

function certificate(r: RecordReader): Reader<ClientCertificate> {
  const pattern = fitting(isHostPattern, "a host such as 'shop.test' or '*.shop.test'");
  return (input, problems) => {
    const read = record<{ domains: readonly string[]; cert: string; key: string; password: string | false }>(
      ['domains', 'cert', 'key', 'password'],
      "{ domains: ['shop.test'], cert, key }",
      (reader) => ({
        domains: reader.optional('domains', listOf(pattern, "hosts, such as ['shop.test']"), []),
        cert: reader.required('cert', pem('CERTIFICATE'), 'the certificate in PEM'),
        key: reader.required('key', pem('KEY'), 'the private key in PEM'),
        password: reader.optional<string | false>('password', text, false),
      }),
      r,
    )(input, problems);
    return read && { ...read, password: read.password === false ? undefined : read.password };
  };
}

/** Empty defaults stand in for what is wrong: with a problem reported the result is never used. */
export function readNetwork(r: RecordReader): ResolvedNetwork {
  const standard = DEFAULT_NETWORK;
  const block = fitting(isAddressBlock, "an address or a network, such as '10.0.0.1' or '10.0.0.0/8'");
  const range = fitting(
    (value) => value.split(',').every((part) => isAddressBlock(part.trim())),
    "addresses of this machine, such as '10.0.0.1', '10.0.0.1-10.0.0.9' or '10.0.0.0/24'",
  );
  const dns = record<ResolvedNetwork['dns']>(
    ['ttl', 'select', 'policy'],
    "{ ttl: '5m', select: 'first', policy: 'preferIPv4' }",
    (reader) => ({
      ttlMs: reader.optional('ttl', ttl, standard.dns.ttlMs, '5m'),
      select: reader.optional('select', oneOf(DNS_SELECTS), standard.dns.select),
      policy: reader.optional('policy', oneOf(DNS_POLICIES), standard.dns.policy),
    }),
    r,
  );
  const localIPs = r.optional('localIPs', oneOrMore(range, 'addresses'), standard.localIPs) ?? [];
  return {
    http2: r.optional('http2', http2, standard.http2) ?? false,
    proxy: r.optional<string | false | undefined>(
      'proxy',
      proxy,
      undefined,
      'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
    ),
    hosts: r.optional('hosts', hosts, standard.hosts) ?? {},
    dns:
      r.optional('dns', dns, standard.dns, { ttl: '5m', select: 'roundRobin', policy: 'any' }) ??
      standard.dns,
    blacklistIPs:
      r.optional('blacklistIPs', listOf(block, "networks, such as ['10.0.0.0/8']"), standard.blacklistIPs) ??
      [],
    blockHostnames:
      r.optional(
        'blockHostnames',
        listOf(
          fitting(isHostPattern, "a host such as 'shop.test' or '*.shop.test'"),
          "hosts, such as ['*.shop.test']",
        ),
        standard.blockHostnames,
      ) ?? [],
    localIPs: localIPs.flatMap((part) => part.split(',').map((each) => each.trim())),
    tlsAuth:
      r.optional(
        'tlsAuth',
        listOf(certificate(r), 'certificates, such as [{ cert, key }]'),
        standard.tlsAuth,
      ) ?? [],
    tlsVersion: r.optional('tlsVersion', versions(r), standard.tlsVersion, 'any') ?? standard.tlsVersion,
    tlsCipherSuites:
      r.optional('tlsCipherSuites', listOf(suite, 'cipher suites'), standard.tlsCipherSuites) ?? [],
    tlsCA: r.optional('tlsCA', oneOrMore(pem('CERTIFICATE'), 'certificates'), standard.tlsCA) ?? [],
  };
}
