import { expect, test } from 'vitest';
import { InvalidUrlError, parseTarget } from '../../../dsl/http/url.ts';

// Every URL is split as the platform's URL splits it, whether by hand or not.
test.each([
  'http://example.com',
  'http://example.com/',
  'http://example.com/a/b?c=d&e=f%20g',
  'https://example.com:443/x',
  'https://example.com:8443/x',
  'http://example.com:80',
  'http://EXAMPLE.com/Path',
  'http://127.0.0.1:3000/a',
  'http://127.1/a',
  'http://0x7f.0.0.1/',
  'http://2130706433/',
  'http://127.0.0.1.:80/',
  'http://[::1]:8080/x',
  'http://a.b/x/../y/./z',
  'http://a.b/x/%2e%2e/y',
  'http://a.b/.hidden',
  'http://a.b/a b',
  'http://a.b/ü?q=ü',
  'http://a.b?x=1',
  "http://a.b/x?y='1'",
  'http://a.b/x?y="1"|{2}',
  'http://a.b/x#frag',
  'http://a.b/x?y#frag?z',
  'http://my_service:8080/x',
  'http://xn--bcher-kva.test/',
  'http://bücher.test/',
  'http://a.b//double//slash',
  'http://a.b/?',
  'http://a.b:0080/x',
  'http://a-b.c-d/x;p=1,2@3:4!$&()*+~',
])('%s', (text) => {
  const url = new URL(text);
  const target = parseTarget(text);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  expect(target.origin.href).toBe(url.origin);
  expect(target.origin.authority).toBe(url.host);
  expect(target.origin.port).toBe(port);
  expect(target.origin.host).toBe(url.hostname.replace(/^\[|\]$/g, ''));
  expect(target.path).toBe(url.href.slice(url.origin.length).replace(/#.*/, ''));
  expect(target.href).toBe(url.href.replace(/#.*/, ''));
  expect(target.name).toBe(text.replace(/#.*/, ''));
});

test('an origin is one object for all its URLs', () => {
  expect(parseTarget('http://same.test/a').origin).toBe(parseTarget('http://SAME.test:80/b').origin);
});

test('user and password are kept apart', () => {
  const target = parseTarget('http://user:pa%20ss@a.test/x');
  expect(target).toMatchObject({ href: 'http://a.test/x', name: 'http://a.test/x' });
  expect(target.authorization).toBe(`Basic ${Buffer.from('user:pa ss').toString('base64')}`);
});

test.each(['http://a.b:65536/', 'http://a.b:0/', 'http://', 'http://a b/', 'http://1.2.3.400/'])(
  '%s cannot be parsed',
  (text) => {
    expect(() => parseTarget(text)).toThrow(InvalidUrlError);
  },
);

test('many distinct URLs do not pile up', () => {
  for (let i = 0; i < 20_000; i++) parseTarget(`http://many.test/${i}`);
  expect(parseTarget('http://many.test/7').path).toBe('/7');
});
