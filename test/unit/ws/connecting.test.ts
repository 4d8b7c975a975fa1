import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { createHttp } from '../../../dsl/http/http.ts';
import { httpServer, rawServer } from '../../helpers/servers.ts';
import { closing, echo, tick, until, vu, wsServer } from './harness.ts';

test('an open socket knows its handshake', async () => {
  let head: Record<string, unknown> = {};
  const server = await wsServer(
    (_, request) => {
      head = { ...request.headers, url: request.url };
    },
    { handleProtocols: (offered) => (offered.has('b') ? 'b' : false) },
  );
  const { ws, host } = vu();
  const socket = await ws.connect(`${server.url}/chat?room=1#top`, {
    headers: { 'X-Token': 7, skipped: undefined },
    subprotocols: ['a', 'b'],
    tags: { kind: 'x' },
  });
  expect(socket.subprotocol).toBe('b');
  expect(socket.headers.upgrade).toBe('websocket');
  expect(socket.url).toBe(`${server.url}/chat?room=1`);
  expect(socket.isOpen).toBe(true);
  expect(head).toMatchObject({
    url: '/chat?room=1',
    'x-token': '7',
    'user-agent': 'Brunt/test',
    'sec-websocket-protocol': 'a,b',
  });
  expect(head).not.toHaveProperty('skipped');
  expect(host.samples.filter(({ metric }) => metric === 'ws_sessions')).toEqual([
    {
      metric: 'ws_sessions',
      tags: { scenario: 'default', name: `${server.url}/chat?room=1`, status: '101', kind: 'x' },
      value: 1,
    },
  ]);
  expect(host.values('ws_connecting')).toHaveLength(1);
});

