import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

function answering(body: string | Buffer, headers: Record<string, string | string[]> = {}, status = 200) {
  return serving(
    httpServer((_request, response) => {
      response.writeHead(status, headers);
      response.end(body);
    }),
  );
}

test('headers are read in any spelling and listed in lower case', async () => {
  const { url } = await answering('x', { 'X-One': '1', 'X-Two': ['a', 'b'] });
  const response = await vu().http.get(url);
  expect(response.headers['X-One']).toBe('1');
  expect(response.headers['x-one']).toBe('1');
  expect(response.headers['x-TWO']).toBe('a, b');
  expect(response.header('X-ONE')).toBe('1');
  expect(response.headers['x-none']).toBeUndefined();
  expect('X-One' in response.headers).toBe(true);
  expect(Object.keys(response.headers)).toContain('x-one');
});

test('status text, protocol, URL and request', async () => {
  const { url, port } = await answering('x', {}, 404);
  const response = await vu().http.post(`${url}/a`, 'body', { headers: { 'X-Y': '1' } });
  expect(response).toMatchObject({ status: 404, statusText: 'Not Found', status_text: '404 Not Found' });
  expect(response).toMatchObject({
    proto: 'HTTP/1.1',
    url: `${url}/a`,
    remote_ip: '127.0.0.1',
    remote_port: port,
  });
  expect(response.request).toMatchObject({ method: 'POST', url: `${url}/a`, body: 'body' });
  expect(response.request.headers['x-y']).toBe('1');
});

test('a body of many chunks is whole', async () => {
  const parts = Array.from({ length: 50 }, (_, i) => String(i).repeat(20_000));
  const { url } = await serving(
    httpServer((_request, response) => {
      for (const part of parts) response.write(part);
      response.end();
    }),
  );
  const response = await vu().http.get(url);
  expect(response.body).toBe(parts.join(''));
  expect(response.size).toBe(parts.join('').length);
});

test('json, and paths into it', async () => {
  const { url } = await answering('{"a":{"b.c":[{"id":1},{"id":2},{}]},"n":null}');
  const response = await vu().http.get(url);
  expect(response.json()).toEqual({ a: { 'b.c': [{ id: 1 }, { id: 2 }, {}] }, n: null });
  expect(response.json('a.b\\.c.1.id')).toBe(2);
  expect(response.json('a.b\\.c.#')).toBe(3);
  expect(response.json('a.b\\.c.#.id')).toEqual([1, 2]);
  expect(response.json('n')).toBeNull();
  expect(response.json('n.x')).toBeUndefined();
  expect(response.json('toString')).toBeUndefined();
});

test('json of what is none says status, type and the beginning', async () => {
  const page = `<html>${'x'.repeat(200)}</html>`;
  const { url } = await answering(page, { 'content-type': 'text/html' }, 502);
  const response = await vu().http.get(`${url}/a`);
  let message = '';
  try {
    response.json();
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(
    `GET ${url}/a is not JSON: status 502, text/html, the body begins "${page.slice(0, 80)}…"`,
  );
  expect(message).not.toContain(page.slice(0, 90));
});

test('json of an empty body, and of no response', async () => {
  const { url } = await answering('', {}, 200);
  const { http } = vu();
  const empty = await http.get(url);
  expect(() => empty.json()).toThrow(/the body is empty/);
  const failed = await http.get('http://127.0.0.1:1/');
  expect(() => failed.json()).toThrow(/there was no response \(connection refused/);
});

test('the charset of the content type decides', async () => {
  const { url } = await answering(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), {
    'content-type': 'text/plain; charset=shift_jis',
  });
  expect((await vu().http.get(url)).body).toBe('日本');
});

test('responseType bytes, binary and none', async () => {
  const { url } = await answering('abc');
  const { http } = vu();
  const bytes = await http.get(url, { responseType: 'bytes' });
  expect(bytes.body).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(bytes.body).toString()).toBe('abc');
  const binary = await http.get(url, { responseType: 'binary' });
  expect(binary.body).toBeInstanceOf(ArrayBuffer);
  expect(binary.body.byteLength).toBe(3);
  const none = await http.get(url, { responseType: 'none' });
  expect(none.body).toBeNull();
  expect(() => none.json()).toThrow(/discarded/);
});

