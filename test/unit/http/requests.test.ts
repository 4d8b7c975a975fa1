import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
  readonly body: string;
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers, rawHeaders } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body }));
  });
}

test.each([
  ['get', 'GET'],
  ['post', 'POST'],
  ['put', 'PUT'],
  ['patch', 'PATCH'],
  ['del', 'DELETE'],
  ['options', 'OPTIONS'],
] as const)('%s sends %s', async (verb, method) => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http[verb](`${url}/path`);
  expect(response.status).toBe(200);
  expect(response.json<Echo>()).toMatchObject({ method, url: '/path' });
});

test('head gets headers, no body, and keeps the connection', async () => {
  const server = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.head(`${server.url}/`);
  expect(response.headers['content-type']).toBe('application/json');
  expect(response.body).toBe('');
  await http.get(`${server.url}/`);
  expect(server.connections).toBe(1);
});

test('request takes any method, in any case', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  expect((await http.request('PURGE', url)).json('method')).toBe('PURGE');
  expect((await http.request('delete', url, 'x')).json('method')).toBe('DELETE');
});

test('the user agent is the one of the options, unless the request has its own', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu({ userAgent: 'Brunt/9' });
  expect((await http.get(url)).json('headers.user-agent')).toBe('Brunt/9');
  const own = await http.get(url, { headers: { 'User-Agent': 'mine' } });
  expect(own.json('headers.user-agent')).toBe('mine');
});

test('headers: arrays repeat, numbers are written, undefined is left out', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.get(url, { headers: { 'X-A': ['1', '2'], 'x-n': 7, 'x-u': undefined } });
  const raw = response.json<Echo>().rawHeaders;
  expect(raw.filter((_, i) => raw[i - 1] === 'X-A')).toEqual(['1', '2']);
  expect(response.json('headers.x-n')).toBe('7');
  expect(response.json('headers.x-u')).toBeUndefined();
});

test('a header that cannot be sent throws, and the connection stays good', async () => {
  const server = await serving(httpServer(echo));
  const { http, host } = vu();
  await http.get(server.url);
  await expect(http.get(server.url, { headers: { 'bad name': 'x' } })).rejects.toThrow(/invalid header/);
  await expect(http.get(server.url, { headers: { x: 'line\nbreak' } })).rejects.toThrow(TypeError);
  expect((await http.get(server.url)).status).toBe(200);
  expect(server.connections).toBe(1);
  expect(host.sum('http_reqs')).toBe(2);
});

test('query is appended, encoded, arrays repeat, undefined is left out', async () => {
  const { url } = await serving(httpServer(echo));
  const { http, host } = vu();
  const query = { a: 'x y', b: [1, 2], c: undefined, d: true };
  const response = await http.get(`${url}/p?z=0`, { query });
  expect(response.json('url')).toBe('/p?z=0&a=x+y&b=1&b=2&d=true');
  expect(response.url).toBe(`${url}/p?z=0&a=x+y&b=1&b=2&d=true`);
  expect(host.tagsOf('http_reqs')[0]?.name).toBe(`${url}/p?z=0`);
});

test('a plain object is sent as a form', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.post(url, { user: 'a b', n: 1, list: ['x', 'y'], none: null });
  expect(response.json('body')).toBe('user=a+b&n=1&list=x&list=y');
  expect(response.json('headers.content-type')).toBe('application/x-www-form-urlencoded');
});

test('params.json sends JSON', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.post(url, null, { json: { a: [1] } });
  expect(response.json('body')).toBe('{"a":[1]}');
  expect(response.json('headers.content-type')).toBe('application/json');
  expect(response.json('headers.content-length')).toBe('9');
});

test('a plain object under a JSON content type is sent as JSON', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.post(url, { a: 1 }, { headers: { 'Content-Type': 'application/json' } });
  expect(response.json('body')).toBe('{"a":1}');
});

test('strings and bytes go as they are, without a content type', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  expect((await http.post(url, 'hé')).json('body')).toBe('hé');
  const bytes = await http.post(url, new Uint8Array([104, 105]));
  expect(bytes.json('body')).toBe('hi');
  expect(bytes.json('headers.content-type')).toBeUndefined();
  expect((await http.post(url, new Uint8Array([0, 104, 105, 0]).buffer.slice(1, 3))).json('body')).toBe('hi');
  expect((await http.post(url)).json('headers.content-length')).toBe('0');
});

test('URLSearchParams are a form', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.post(url, new URLSearchParams({ a: '1 2' }));
  expect(response.json('body')).toBe('a=1+2');
  expect(response.json('headers.content-type')).toMatch(/^application\/x-www-form-urlencoded/);
});

test('a body object with a file becomes multipart', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const response = await http.post(url, { field: 'v', upload: http.file('DATA', 'a"b.txt', 'text/plain') });
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(response.json('headers.content-type'))?.[1];
  expect(boundary).toBeTruthy();
  expect(response.json('body')).toBe(
    [
      `--${boundary}`,
      'content-disposition: form-data; name="field"',
      '',
      'v',
      `--${boundary}`,
      'content-disposition: form-data; name="upload"; filename="a%22b.txt"',
      'content-type: text/plain',
      '',
      'DATA',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  );
});

