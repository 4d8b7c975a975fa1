import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function site() {
  return serving(
    httpServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://x');
      if (pathname === '/gone') response.writeHead(302, { location: '/echo' }).end();
      else if (pathname === '/empty') response.writeHead(204).end();
      else if (pathname === '/zip')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('small'));
      else if (pathname === '/reset') request.socket.destroy();
      else if (pathname === '/never') return;
      else {
        void read(request).then((body) => {
          response.setHeader('set-cookie', ['a=1', 'b=2']);
          response.statusCode = pathname === '/bad' ? 500 : 200;
          response.end(JSON.stringify({ method: request.method, headers: request.headers, body }));
        });
      }
    }),
  );
}

interface Echo {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

test('a Response as the platform has it', async () => {
  const { url } = await site();
  const { http, host } = vu();
  const response = await http.fetch(`${url}/echo?q=1`, {
    method: 'POST',
    headers: { 'X-A': 'b' },
    body: JSON.stringify({ n: 1 }),
  });
  expect(response).toBeInstanceOf(Response);
  expect([response.ok, response.status, response.url, response.redirected]).toEqual([
    true,
    200,
    `${url}/echo?q=1`,
    false,
  ]);
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  const echo = (await response.clone().json()) as Echo;
  expect(echo).toMatchObject({ method: 'POST', body: '{"n":1}' });
  expect(echo.headers).toMatchObject({ 'x-a': 'b', 'content-type': 'text/plain;charset=UTF-8' });
  expect(host.tagsOf('http_reqs')).toEqual([
    expect.objectContaining({ name: `${url}/echo`, method: 'POST', status: '200' }),
  ]);
});

test('bodies of all kinds', async () => {
  const { url } = await site();
  const { http } = vu();
  const sent = async (init: RequestInit): Promise<Echo> =>
    (await (await http.fetch(`${url}/echo`, { method: 'PUT', ...init })).json()) as Echo;
  expect((await sent({ body: new URLSearchParams({ a: '1' }) })).body).toBe('a=1');
  expect((await sent({ body: new Uint8Array([104, 105]) })).body).toBe('hi');
  const form = new FormData();
  form.append('f', new Blob(['data']), 'f.txt');
  const multipart = await sent({ body: form });
  expect(multipart.body).toContain('filename="f.txt"');
  expect(multipart.headers['content-type']).toContain('boundary=');
  const stream = new Blob(['streamed']).stream();
  expect((await sent({ body: stream, duplex: 'half' })).body).toBe('streamed');
  const request = new Request(`${url}/echo`, { method: 'PATCH', body: 'from a Request' });
  expect(await (await http.fetch(request)).json()).toMatchObject({ method: 'PATCH', body: 'from a Request' });
});

test('cookies are kept, unless they are to be omitted', async () => {
  const { url } = await site();
  const { http } = vu();
  await http.fetch(`${url}/echo`);
  const cookie = async (init?: RequestInit): Promise<string | undefined> =>
    ((await (await http.fetch(`${url}/echo`, init)).json()) as Echo).headers.cookie;
  expect(await cookie()).toBe('a=1; b=2');
  expect(await cookie({ credentials: 'omit' })).toBeUndefined();
});

test('redirects: followed, handed out, refused', async () => {
  const { url } = await site();
  const { http, host } = vu();
  const followed = await http.fetch(`${url}/gone`);
  expect([followed.url, followed.redirected]).toEqual([`${url}/echo`, true]);
  const manual = await http.fetch(`${url}/gone`, { redirect: 'manual' });
  expect([manual.status, manual.headers.get('location')]).toEqual([302, '/echo']);
  await expect(http.fetch(`${url}/gone`, { redirect: 'error' })).rejects.toThrow(TypeError);
  expect(host.tagsOf('http_reqs').map(({ status }) => status)).toEqual(['302', '200', '302', '302']);
});

test('no body, a compressed one, an error status', async () => {
  const { url } = await site();
  const { http, host } = vu();
  const empty = await http.fetch(`${url}/empty`);
  expect([empty.status, empty.body]).toEqual([204, null]);
  expect(await (await http.fetch(`${url}/zip`)).text()).toBe('small');
  const bad = await http.fetch(`${url}/bad`);
  expect([bad.ok, bad.status]).toEqual([false, 500]);
  expect(host.values('http_req_failed')).toEqual([0, 0, 1]);
});

test('rejects with a TypeError where there is no response, and with the reason of its signal', async () => {
  const { url } = await site();
  const { http, host } = vu();
  const error: unknown = await http.fetch(`${url}/reset`).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).cause).toMatchObject({ name: 'HttpError' });
  const controller = new AbortController();
  const pending = http.fetch(`${url}/never`, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('changed my mind')), 20);
  await expect(pending).rejects.toThrow('changed my mind');
  await expect(http.fetch(`${url}/never`, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  await expect(http.fetch('/relative')).rejects.toThrow(TypeError);
  expect(host.values('http_req_failed')).toEqual([1, 1, 1]);
});

test('an interruption ends it', async () => {
  const server = await site();
  const { http, host } = vu();
  const refused = expect(http.fetch(`${server.url}/never`)).rejects.toMatchObject({
    name: 'InterruptedError',
  });
  while (server.connections === 0) await tick(5);
  host.interrupt(new Error('the run ended'));
  await refused;
});

test('params say what fetch has no word for; a client gives base and headers', async () => {
  const { url } = await site();
  const { http, host } = vu();
  const api = http.client({ baseUrl: url, headers: { 'X-Team': 'a' } });
  const response = await api.fetch('/bad', { params: { tags: { name: 'bad' }, expectedStatuses: 500 } });
  expect(((await response.json()) as Echo).headers).toMatchObject({ 'x-team': 'a' });
  expect(host.tagsOf('http_reqs')[0]).toMatchObject({ name: 'bad', expected_response: 'true' });
  await api.fetch(http.url`/echo/${1}`);
  expect(host.tagsOf('http_reqs')[1]?.name).toBe(`${url}/echo/\${}`);
});
