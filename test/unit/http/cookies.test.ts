import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

/** Sets what the query asks for and shows the cookies that arrived. */
function cookieServer() {
  return serving(
    httpServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      response.setHeader('set-cookie', query.getAll('set'));
      const to = query.get('to');
      if (to !== null) response.writeHead(302, { location: to });
      response.end(request.headers.cookie ?? '');
    }),
  );
}

test('a cookie comes back on the next request, until the iteration ends', async () => {
  const { url } = await cookieServer();
  const { http, host } = vu();
  await http.get(url, { query: { set: ['a=1', 'b=2; HttpOnly'] } });
  expect((await http.get(url)).body).toBe('a=1; b=2');
  host.endIteration();
  expect((await http.get(url)).body).toBe('');
});

test('noCookiesReset keeps them', async () => {
  const { url } = await cookieServer();
  const { http, host } = vu({ noCookiesReset: true });
  await http.get(url, { query: { set: 'a=1' } });
  host.endIteration();
  expect((await http.get(url)).body).toBe('a=1');
});

test('every VU has its own', async () => {
  const { url } = await cookieServer();
  await vu().http.get(url, { query: { set: 'a=1' } });
  expect((await vu().http.get(url)).body).toBe('');
});

test('paths count, and a cookie that expires goes', async () => {
  const { url } = await cookieServer();
  const { http } = vu();
  await http.get(`${url}/`, { query: { set: ['a=1; Path=/deep', 'b=2; Max-Age=1'] } });
  expect((await http.get(`${url}/`)).body).toBe('b=2');
  expect((await http.get(`${url}/deep/er`)).body).toBe('a=1; b=2');
  await tick(1100);
  expect((await http.get(`${url}/deep/er`)).body).toBe('a=1');
});

test('a cookie set by a redirect is sent to where it leads', async () => {
  const { url } = await cookieServer();
  const response = await vu().http.get(url, { query: { set: 'login=yes', to: '/home' } });
  expect(response.url).toBe(`${url}/home`);
  expect(response.body).toBe('login=yes');
});

test('params.cookies are added, or replace those of the jar', async () => {
  const { url } = await cookieServer();
  const { http } = vu();
  await http.get(url, { query: { set: 'a=1' } });
  expect((await http.get(url, { cookies: { b: '2' } })).body).toBe('a=1; b=2');
  expect((await http.get(url, { cookies: { a: { value: '3', replace: true } } })).body).toBe('a=3');
  expect((await http.get(url)).body).toBe('a=1');
});

test('a jar of its own, and none', async () => {
  const { url } = await cookieServer();
  const { http } = vu();
  await http.get(url, { query: { set: 'vu=1' } });
  const jar = new http.CookieJar();
  await http.get(url, { jar, query: { set: 'own=1' } });
  expect((await http.get(url, { jar })).body).toBe('own=1');
  expect((await http.get(url, { jar: null, query: { set: 'lost=1' } })).body).toBe('');
  expect((await http.get(url)).body).toBe('vu=1');
});

test("k6's jar methods", async () => {
  const { url } = await cookieServer();
  const { http } = vu();
  const jar = http.cookieJar();
  jar.set(url, 'a', '1', { path: '/', max_age: 60 });
  jar.set(`${url}/x`, 'b', '2', { http_only: true });
  expect(jar.cookiesForURL(`${url}/x`)).toEqual({ a: ['1'], b: ['2'] });
  expect((await http.get(url)).body).toContain('a=1');
  jar.delete(url, 'a');
  expect(jar.cookiesForURL(url).a).toBeUndefined();
  jar.clear(url);
  expect((await http.get(`${url}/`)).body).toBe('');
  expect(() => jar.set(url, 'x', 'y', { domain: 'elsewhere.test' })).toThrow(/cannot be set for/);
});

test('as browsers do: domains, paths, Secure, prefixes, and what a site may not set', async () => {
  const { http } = vu();
  const jar = http.cookieJar();
  const at = (url: string): string => Object.keys(jar.cookiesForURL(url)).sort().join(' ');
  jar.set('https://www.shop.test/cart/', 'host', '1');
  jar.set('https://www.shop.test/', 'wide', '1', { domain: 'shop.test', path: '/' });
  jar.set('https://www.shop.test/', 'dotted', '1', { domain: '.shop.test', path: '/' });
  jar.set('https://www.shop.test/', 'safe', '1', { secure: true, path: '/' });
  jar.set('https://www.shop.test/', 'deep', '1', { path: '/a/b' });
  jar.set('https://www.shop.test/', 'old', '1', { path: '/', expires: new Date(0) });
  expect(at('https://www.shop.test/cart/1')).toBe('dotted host safe wide');
  expect(at('http://www.shop.test/')).toBe('dotted wide');
  expect(at('https://api.shop.test/')).toBe('dotted wide');
  expect(at('https://shop.test.evil.test/')).toBe('');
  expect(at('https://www.shop.test/a/b/c')).toBe('deep dotted safe wide');
  expect(at('https://www.shop.test/a/bc')).toBe('dotted safe wide');
  // A port is no part of a cookie's place.
  expect(at('https://www.shop.test:8443/')).toBe('dotted safe wide');
});

test('a cookie of a response: a foreign domain is ignored, a newer value replaces, Max-Age=0 deletes', async () => {
  const { url } = await cookieServer();
  const { http } = vu();
  await http.get(url, { query: { set: ['evil=1; Domain=elsewhere.test', 'a=1; Path=/', 'b=1; Path=/'] } });
  expect((await http.get(url)).body).toBe('a=1; b=1');
  await http.get(url, { query: { set: ['a=2; Path=/', 'b=x; Path=/; Max-Age=0'] } });
  expect((await http.get(url)).body).toBe('a=2');
  const replaced = await http.get(url, { headers: { Cookie: 'own=1' }, cookies: { more: '2' } });
  expect(replaced.body).toBe('own=1; a=2; more=2');
});