test('FormData with a file is multipart, a Blob brings its type', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  const form = new FormData();
  form.append('a', '1');
  form.append('f', new Blob(['xyz'], { type: 'text/css' }), 'f.css');
  const response = await http.post(url, form);
  expect(response.json('headers.content-type')).toMatch(/^multipart\/form-data/);
  expect(response.json('body')).toMatch(/filename="f.css"\r\ncontent-type: text\/css\r\n\r\nxyz\r\n/);
  expect((await http.post(url, new Blob(['q'], { type: 'text/x' }))).json('headers.content-type')).toBe(
    'text/x',
  );
});

test('user and password of the URL become basic auth and stay out of tags, URL and errors', async () => {
  const { url } = await serving(httpServer(echo));
  const { http, host } = vu();
  const withAuth = url.replace('http://', 'http://us%40er:p%3Aw@');
  const response = await http.get(`${withAuth}/x`);
  expect(response.json('headers.authorization')).toBe(`Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
  expect(response.url).toBe(`${url}/x`);
  expect(host.tagsOf('http_reqs')[0]?.name).toBe(`${url}/x`);
});

test('http.url names requests by their template', async () => {
  const { url } = await serving(httpServer(echo));
  const { http, host } = vu();
  const template = '$' + '{}/items/$' + '{}';
  for (const id of [1, 2])
    expect((await http.get(http.url`${url}/items/${id}`)).json('url')).toBe(`/items/${id}`);
  expect(host.tagsOf('http_reqs').map((t) => t.name)).toEqual([template, template]);
});

test('tags go to every sample of the request, and name replaces the URL', async () => {
  const { url } = await serving(httpServer(echo));
  const { http, host } = vu();
  await http.get(url, { tags: { name: 'home', team: 'a', n: 1 } });
  for (const metric of ['http_reqs', 'http_req_duration', 'http_req_failed']) {
    expect(host.tagsOf(metric)).toEqual([
      {
        scenario: 'default',
        name: 'home',
        team: 'a',
        n: '1',
        method: 'GET',
        status: '200',
        proto: 'HTTP/1.1',
        expected_response: 'true',
      },
    ]);
  }
});

test('localhost works for servers of either family', async () => {
  const { http } = vu();
  for (const address of ['127.0.0.1', '::1']) {
    const server = await serving(httpServer(echo, address));
    const response = await http.get(`http://localhost:${server.port}/`);
    expect(response.status).toBe(200);
    expect(response.remote_ip).toBe(address);
    expect(response.remote_port).toBe(server.port);
  }
});

test('unusual characters in a URL are encoded', async () => {
  const { url } = await serving(httpServer(echo));
  const { http } = vu();
  expect((await http.get(`${url}/a b/ü?q="x"#frag`)).json('url')).toBe('/a%20b/%C3%BC?q=%22x%22');
});

test.each([
  [undefined, /a URL was expected/],
  ['', /empty URL/],
  ['/relative', /not absolute/],
  ['undefined/products', /environment variable missing/],
  ['ftp://x/', /scheme is ftp/],
  ['ws://x/', /for WebSockets/],
])('the URL %j throws a TypeError at once', (url, message) => {
  const { http } = vu();
  expect(() => http.get(url as string)).toThrow(TypeError);
  expect(() => http.get(url as string)).toThrow(message);
});

test.each([
  [{ header: {} }, /there is no "header"; did you mean headers\?/],
  [{ timeout: 'soon' }, /params.timeout/],
  [{ timeout: -1 }, /params.timeout/],
  [{ redirects: 1.5 }, /params.redirects/],
  [{ responseType: 'json' }, /params.responseType/],
  [{ auth: 'ntlm' }, /params.auth/],
  [{ jar: {} }, /params.jar/],
  [{ headers: 'x' }, /params.headers/],
  [{ expectedStatuses: ['200'] }, /expectedStatuses/],
  ['GET', /an object was expected/],
])('params %j throw a TypeError at once', (params, message) => {
  const { http } = vu();
  expect(() => http.get('http://127.0.0.1:1/', params as never)).toThrow(TypeError);
  expect(() => http.get('http://127.0.0.1:1/', params as never)).toThrow(message);
});

test.each([
  [[1, 2], /cannot be an array/],
  [new Map(), /cannot be a Map/],
  [5, /cannot be a number/],
  [{ a: { b: 1 } }, /form field "a"/],
])('the body %j throws a TypeError at once', (body, message) => {
  const { http } = vu();
  expect(() => http.post('http://127.0.0.1:1/', body as never)).toThrow(message);
});

test('a body and params.json together throw', () => {
  const { http } = vu();
  expect(() => http.post('http://127.0.0.1:1/', 'x', { json: 1 })).toThrow(/not both/);
});

test('the functions need no this', async () => {
  const { url } = await serving(httpServer(echo));
  const { get } = vu().http;
  expect((await get(url)).status).toBe(200);
});

test('nothing is sent while the script loads', () => {
  const { http, host } = vu();
  host.initializing = true;
  expect(() => http.get('http://127.0.0.1:1/')).toThrow(/in setup\(\) or in an iteration/);
  expect(() => http.post('http://127.0.0.1:1/', 'x')).toThrow(/in setup\(\) or in an iteration/);
});
