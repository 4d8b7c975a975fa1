import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

/** `/<status>/to/<path>` redirects there; everything else shows what arrived. */
function redirecting(other?: () => string) {
  return serving(
    httpServer((request, response) => {
      const match = /^\/(\d{3})\/to(\/.*)$/.exec(request.url ?? '');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (match !== null) {
          response.writeHead(Number(match[1]), { location: `${other?.() ?? ''}${match[2]}` });
          response.end();
          return;
        }
        const { method, url, headers } = request;
        response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
      });
    }),
  );
}

test.each([
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [302, 'HEAD', 'HEAD', undefined],
  [307, 'POST', 'POST', 'body'],
  [308, 'PUT', 'PUT', 'body'],
])('%i turns %s into %s', async (status, method, expected, body) => {
  const { url } = await redirecting();
  const { http, host } = vu();
  const response = await http.request(method, `${url}/${status}/to/end`, method === 'HEAD' ? null : 'body', {
    headers: { 'content-type': 'text/plain' },
  });
  expect(response.status).toBe(200);
  expect(response.url).toBe(`${url}/end`);
  expect(response.request.method).toBe(expected);
  if (body !== undefined) {
    expect(response.json('method')).toBe(expected);
    expect(response.json('body')).toBe(body);
    expect(response.json('headers.content-type')).toBe(body === '' ? undefined : 'text/plain');
  }
  expect(host.tagsOf('http_reqs').map((t) => [t.status, t.method, t.name])).toEqual([
    [String(status), method, `${url}/${status}/to/end`],
    ['200', expected, `${url}/end`],
  ]);
});

test('each hop is a request of its own, over the same connection', async () => {
  const server = await redirecting();
  const { http, host } = vu();
  const response = await http.get(`${server.url}/302/to/307/to/301/to/end`, { tags: { name: 'chain' } });
  expect(response.json('url')).toBe('/end');
  expect(host.tagsOf('http_req_duration').map((t) => t.name)).toEqual(['chain', 'chain', 'chain', 'chain']);
  expect(host.values('http_req_failed')).toEqual([0, 0, 0, 0]);
  expect(server.connections).toBe(1);
});

test('redirects: 0 returns the redirect', async () => {
  const { url } = await redirecting();
  const response = await vu().http.get(`${url}/302/to/end`, { redirects: 0 });
  expect(response).toMatchObject({ status: 302 });
  expect(response.headers.Location).toBe('/end');
});

test('after too many the last one is returned, with one warning', async () => {
  const { url } = await serving(
    httpServer((_request, response) => {
      response.writeHead(302, { location: '/again' });
      response.end();
    }),
  );
  const { http, host } = vu({ maxRedirects: 3 });
  expect(await http.get(url)).toMatchObject({ status: 302, error: '' });
  expect(host.sum('http_reqs')).toBe(4);
  await http.get(url, { redirects: 1 });
  expect(host.sum('http_reqs')).toBe(6);
  expect(host.lines).toEqual([
    { level: 'warn', message: expect.stringContaining('stopped after 3 redirects') },
  ]);
});

test('credentials do not go to another origin', async () => {
  const end = await redirecting();
  const { url } = await redirecting(() => end.url);
  const params = {
    headers: { Authorization: 'Bearer x', Cookie: 'own=1', 'X-Keep': 'y' },
    cookies: { c: '2' },
  };
  const foreign = await vu().http.get(`${url}/302/to/end`, params);
  expect(foreign.json('headers.authorization')).toBeUndefined();
  expect(foreign.json('headers.cookie')).toBeUndefined();
  expect(foreign.json('headers.x-keep')).toBe('y');
  const same = await vu().http.get(`${end.url}/302/to/end`, params);
  expect(same.json('headers.authorization')).toBe('Bearer x');
  expect(same.json('headers.cookie')).toBe('own=1; c=2');
});

test('user and password of the URL stay on their origin', async () => {
  const end = await redirecting();
  const { url } = await redirecting(() => end.url);
  const withUser = (u: string) => u.replace('://', '://u:p@');
  expect((await vu().http.get(`${withUser(url)}/302/to/end`)).json('headers.authorization')).toBeUndefined();
  expect((await vu().http.get(`${withUser(end.url)}/302/to/end`)).json('headers.authorization')).toMatch(
    /^Basic/,
  );
});

test.each(['http://[bad/', 'ftp://x/'])('a redirect to %s is an error', async (location) => {
  const { url } = await serving(
    httpServer((_request, response) => {
      response.writeHead(302, { location });
      response.end();
    }),
  );
  expect(await vu().http.get(url)).toMatchObject({ status: 0, errorCode: 1020 });
});

test('a redirect without location is the response', async () => {
  const { url } = await serving(httpServer((_request, response) => response.writeHead(302).end('here')));
  expect(await vu().http.get(url)).toMatchObject({ status: 302, body: 'here' });
});

test('the timeout covers all hops', async () => {
  const { url } = await serving(
    httpServer((_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/next' }).end(), 60);
    }),
  );
  expect(await vu().http.get(url, { timeout: 200 })).toMatchObject({ status: 0, errorCode: 1050 });
});

test('every response that led on is in `redirects`, and measured', async () => {
  const { url } = await serving(
    httpServer((request, response) => {
      const to = { '/a': '/b', '/b': '/c?x=1' }[request.url ?? ''];
      if (to === undefined) response.end('there');
      else response.writeHead(request.url === '/a' ? 301 : 307, { location: to }).end();
    }),
  );
  const { http, host } = vu();
  const response = await http.post(`${url}/a`, 'x');
  expect(
    response.redirects.map(({ status, method, url: from, location }) => [status, method, from, location]),
  ).toEqual([
    [301, 'POST', `${url}/a`, `${url}/b`],
    [307, 'GET', `${url}/b`, `${url}/c?x=1`],
  ]);
  const durations = response.redirects.map(({ timings }) => timings.duration);
  expect(host.values('http_req_duration').slice(0, 2)).toEqual(durations);
  expect((await http.get(`${url}/there`)).redirects).toEqual([]);
});