test('http URLs and URL objects are taken as well; user and password become a header', async () => {
  const seen: (string | undefined)[] = [];
  const server = await wsServer((_, request) => seen.push(request.headers.authorization));
  const { ws, host } = vu();
  await ws.connect(server.url.replace('ws:', 'http:'));
  await ws.connect(new URL(server.url.replace('//', '//ann:p%40ss@')));
  expect(seen).toEqual([undefined, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`]);
  expect(JSON.stringify(host.samples)).not.toContain('p%40ss');
});

test('cookies are those of http, and cookies of the handshake are kept', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  const http = createHttp(host);
  const page = server.url.replace('ws:', 'http:');
  http.cookieJar().set(page, 'session', 'abc');
  let cookie: string | undefined;
  const other = await wsServer((_, request) => {
    cookie = request.headers.cookie;
  });
  http.cookieJar().set(other.url.replace('ws:', 'http:'), 'sid', '1');
  await ws.connect(other.url, { headers: { Cookie: 'own=2' } });
  expect(cookie).toContain('own=2; ');
  expect(cookie).toContain('sid=1');
  await ws.connect(other.url, { jar: null });
  expect(cookie).toBeUndefined();
});

test('a cookie that the handshake sets goes with the next one', async () => {
  const cookies: (string | undefined)[] = [];
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('headers', (headers) => headers.push('Set-Cookie: seen=yes; Path=/'));
  const { createServer } = await import('node:http');
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    cookies.push(request.headers.cookie);
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing(async () => {
    for (const client of sockets.clients) client.terminate();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const { port } = server.address() as { port: number };
  const { ws } = vu();
  await ws.connect(`ws://127.0.0.1:${port}/`);
  await ws.connect(`ws://127.0.0.1:${port}/`);
  expect(cookies).toEqual([undefined, 'seen=yes']);
});

test('TLS: wss works with a trusted server or without checking, and fails with the codes of http', async () => {
  const { WebSocketServer } = await import('ws');
  const { createServer } = await import('node:https');
  const { selfSigned } = await import('../../helpers/servers.ts');
  const server = createServer(selfSigned('DNS:localhost,IP:127.0.0.1'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', echo);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing(async () => {
    for (const client of sockets.clients) client.terminate();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const { port } = server.address() as { port: number };
  const open = vu({ insecureSkipTLSVerify: true });
  const socket = await open.ws.connect(`wss://localhost:${port}/`);
  expect((await socket.request('x'.repeat(100_000))).size).toBe(100_000);
  await socket.close();
  const strict = vu();
  await expect(strict.ws.connect(`wss://localhost:${port}/`)).rejects.toMatchObject({ code: 1310 });
  expect(strict.host.counted[0]).toMatchObject({ label: 'WS /', code: 1310 });
});

test('nobody listens: 1212', async () => {
  const server = await httpServer(() => {});
  await server.close();
  const { ws, host } = vu();
  await expect(ws.connect(`ws://127.0.0.1:${server.port}/chat`)).rejects.toMatchObject({
    name: 'WsError',
    code: 1212,
    status: 0,
  });
  expect(host.counted).toEqual([
    { label: 'WS /chat', code: 1212, message: `connection refused by 127.0.0.1:${server.port}` },
  ]);
  expect(host.tagsOf('ws_errors')).toEqual([
    {
      scenario: 'default',
      name: `ws://127.0.0.1:${server.port}/chat`,
      status: '0',
      error_code: '1212',
    },
  ]);
  expect(host.values('ws_sessions')).toEqual([]);
});

test('no such host: 1101', async () => {
  const { ws } = vu();
  await expect(ws.connect('ws://nowhere.invalid/')).rejects.toMatchObject({ code: 1101 });
});

test.each([
  [401, 1401],
  [503, 1503],
  [200, 1801],
  [302, 1801],
])('a handshake that is answered with %i: %i', async (status, code) => {
  const server = await httpServer((_, response) => {
    response.writeHead(status, { location: '/elsewhere' }).end('no');
  });
  closing(() => server.close());
  const { ws, host } = vu();
  await expect(ws.connect(server.url)).rejects.toMatchObject({ code, status });
  expect(host.tagsOf('ws_errors')).toMatchObject([{ status: String(status), error_code: String(code) }]);
  await server.idle();
});

test('a subprotocol that was not offered: 1802', async () => {
  const server = await wsServer(() => {}, { handleProtocols: () => 'other' });
  const { ws } = vu();
  await expect(ws.connect(server.url, { subprotocols: 'mine' })).rejects.toMatchObject({ code: 1802 });
  await server.idle();
});

test.each([
  ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n', 1690],
  [
    'a wrong accept key',
    'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    1801,
  ],
  ['another protocol', 'HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n', 1801],
])('%s in place of the handshake', async (_, answer, code) => {
  const server = await rawServer((socket) => socket.once('data', () => socket.write(answer)));
  closing(() => server.close());
  const { ws, host } = vu();
  await expect(ws.connect(server.url)).rejects.toMatchObject({ code });
  expect(host.counted).toHaveLength(1);
  await server.idle();
});

test('a connection that is closed or reset during the handshake', async () => {
  const ended = await rawServer((socket) => socket.once('data', () => socket.end()));
  const reset = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  closing(() => ended.close());
  closing(() => reset.close());
  const { ws } = vu();
  await expect(ws.connect(ended.url)).rejects.toMatchObject({ code: 1200 });
  await expect(ws.connect(reset.url)).rejects.toMatchObject({ code: 1220 });
});

test('a server that says nothing: 1050 at the limit, and no socket stays', async () => {
  const server = await rawServer((socket) => socket.resume());
  closing(() => server.close());
  const { ws, host } = vu();
  const startedAt = performance.now();
  await expect(ws.connect(server.url, { timeout: 100 })).rejects.toMatchObject({
    code: 1050,
    message: 'WS /: the handshake timed out after 100 ms',
  });
  expect(performance.now() - startedAt).toBeGreaterThan(95);
  await server.idle();
  expect(host.sum('data_sent')).toBe(server.bytesRead);
});

test('a TLS handshake that never ends: 1050', async () => {
  const server = await rawServer((socket) => socket.resume());
  closing(() => server.close());
  const { ws } = vu();
  const connecting = ws.connect(server.url.replace('http', 'wss'), { timeout: 100 });
  await expect(connecting).rejects.toMatchObject({ code: 1050 });
  await server.idle();
});

test('an interruption ends a handshake and is no error', async () => {
  const server = await rawServer((socket) => socket.resume());
  closing(() => server.close());
  const { ws, host } = vu();
  const connecting = ws.connect(server.url);
  await until(() => server.open.size === 1);
  host.interrupt(new Error('stop'));
  await expect(connecting).rejects.toBeInstanceOf(InterruptedError);
  await expect(ws.connect(server.url)).rejects.toBeInstanceOf(InterruptedError);
  expect(host.counted).toEqual([]);
  await server.idle();
  await tick(20);
  expect(server.connections).toBe(1);
});

test('mistakes of the call are TypeErrors that name them', async () => {
  const { ws, host } = vu();
  const wrong = (url: unknown, params?: unknown): Promise<unknown> =>
    ws.connect(url as string, params as Record<string, never>);
  await expect(wrong(undefined)).rejects.toThrow(
    'a URL was expected (a string, a URL or http.url), not undefined',
  );
  await expect(wrong('ftp://x/')).rejects.toThrow(
    '"ftp://x/" is no WebSocket URL; start it with ws:// or wss://',
  );
  await expect(wrong('undefined/ws')).rejects.toThrow('is an environment variable missing?');
  await expect(wrong('ws://x/', { protocols: 'a' })).rejects.toThrow(
    'there is no "protocols"; did you mean subprotocols?',
  );
  await expect(wrong('ws://x/', { timeout: 'soon' })).rejects.toThrow(
    'ws.connect params.timeout: "soon" is not a duration',
  );
  await expect(wrong('ws://x/', { buffer: -1 })).rejects.toThrow('buffer: -1 is not a whole number from 0');
  await expect(wrong('ws://x/', { subprotocols: ['a b'] })).rejects.toThrow(
    '"a b" is not the name of a subprotocol',
  );
  await expect(wrong('ws://127.0.0.1:1/', { headers: { 'bad name': '1' } })).rejects.toThrow();
  host.initializing = true;
  await expect(wrong('ws://x/')).rejects.toThrow('cannot be called while the script loads');
  host.initializing = false;
  expect(host.counted.filter(({ code }) => code !== 1212)).toEqual([]);
  await expect(wrong('ws://x:99999/')).rejects.toMatchObject({ name: 'WsError', code: 1020 });
});

test('a header that cannot be written is a mistake of the call', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  await expect(ws.connect(server.url, { headers: { 'bad name': '1' } })).rejects.toBeInstanceOf(TypeError);
  expect(host.counted).toEqual([]);
  await server.idle();
});
