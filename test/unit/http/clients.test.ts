/** Other people's clients, measured without changing them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, get as nodeGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import got from 'got';
import createOpenApi from 'openapi-fetch';
import { expect, test } from 'vitest';
import { httpServer, httpsServer, type TestServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

function shop(): Promise<TestServer> {
  return serving(
    httpServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://x');
      if (pathname === '/moved') {
        response.writeHead(302, { location: '/items/1' }).end('elsewhere');
        return;
      }
      if (pathname === '/hangup') {
        request.socket.destroy();
        return;
      }
      if (pathname === '/cut') {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setTimeout(() => request.socket.destroy(), 20);
        return;
      }
      if (pathname === '/never') return;
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        response.statusCode = pathname === '/missing' ? 404 : 200;
        response.setHeader('content-type', 'application/json');
        response.setHeader('set-cookie', 'seen=1; Path=/');
        response.end(
          JSON.stringify({ path: request.url, method: request.method, body, cookie: request.headers.cookie }),
        );
      });
    }),
  );
}

interface Echo {
  readonly path: string;
  readonly method: string;
  readonly body: string;
  readonly cookie?: string;
}

test('axios over agents: counted, timed, named without the query, on one connection', async () => {
  const server = await shop();
  const { http, host } = vu();
  const api = axios.create({ baseURL: server.url, ...http.agents() });
  const first = await api.post<Echo>('/items?page=2', { name: 'tea' });
  const second = await api.get<Echo>('/items/1');
  expect(first.data).toMatchObject({ method: 'POST', body: '{"name":"tea"}', path: '/items?page=2' });
  expect(second.data.path).toBe('/items/1');
  expect(server.connections).toBe(1);
  expect(host.tagsOf('http_reqs')).toEqual([
    expect.objectContaining({
      name: `${server.url}/items`,
      method: 'POST',
      status: '200',
      proto: 'HTTP/1.1',
    }),
    expect.objectContaining({ name: `${server.url}/items/1`, method: 'GET', status: '200' }),
  ]);
  expect(host.values('http_req_failed')).toEqual([0, 0]);
  const [connecting, reused] = host.values('http_req_connecting');
  expect(connecting).toBeGreaterThan(0);
  expect(reused).toBe(0);
  for (const ms of host.values('http_req_duration')) expect(ms).toBeGreaterThan(0);
});

test('what a server read and wrote is what the agents counted', async () => {
  const server = await shop();
  const { http, host } = vu();
  const api = axios.create({ baseURL: server.url, ...http.agents() });
  for (let i = 0; i < 5; i++) await api.post('/items', { n: i, text: 'x'.repeat(1000) });
  await host.retire();
  await server.idle();
  expect(host.sum('data_sent')).toBe(server.bytesRead);
  expect(host.sum('data_received')).toBe(server.bytesWritten);
});

test('every hop of a redirect that axios follows', async () => {
  const server = await shop();
  const { http, host } = vu();
  const response = await axios.get<Echo>(`${server.url}/moved`, http.agents());
  expect(response.data.path).toBe('/items/1');
  expect(host.tagsOf('http_reqs').map(({ status }) => status)).toEqual(['302', '200']);
  expect(host.counted).toEqual([]);
});

test('failures: a status, no answer, a cut body, a refused connection, a time limit of the client', async () => {
  const server = await shop();
  const { http, host } = vu();
  const api = axios.create({ baseURL: server.url, ...http.agents() });
  await expect(api.get('/missing')).rejects.toMatchObject({ response: { status: 404 } });
  await expect(api.get('/hangup')).rejects.toThrow();
  await expect(api.get('/cut')).rejects.toThrow();
  await expect(api.get('/never', { timeout: 50 })).rejects.toThrow(/timeout/);
  await server.close();
  await expect(api.get('/items')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(host.counted.map(({ label, code }) => [label, code])).toEqual([
    ['GET /missing', 1404],
    ['GET /hangup', expect.toSatisfy((code: number) => code === 1200 || code === 1220)],
    ['GET /cut', expect.toSatisfy((code: number) => code === 1200 || code === 1220)],
    ['GET /never', 1050],
    ['GET /items', 1212],
  ]);
  expect(host.values('http_req_failed')).toEqual([1, 1, 1, 1, 1]);
  // Only what was answered has a time.
  expect(host.values('http_req_duration')).toHaveLength(1);
});

test('got over agents', async () => {
  const server = await shop();
  const { http, host } = vu();
  const { http: plain, https } = http.agents();
  const echo = await got(`${server.url}/items/7`, { agent: { http: plain, https } }).json<Echo>();
  expect(echo.path).toBe('/items/7');
  expect(host.tagsOf('http_reqs')).toEqual([
    expect.objectContaining({ name: `${server.url}/items/7`, status: '200' }),
  ]);
});

test('a client of http names what its agents and its fetch send', async () => {
  const server = await shop();
  const { http, host } = vu();
  const client = http.client({ name: ({ url }) => url.pathname.replace(/\/\d+/g, '/:id') });
  await axios.get(`${server.url}/items/12`, client.agents());
  await client.fetch(`${server.url}/items/13`);
  expect(host.tagsOf('http_reqs').map(({ name }) => name)).toEqual(['/items/:id', '/items/:id']);
});

test('openapi-fetch with our fetch', async () => {
  interface Paths {
    '/items/{id}': {
      get: {
        parameters: { path: { id: number }; query?: { full?: boolean } };
        responses: { 200: { content: { 'application/json': Echo } } };
      };
    };
  }
  const server = await shop();
  const { http, host } = vu();
  const api = createOpenApi<Paths>({ baseUrl: server.url, fetch: http.fetch });
  const { data, response } = await api.GET('/items/{id}', {
    params: { path: { id: 3 }, query: { full: true } },
  });
  expect(data?.path).toBe('/items/3?full=true');
  expect(response.status).toBe(200);
  expect(host.tagsOf('http_reqs')).toEqual([
    expect.objectContaining({ name: `${server.url}/items/3`, method: 'GET', status: '200' }),
  ]);
});

test('inside of instrument: the global fetch, node:http and agents of its own are measured; outside they are not', async () => {
  const server = await shop();
  const { http, host } = vu();
  const own = new Agent({ keepAlive: true });
  const viaNode = (): Promise<number> =>
    new Promise((resolve, reject) => {
      nodeGet(`${server.url}/node`, { agent: own }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      }).on('error', reject);
    });
  const statuses = await http.instrument(async () => [
    (await fetch(`${server.url}/fetch?x=1`)).status,
    (await axios.get(`${server.url}/axios`)).status,
    await viaNode(),
  ]);
  expect(statuses).toEqual([200, 200, 200]);
  const names = ['fetch', 'axios', 'node'].map((name) => `${server.url}/${name}`);
  expect(host.tagsOf('http_reqs').map(({ name }) => name)).toEqual(names);
  await fetch(`${server.url}/fetch`);
  await axios.get(`${server.url}/axios`);
  await viaNode();
  expect(host.values('http_reqs')).toHaveLength(3);
  own.destroy();
});

test('two VUs inside of instrument at the same time are told apart', async () => {
  const server = await shop();
  const a = vu();
  const b = vu();
  await Promise.all([
    a.http.instrument(() => axios.get(`${server.url}/a`)),
    b.http.instrument(async () => {
      await axios.get(`${server.url}/b`);
      await fetch(`${server.url}/b`);
    }),
  ]);
  expect(a.host.tagsOf('http_reqs').map(({ name }) => name)).toEqual([`${server.url}/a`]);
  expect(b.host.tagsOf('http_reqs').map(({ name }) => name)).toEqual([`${server.url}/b`, `${server.url}/b`]);
});

test('an interruption ends what clients have under way, and a retired VU leaves no connection', async () => {
  const server = await shop();
  const { http, host } = vu();
  const pending = axios.get(`${server.url}/never`, http.agents());
  const refused = expect(pending).rejects.toThrow('the run ended');
  while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  host.interrupt(new Error('the run ended'));
  await refused;
  expect(host.values('http_reqs')).toEqual([1]);
  expect(host.values('http_req_failed')).toEqual([]);
  await expect(axios.get(`${server.url}/items`, http.agents())).rejects.toThrow();
  host.endIteration();
  await axios.get(`${server.url}/items`, http.agents());
  expect(server.open.size).toBe(1);
  await host.retire();
  await server.idle();
});

test("https: over the VU's TLS settings, with the time of the handshake; a bad certificate has its code", async () => {
  const server = await serving(httpsServer((_, response) => void response.end('{"secret":true}')));
  const url = server.url.replace('127.0.0.1', 'localhost');
  const { http, host } = vu({ insecureSkipTLSVerify: true });
  const api = axios.create({ baseURL: url, ...http.agents() });
  expect((await api.get('/a')).data).toEqual({ secret: true });
  await api.get('/a');
  await http.instrument(() => axios.get(`${url}/a`));
  expect(server.connections).toBe(1);
  const [first, ...rest] = host.values('http_req_tls_handshaking');
  expect(first).toBeGreaterThan(0);
  expect(rest).toEqual([0, 0]);
  const strict = vu();
  await expect(axios.get(url, strict.http.agents())).rejects.toThrow(/unknown authority/);
  expect(strict.host.counted).toEqual([expect.objectContaining({ code: 1310 })]);
});

test('noConnectionReuse: a connection for every request', async () => {
  const server = await shop();
  const { http } = vu({ noConnectionReuse: true });
  const api = axios.create({ baseURL: server.url, ...http.agents() });
  for (let i = 0; i < 3; i++) await api.get('/items');
  expect(server.connections).toBe(3);
});

test('a Unix socket is asked as its client means it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'brunt-socket-'));
  const socketPath = join(dir, 's');
  const server = createServer((_, response) => void response.end('from the socket'));
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  const { http, host } = vu();
  const answer = await axios.get('http://localhost/x', { socketPath, ...http.agents() });
  const inside = await http.instrument(() => axios.get('http://localhost/x', { socketPath }));
  expect([answer.data, inside.data]).toEqual(['from the socket', 'from the socket']);
  expect(host.tagsOf('http_reqs').map(({ status }) => status)).toEqual(['200', '200']);
  await host.retire();
  // Comes back only when the VU has left no connection.
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});