test('discardResponseBodies drops bodies but counts them, and a request may want its own', async () => {
  const { url } = await answering('x'.repeat(5000));
  const { http, host } = vu({ discardResponseBodies: true });
  expect((await http.get(url)).body).toBeNull();
  expect(host.sum('data_received')).toBeGreaterThan(5000);
  expect((await http.get(url, { responseType: 'text' })).body).toHaveLength(5000);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
] as const)('a %s body is decompressed', async (encoding, compress) => {
  const { url } = await answering(compress(Buffer.from('hello')), { 'content-encoding': encoding });
  expect((await vu().http.get(url)).body).toBe('hello');
});

test('a broken gzip body is error 1701', async () => {
  const { url } = await answering('not gzip', { 'content-encoding': 'gzip' });
  const response = await vu().http.get(url);
  expect(response).toMatchObject({ status: 0, errorCode: 1701 });
  expect(response.error).toMatch(/cannot be decompressed/);
});

test('cookies of the response, with their attributes', async () => {
  const { url } = await answering('x', {
    'set-cookie': [
      'a=1; Path=/p; HttpOnly; Secure; Max-Age=60',
      'b=x=y; Domain=d.test; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
    ],
  });
  const { cookies } = await vu().http.get(url);
  expect(cookies.a?.[0]).toMatchObject({
    value: '1',
    path: '/p',
    httpOnly: true,
    secure: true,
    maxAge: 60,
    max_age: 60,
  });
  expect(cookies.b?.[0]).toMatchObject({ value: 'x=y', domain: 'd.test', expires: Date.UTC(2099, 0, 1) });
});

test('early hints come before the response and are not it', async () => {
  const { url } = await serving(
    httpServer((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
    }),
  );
  expect(await vu().http.get(url)).toMatchObject({ status: 200, body: 'done' });
});

test('statuses from 400 have 1000 + status as their code, and no error', async () => {
  const { url } = await answering('x', {}, 503);
  const { http, host } = vu();
  expect(await http.get(`${url}/cart?id=1`)).toMatchObject({
    status: 503,
    error: '',
    errorCode: 1503,
    error_code: 1503,
  });
  expect(host.values('http_req_failed')).toEqual([1]);
  expect(host.values('http_req_duration')).toHaveLength(1);
  expect(host.tagsOf('http_reqs')[0]).toMatchObject({
    status: '503',
    error_code: '1503',
    expected_response: 'false',
  });
  expect(host.counted).toEqual([
    { label: 'GET /cart', code: 1503, message: 'unexpected status 503 Service Unavailable' },
  ]);
});

test('expected statuses: per request, per VU, and none at all', async () => {
  const { url } = await answering('x', {}, 404);
  const { http, host } = vu();
  await http.get(url, { expectedStatuses: 404 });
  await http.get(url, { expectedStatuses: [200, { min: 400, max: 410 }] });
  await http.get(url, { responseCallback: http.expectedStatuses(404) });
  http.setResponseCallback(http.expectedStatuses({ min: 404, max: 404 }));
  await http.get(url);
  expect(host.values('http_req_failed')).toEqual([0, 0, 0, 0]);
  await http.get(url, { expectedStatuses: null });
  expect(host.values('http_req_failed')).toHaveLength(4);
  expect(host.values('http_reqs')).toHaveLength(5);
  expect(host.tagsOf('http_reqs')[4]).not.toHaveProperty('expected_response');
  await http.get(url, { expectedStatuses: 200 });
  expect(host.values('http_req_failed')).toEqual([0, 0, 0, 0, 1]);
});
