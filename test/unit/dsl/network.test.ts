/** The grammar of network options. */

import { describe, expect, test } from 'vitest';
import {
  addressFilter,
  cipherSuite,
  HostTable,
  isAddressBlock,
  isHostKey,
  isHostPattern,
  isProxyUrl,
  localAddress,
  parsePlace,
} from '../../../dsl/network.ts';

test.each([
  ['10.0.0.1', { host: '10.0.0.1', port: undefined }],
  ['10.0.0.1:8080', { host: '10.0.0.1', port: 8080 }],
  ['::1', { host: '::1', port: undefined }],
  ['[::1]', { host: '::1', port: undefined }],
  ['[::1]:443', { host: '::1', port: 443 }],
  ['10.0.0.1:0', undefined],
  ['10.0.0.1:65536', undefined],
  ['10.0.0', undefined],
  ['shop.test', undefined],
  ['shop.test:80', undefined],
  ['', undefined],
])('the place %j', (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

test.each(['shop.test', '*.shop.test', '*', 'a_b-c.test', 'localhost'])('%j is a pattern', (text) => {
  expect(isHostPattern(text)).toBe(true);
});

test.each(['', '*shop.test', 'shop.*', 'http://shop.test', 'shop.test/', '.shop.test', '-a.test'])(
  '%j is none',
  (text) => {
    expect(isHostPattern(text)).toBe(false);
  },
);

test('keys of hosts may have a port', () => {
  expect(['shop.test:443', '*.shop.test:1', 'shop.test'].every(isHostKey)).toBe(true);
  expect(['shop.test:0', 'shop.test:', ':80'].some(isHostKey)).toBe(false);
});

test('the exact name wins, then the longest pattern', () => {
  const table = new HostTable<number>();
  for (const [i, pattern] of ['*', '*.test', '*.shop.test', 'a.shop.test'].entries()) table.add(pattern, i);
  expect(
    ['A.shop.test', 'b.shop.test', 'x.b.shop.test', 'shop.test', 'x'].map((name) => table.find(name)),
  ).toEqual([3, 2, 2, 1, 0]);
});

describe('addresses', () => {
  const within = addressFilter(['10.0.0.0/8', '192.168.0.5', '172.16.0.1-172.16.0.9', '2001:db8::/32']);
  test.each([
    ['10.255.255.255', true],
    ['11.0.0.0', false],
    ['192.168.0.5', true],
    ['192.168.0.6', false],
    ['172.16.0.9', true],
    ['172.16.0.10', false],
    ['2001:db8:1::1', true],
    ['2001:db9::1', false],
    ['::ffff:10.0.0.1', true],
  ])('%s: %s', (address, expected) => {
    expect(within(address)).toBe(expected);
  });

  test.each(['10.0.0.0/33', '10.0.0.9-10.0.0.1', '10.0.0.1-::1', '::/129', 'x', '10.0.0.0/8/8', ''])(
    '%j is no block',
    (text) => {
      expect(isAddressBlock(text)).toBe(false);
    },
  );
});

test('local addresses: VUs take turns over all blocks; a network lends neither its name nor its broadcast', () => {
  const blocks = ['10.0.0.8/30', '10.1.0.1', '::1-::2'];
  expect([1, 2, 3, 4, 5, 6].map((vu) => localAddress(blocks, vu))).toEqual([
    '10.0.0.9',
    '10.0.0.10',
    '10.1.0.1',
    '0:0:0:0:0:0:0:1',
    '0:0:0:0:0:0:0:2',
    '10.0.0.9',
  ]);
  expect(localAddress([], 1)).toBeUndefined();
  expect(localAddress(['10.0.0.0/31'], 2)).toBe('10.0.0.1');
  expect(localAddress(['10.0.0.1'], 0)).toBe('10.0.0.1');
});

test.each([
  ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA256', 'AES128-SHA256'],
  ['ecdhe-rsa-aes128-gcm-sha256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_NOTHING', undefined],
])('the suite %s is %s', (name, openssl) => {
  expect(cipherSuite(name)).toBe(openssl);
});

test('proxies', () => {
  expect(['http://p', 'https://u:p@p:3128', 'http://[::1]:3128/'].every(isProxyUrl)).toBe(true);
  expect(['p:3128', 'socks5://p', 'http://', 'http://p/path', ''].some(isProxyUrl)).toBe(false);
});
