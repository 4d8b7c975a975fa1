/** The options that say how connections are made: what is taken, what is refused, how flags spell it. */

import { expect, test } from 'vitest';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { plainOptions } from '../../../runner/summary/options.ts';
import { messagesOf, resolve } from './helpers.ts';

const CERT = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n';

const ALL = {
  http2: 'auto',
  proxy: 'http://ada:secret@proxy.test:3128',
  hosts: { 'shop.test': '10.0.0.1', 'shop.test:443': '[::1]:8443', '*.cdn.test': '10.0.0.2' },
  dns: { ttl: 'inf', select: 'first', policy: 'onlyIPv4' },
  blacklistIPs: ['10.0.0.0/8', '::1'],
  blockHostnames: ['*.evil.test'],
  localIPs: '10.0.0.1-10.0.0.9, 10.0.1.0/24',
  tlsAuth: [
    { domains: ['shop.test'], cert: CERT, key: KEY, password: 'secret' },
    { cert: CERT, key: KEY },
  ],
  tlsVersion: { min: 'tls1.2' },
  tlsCipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  tlsCA: CERT,
};

test('all of them', async () => {
  const { options } = await resolve(ALL);
  expect(options.network).toEqual({
    http2: 'auto',
    proxy: 'http://ada:secret@proxy.test:3128',
    hosts: { 'shop.test': '10.0.0.1', 'shop.test:443': '[::1]:8443', '*.cdn.test': '10.0.0.2' },
    dns: { ttlMs: Number.POSITIVE_INFINITY, select: 'first', policy: 'onlyIPv4' },
    blacklistIPs: ['10.0.0.0/8', '::1'],
    blockHostnames: ['*.evil.test'],
    localIPs: ['10.0.0.1-10.0.0.9', '10.0.1.0/24'],
    tlsAuth: [
      { domains: ['shop.test'], cert: CERT, key: KEY, password: 'secret' },
      { domains: [], cert: CERT, key: KEY, password: undefined },
    ],
    tlsVersion: { min: 'tls1.2', max: undefined },
    tlsCipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256'],
    tlsCA: [CERT],
  });
});

test('none of them', async () => {
  const { options } = await resolve({});
  expect(options.network).toEqual(DEFAULT_NETWORK);
});

test('keys and passwords do not get into results', async () => {
  const { options } = await resolve(ALL);
  const text = JSON.stringify(plainOptions(options));
  expect(text).not.toMatch(/secret|PRIVATE|BEGIN/);
  expect(plainOptions(options)).toMatchObject({
    proxy: 'http://***@proxy.test:3128',
    http2: 'auto',
    dns: { ttl: 'inf', select: 'first', policy: 'onlyIPv4' },
    tlsAuth: [{ domains: ['shop.test'] }, { domains: [] }],
  });
});

test('flags and variables', async () => {
  const { options } = await resolve(
    {},
    {
      argv: [
        ...['--http2', '--proxy', 'http://p:1', '--dns', 'ttl=0,select=random', '--local-ips', '10.0.0.1'],
        ...['--blacklist-ip', '10.0.0.0/8', '--blacklist-ip', '::1', '--tls-version', 'tls1.3'],
      ],
      env: { BRUNT_BLOCK_HOSTNAMES: 'a.test,*.b.test' },
    },
  );
  expect(options.network).toEqual({
    ...DEFAULT_NETWORK,
    http2: true,
    proxy: 'http://p:1',
    dns: { ttlMs: 0, select: 'random', policy: 'any' },
    blacklistIPs: ['10.0.0.0/8', '::1'],
    blockHostnames: ['a.test', '*.b.test'],
    localIPs: ['10.0.0.1'],
    tlsVersion: { min: 'tls1.3', max: 'tls1.3' },
  });
  const auto = await resolve({}, { argv: ['--http2=auto', '--proxy=false'] });
  expect(auto.options.network).toMatchObject({ http2: 'auto', proxy: false });
});

test.each([
  [{ http2: 'yes' }, "`http2` is 'yes': it must be true, false or 'auto'."],
  [{ proxy: 'proxy.test:3128' }, "Did you mean 'http://proxy.test:3128'?"],
  [{ hosts: { 'shop.test': 'other.test' } }, "`hosts['shop.test']` is 'other.test': it must be an address"],
  [{ hosts: { 'http://shop.test': '10.0.0.1' } }, 'Leave out the scheme.'],
  [{ hosts: ['x'] }, '`hosts` is an array: it must be an object of names and addresses'],
  [{ dns: { ttl: 'soon' } }, "`dns.ttl` is 'soon': it must be a duration"],
  [{ dns: { pollicy: 'any' } }, '`dns.pollicy` is not a part of `dns`. Did you mean `policy`?'],
  [{ dns: { select: 'round' } }, "it must be 'first', 'random' or 'roundRobin'"],
  [{ dns: 'x' }, "`dns` is 'x': it must be an object such as"],
  [
    { blacklistIPs: ['10.0.0.0/99'] },
    "`blacklistIPs[0]` is '10.0.0.0/99': it must be an address or a network",
  ],
  [{ blockHostnames: ['http://x'] }, '`blockHostnames[0]`'],
  [{ localIPs: '10.0.0.9-10.0.0.1' }, '`localIPs` is'],
  [{ tlsAuth: [{ cert: CERT }] }, '`tlsAuth[0]` lacks `key`'],
  [{ tlsAuth: [{ cert: '/cert.pem', key: KEY }] }, 'the text of the file, not its name'],
  [{ tlsVersion: 'tls1.4' }, "it must be 'tls1.0', 'tls1.1', 'tls1.2' or 'tls1.3'"],
  [{ tlsVersion: { min: 'tls1.3', max: 'tls1.2' } }, "goes from 'tls1.3' down to 'tls1.2'"],
  [{ tlsCipherSuites: ['FAST'] }, "`tlsCipherSuites[0]` is 'FAST': it must be a cipher suite"],
])('%j is refused', async (options, expected) => {
  const messages = await messagesOf(options);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain(expected);
});

test('what is refused is not shown where it may be a secret', async () => {
  const messages = await messagesOf({
    proxy: 'socks5://ada:hunter2@x',
    tlsAuth: [{ cert: CERT, key: 'hunter2' }],
  });
  expect(messages).toHaveLength(2);
  expect(messages.join()).not.toContain('hunter2');
});
