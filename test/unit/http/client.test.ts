import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

function echo() {
  return serving(
    httpServer((request, response) => {
      const { method, url, headers } = request;
      const status =
        url?.startsWith('/private') === true && headers.authorization !== 'Bearer new' ? 401 : 200;
      response.writeHead(status).end(JSON.stringify({ method, url, headers }));
    }),
  );
}

test('baseUrl is put in front of what is not absolute', async () => {
  const { url } = await echo();
  const { http, host } = vu();
  const api = http.client({ baseUrl: `${url}/v1/` });
  const asked = async (path: string): Promise<string> => (await api.get(path)).json<Echo>().url;
  expect(await asked('items')).toBe('/v1/items');
  expect(await asked('/items')).toBe('/v1/items');
  expect(await asked('?q=1')).toBe('/v1/?q=1');
  expect(await asked(`${url}/other`)).toBe('/other');
  expect((await api.get(http.url`/items/${7}`)).json<Echo>().url).toBe('/v1/items/7');
  expect(host.tagsOf('http_reqs').at(-1)?.name).toBe(`${url}/v1/items/\${}`);
  const [first] = await api.batch(['/a', '/b']);
  expect(first?.json<Echo>().url).toBe('/v1/a');
});

test('headers, query, tags and cookies are merged by name; other params give way', async () => {
  const { url } = await echo();
  const { http, host } = vu();
  const api = http.client({
    baseUrl: url,
    headers: { Authorization: 'Bearer t', 'X-Team': 'a' },
    params: {
      query: { v: 1, lang: 'en' },
      tags: { team: 'a', part: 'x' },
      cookies: { c: '1' },
      expectedStatuses: 404,
    },
  });
  const sent = await api.get('/x', {
    headers: { 'x-team': 'b' },
    query: { lang: ['de', 'fr'] },
    tags: { part: 'y' },
    expectedStatuses: 200,
  });
  const { url: path, headers } = sent.json<Echo>();
  expect(path).toBe('/x?v=1&lang=de&lang=fr');
  expect(headers).toMatchObject({ authorization: 'Bearer t', 'x-team': 'b', cookie: 'c=1' });
  expect(host.tagsOf('http_reqs')[0]).toMatchObject({ team: 'a', part: 'y', expected_response: 'true' });
  const pairs = await api.get('/x', { query: new URLSearchParams('v=2&w=3') });
  expect(pairs.json<Echo>().url).toBe('/x?lang=en&v=2&w=3');
});

test('hooks see and change the request, and may answer with another response', async () => {
  const { url } = await echo();
  const { http, host } = vu();
  let token = 'old';
  const seen: string[] = [];
  const api = http.client({
    baseUrl: url,
    hooks: {
      beforeRequest: [
        (request) => {
          request.headers.Authorization = `Bearer ${token}`;
        },
        async (request) => {
          await Promise.resolve();
          request.params = { ...request.params, tags: { step: 'two' } };
        },
      ],
      afterResponse: async (response, request) => {
        seen.push(`${request.method} ${response.status}`);
        if (response.status !== 401) return;
        token = 'new';
        return http.request(request.method, request.url, request.body, {
          headers: { Authorization: `Bearer ${token}` },
        });
      },
    },
  });
  const response = await api.post('/private', 'x');
  expect(response.status).toBe(200);
  expect((await api.get('/private')).status).toBe(200);
  expect(seen).toEqual(['POST 401', 'GET 200']);
  expect(host.tagsOf('http_reqs').map(({ status, step }) => [status, step])).toEqual([
    ['401', 'two'],
    ['200', undefined],
    ['200', 'two'],
  ]);
  const all = await api.batch({ one: '/private', two: ['PUT', '/private', 'y'] });
  expect([all.one.status, all.two.json<Echo>().method]).toEqual([200, 'PUT']);
  expect(seen).toHaveLength(4);
});

test('a hook that throws rejects the call', async () => {
  const { url } = await echo();
  const { http, host } = vu();
  const hooks = {
    beforeRequest: () => {
      throw new Error('no token');
    },
  };
  await expect(http.client({ baseUrl: url, hooks }).get('/')).rejects.toThrow('no token');
  expect(host.values('http_reqs')).toEqual([]);
});

test('a client of a client adds to it; cookies and connections are shared', async () => {
  const server = await echo();
  const { http, host } = vu();
  const api = http.client({ baseUrl: server.url, headers: { a: '1', b: '1' } });
  const users = api.client({
    baseUrl: '/users',
    headers: { b: '2' },
    name: ({ method }) => `${method} user`,
  });
  const { url, headers } = (await users.get('/7')).json<Echo>();
  expect(url).toBe('/users/7');
  expect(headers).toMatchObject({ a: '1', b: '2' });
  await http.get(server.url);
  expect(server.connections).toBe(1);
  expect(host.tagsOf('http_reqs')[0]?.name).toBe('GET user');
});

test.each([
  [{ baseURL: 'http://x' }, /no "baseURL"; did you mean baseUrl/],
  [{ baseUrl: 'example.com' }, /neither absolute|no absolute/],
  [{ hooks: { before: [] } }, /no "before"/],
  [{ hooks: { beforeRequest: 'x' } }, /no function/],
])('%j is refused', (options, message) => {
  expect(() => vu().http.client(options as never)).toThrow(message);
});

test('trace context: a header of its own per request, its ids in the response', async () => {
  const { url } = await echo();
  const { http } = vu();
  const api = http.client({ baseUrl: url, params: { traceContext: true } });
  const first = await api.get('/');
  const second = await api.get('/');
  expect(first.json<Echo>().headers.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  expect(first.json<Echo>().headers.traceparent).toBe(first.trace?.traceparent);
  expect(second.trace?.traceId).not.toBe(first.trace?.traceId);
  const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  const given = await api.get('/', { headers: { Traceparent: own } });
  expect(given.json<Echo>().headers.traceparent).toBe(own);
  expect(given.trace).toMatchObject({ spanId: 'b7ad6b7169203331' });
  expect((await http.get(url)).trace).toBeUndefined();
});

test('the option traceContext is the default of all requests', async () => {
  const { url } = await echo();
  const { http } = vu({ traceContext: true });
  expect((await http.get(url)).trace?.traceId).toMatch(/^[\da-f]{32}$/);
  expect((await http.get(url, { traceContext: false })).trace).toBeUndefined();
});

test('attempts of one call are spans of one trace', async () => {
  const seen: string[] = [];
  const server = await serving(
    httpServer((request, response) => {
      seen.push(String(request.headers.traceparent));
      response.writeHead(seen.length === 1 ? 503 : 200).end();
    }),
  );
  await vu().http.get(server.url, { traceContext: true, retry: { times: 1, backoff: 0 } });
  const ids = seen.map((header) => header.split('-'));
  expect(ids[0]?.[1]).toBe(ids[1]?.[1]);
  expect(ids[0]?.[2]).not.toBe(ids[1]?.[2]);
});
