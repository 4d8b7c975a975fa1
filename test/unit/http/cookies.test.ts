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
