/** HTTP/2 against Node's own server, which counts sessions and streams. */

import { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import type { ResolvedNetwork } from '../../../dsl/network.ts';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import { type H2Server, type OnStream, h2Server as startH2 } from '../../helpers/h2.ts';
import { relay } from '../../helpers/relay.ts';
import { httpServer, httpsServer, rawServer, selfSigned } from '../../helpers/servers.ts';
import { vu as plainVu, serving, tick } from './harness.ts';

let identity: ReturnType<typeof selfSigned>;
const closers: (() => Promise<void>)[] = [];

beforeAll(() => {
  identity = selfSigned('DNS:localhost,IP:127.0.0.1');
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function h2Server(onStream: OnStream, secure = true, settings = {}): Promise<H2Server> {
  const server = await startH2(onStream, secure ? identity : undefined, settings);
  closers.push(() => server.close());
  return server;
}

function vu(http2: ResolvedNetwork['http2'] = 'auto', over: Partial<ResolvedOptions> = {}) {
  return plainVu({ insecureSkipTLSVerify: true, network: { ...DEFAULT_NETWORK, http2 }, ...over });
}

const hello: OnStream = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain', 'x-two': 'yes' });
  stream.end('hello');
};

test('a response over HTTP/2', async () => {
  const server = await h2Server(hello);
  const { http, host } = vu();
  const res = await http.get(`${server.url}/path?q=1`);
  expect(res).toMatchObject({
    status: 200,
    proto: 'HTTP/2.0',
    body: 'hello',
    error: '',
    remote_ip: '127.0.0.1',
  });
  expect(res.headers).toMatchObject({ 'content-type': 'text/plain', 'x-two': 'yes' });
  expect(res.headers[':status']).toBeUndefined();
  expect(host.tagsOf('http_reqs')).toEqual([expect.objectContaining({ proto: 'HTTP/2.0', status: '200' })]);
  const { connecting, tls_handshaking, waiting } = res.timings;
  expect(connecting).toBeGreaterThan(0);
  expect(tls_handshaking).toBeGreaterThan(0);
  expect(waiting).toBeGreaterThan(0);
});

test('20 requests at once share one connection from the first on, side by side', async () => {
  const waiting: ServerHttp2Stream[] = [];
  const server = await h2Server((stream) => {
    waiting.push(stream);
    if (waiting.length < 20) return;
    for (const each of waiting) hello(each, {});
  });
  const { http, host } = vu();
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => http.get(`${server.url}/${i}`)));
  expect(all.map((res) => res.status)).toEqual(Array(20).fill(200));
  expect(server).toMatchObject({ sessions: 1, streams: 20, most: 20 });
  expect(host.values('http_req_connecting').filter((ms) => ms > 0)).toHaveLength(1);
  waiting.splice(0);
  const more = Array.from({ length: 20 }, () => http.get(server.url));
  expect((await Promise.all(more)).every((res) => res.timings.connecting === 0)).toBe(true);
  expect(server.sessions).toBe(1);
});

test('more requests than the server allows streams: more connections, no more streams on each', async () => {
  let most = 0;
  const now = new Map<Http2Session | undefined, number>();
  const server = await h2Server(
    (stream) => {
      const { session } = stream;
      now.set(session, (now.get(session) ?? 0) + 1);
      most = Math.max(most, now.get(session) ?? 0);
      setTimeout(() => {
        now.set(session, (now.get(session) ?? 0) - 1);
        hello(stream, {});
      }, 30);
    },
    true,
    { maxConcurrentStreams: 5 },
  );
  const { http } = vu();
  await http.get(server.url);
  const all = await Promise.all(Array.from({ length: 12 }, () => http.get(server.url)));
  expect(all.every((res) => res.status === 200)).toBe(true);
  expect(most).toBe(5);
  expect(server.sessions).toBe(3);
});

test('bodies go both ways', async () => {
  const server = await h2Server((stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('end', () => {
      stream.respond({ ':status': 201, 'x-method': headers[':method'] });
      stream.end(Buffer.concat(parts));
    });
  });
  const { http } = vu();
  const text = 'x'.repeat(300_000);
  expect(await http.post(server.url, text)).toMatchObject({ status: 201, body: text });
  expect((await http.post(server.url, Readable.from([text, text]))).size).toBe(600_000);
  expect((await http.request('PURGE', server.url)).header('x-method')).toBe('PURGE');
  const streamed = await http.post(server.url, text, { responseType: 'stream' });
  let size = 0;
  for await (const part of streamed.body) size += (part as Buffer).length;
  expect(size).toBe(text.length);
});

test('a stream that is read slowly slows the server down', async () => {
  let written = 0;
  const server = await h2Server((stream) => {
    stream.respond({ ':status': 200 });
    const more = (): void => {
      while (written < 100_000_000) {
        written += 65_536;
        if (!stream.write(Buffer.alloc(65_536))) {
          stream.once('drain', more);
          return;
        }
      }
      stream.end();
    };
    more();
  });
  const { http } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  await tick(300);
  expect(written).toBeLessThan(30_000_000);
  res.body.destroy();
  // The connection is still good for others.
  expect((await http.get(server.url, { responseType: 'stream' })).status).toBe(200);
  expect(server.sessions).toBe(1);
});

test('headers: names in lower case, Host as authority, none of the connection; cookies and redirects work', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = await h2Server((stream, headers) => {
    seen.push(headers);
    if (headers[':path'] === '/from') {
      stream.respond({ ':status': 302, location: '/to', 'set-cookie': ['a=1', 'b=2'] });
    } else stream.respond({ ':status': 204 });
    stream.end();
  });
  const { http } = vu();
  const res = await http.get(`${server.url}/from`, {
    headers: { 'X-Custom': ['1', '2'], Connection: 'keep-alive', Host: 'shop.test' },
  });
  expect(res).toMatchObject({ status: 204, url: `${server.url}/to`, body: '' });
  expect(seen[0]).toMatchObject({
    ':authority': 'shop.test',
    'x-custom': '1, 2',
    'user-agent': 'Brunt/test',
  });
  expect(seen[0]?.connection).toBeUndefined();
  expect(seen[1]).toMatchObject({ cookie: 'a=1; b=2', ':path': '/to' });
});

test("'auto' falls back to HTTP/1.1, each request on its own connection again", async () => {
  const server = await serving(
    httpsServer((_request, response) => setTimeout(() => response.end('one'), 20)),
  );
  const { http } = vu();
  const all = await Promise.all([1, 2, 3].map(() => http.get(server.url)));
  expect(all.map((res) => [res.body, res.proto])).toEqual(Array(3).fill(['one', 'HTTP/1.1']));
  expect(server.connections).toBe(3);
  const plain = await serving(httpServer((_request, response) => response.end('plain')));
  expect(await http.get(plain.url)).toMatchObject({ body: 'plain', proto: 'HTTP/1.1' });
});

test('true over http speaks it without asking; over https a server without it is refused', async () => {
  const server = await h2Server(hello, false);
  const { http } = vu(true);
  expect(await http.get(server.url)).toMatchObject({ status: 200, proto: 'HTTP/2.0', body: 'hello' });
  const old = await serving(httpsServer((_request, response) => response.end('one')));
  expect(await http.get(old.url)).toMatchObject({ status: 0, errorCode: 1300 });
});

test('off unless asked for; a request may ask for itself', async () => {
  const server = await h2Server(hello);
  const { http } = vu(false);
  const own = await http.get(server.url, { http2: 'auto' });
  expect(own.proto).toBe('HTTP/2.0');
});

test.each([
  [constants.NGHTTP2_INTERNAL_ERROR, 1633, 'the server reset the stream (HTTP/2 INTERNAL_ERROR)'],
  [constants.NGHTTP2_CANCEL, 1639, 'the server reset the stream (HTTP/2 CANCEL)'],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 1642, 'the server reset the stream (HTTP/2 ENHANCE_YOUR_CALM)'],
])('a stream that is reset with %i fails alone: %i', async (code, expected, message) => {
  const server = await h2Server((stream, headers) => {
    if (headers[':path'] === '/bad') stream.close(code);
    else setTimeout(() => hello(stream, headers), 50);
  });
  const { http, host } = vu();
  const [bad, good] = await Promise.all([http.get(`${server.url}/bad`), http.get(`${server.url}/good`)]);
  expect(bad).toMatchObject({ status: 0, errorCode: expected, error: message });
  expect(good.status).toBe(200);
  expect(server.sessions).toBe(1);
  expect(host.tagsOf('http_reqs').map((tags) => tags.error_code)).toContain(String(expected));
});

test('a stream that is refused is sent once more, whatever its method', async () => {
  let refused = 0;
  const server = await h2Server((stream, headers) => {
    if (refused++ === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else hello(stream, headers);
  });
  const { http, host } = vu();
  expect((await http.post(server.url, 'x')).status).toBe(200);
  expect(host.values('http_reqs')).toEqual([1]);
  expect(server.streams).toBe(2);
});

test('a body that breaks off in the middle', async () => {
  const server = await h2Server((stream) => {
    stream.respond({ ':status': 200 });
    stream.write('half');
    setTimeout(() => stream.destroy(new Error('broken')), 20);
  });
  const { http } = vu();
  expect(await http.get(server.url)).toMatchObject({ status: 0, errorCode: 1633, body: '' });
});

test('a connection that dies takes its requests with it; the next gets a new one', async () => {
  const server = await h2Server((stream, headers) => {
    if (headers[':path'] === '/bad')
      setTimeout(() => {
        for (const socket of server.sockets) socket.destroy();
      }, 20);
    else if (headers[':path'] !== '/hang') hello(stream, headers);
  });
  const { http } = vu();
  const both = await Promise.all([http.get(`${server.url}/bad`), http.get(`${server.url}/hang`)]);
  for (const res of both) expect([1200, 1220]).toContain(res.errorCode);
  expect((await http.get(server.url)).status).toBe(200);
  expect(server.sessions).toBe(2);
});

test('GOAWAY: what is under way ends well, what follows goes to a new connection', async () => {
  const server = await h2Server((stream, headers) => {
    if (headers[':path'] !== '/last') return hello(stream, headers);
    stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
    setTimeout(() => hello(stream, headers), 50);
  });
  const { http } = vu();
  const last = http.get(`${server.url}/last`);
  await tick(25);
  const next = http.get(server.url);
  expect((await last).status).toBe(200);
  expect((await next).status).toBe(200);
  expect(server.sessions).toBe(2);
});

test('GOAWAY with an error: 1610 and its code', async () => {
  const server = await h2Server((stream) => {
    stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
  const { http } = vu();
  const res = await http.get(server.url);
  expect(res).toMatchObject({ status: 0, errorCode: 1622 });
  expect(res.error).toContain('ENHANCE_YOUR_CALM');
});

test('a time limit ends one stream only', async () => {
  const server = await h2Server((stream, headers) => {
    if (headers[':path'] === '/slow') return;
    hello(stream, headers);
  });
  const { http } = vu();
  const slow = await http.get(`${server.url}/slow`, { timeout: 80 });
  expect(slow).toMatchObject({ status: 0, errorCode: 1050 });
  expect((await http.get(server.url)).status).toBe(200);
  expect(server.sessions).toBe(1);
});

test('a half-open connection is left: what follows goes to a new one, and back when it answers', async () => {
  const server = await h2Server((stream, headers) => {
    if (headers[':path'] !== '/slow') hello(stream, headers);
  }, false);
  const between = await relay(server.port);
  const url = `http://127.0.0.1:${between.port}`;
  const { http } = vu(true);
  expect((await http.get(url)).status).toBe(200);
  between.freeze();
  expect(await http.get(url, { timeout: 80 })).toMatchObject({ status: 0, errorCode: 1050 });
  // The relay lets new connections through.
  expect((await http.get(url)).status).toBe(200);
  expect(between.open.size).toBe(2);

  // A server that is slow, but there, keeps its connection.
  const direct = vu(true);
  expect((await direct.http.get(server.url)).status).toBe(200);
  const sessions = server.sessions;
  expect((await direct.http.get(`${server.url}/slow`, { timeout: 80 })).errorCode).toBe(1050);
  await tick(50);
  expect((await direct.http.get(server.url)).status).toBe(200);
  expect(server.sessions).toBe(sessions);
});

const FRAME = (length: number, type: number, flags: number, stream: number, payload = ''): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
};
const SETTINGS = FRAME(0, 4, 0, 0);

test.each([
  ['is no HTTP/2', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 1650],
  ['is a response that was not asked for', Buffer.concat([SETTINGS, FRAME(1, 1, 4, 2, '\x88')]), 1650],
  ['opens the window by nothing', Buffer.concat([SETTINGS, FRAME(4, 8, 0, 0, '\0\0\0\0')]), 1650],
  // Here Node's client says goodbye and hears nothing more.
  ['has a frame that is too long', Buffer.concat([SETTINGS, FRAME(0xff_ff_ff, 0, 0, 1)]), 1050],
  ['has data on no stream', Buffer.concat([SETTINGS, FRAME(1, 0, 0, 0, 'x')]), 1050],
  ['has headers that cannot be decoded', Buffer.concat([SETTINGS, FRAME(1, 1, 4, 1, '\xff')]), 1050],
])('an answer that %s ends in its code, and the connection is left', async (_, answer, code) => {
  const server = await serving(rawServer((socket) => socket.once('data', () => socket.write(answer))));
  const { http, host } = vu(true);
  expect(await http.get(server.url, { timeout: 150 })).toMatchObject({ status: 0, errorCode: code });
  expect(host.counted.map((each) => each.code)).toEqual([code]);
  await server.idle();
});

test('a certificate that nobody knows: 1310', async () => {
  const server = await h2Server(hello);
  const { http } = vu(true, { insecureSkipTLSVerify: false });
  expect(await http.get(server.url)).toMatchObject({ status: 0, errorCode: 1310 });
});

test('the first of those who wait for a connection may give up without harm to the others', async () => {
  const server = await h2Server(hello);
  const { http } = vu();
  const [first, second] = await Promise.all([http.get(server.url, { timeout: 0.01 }), http.get(server.url)]);
  expect(first.status === 0 || first.status === 200).toBe(true);
  expect(second.status).toBe(200);
});

test('nobody to connect to: all who wait hear of it', async () => {
  const { http } = vu();
  const all = await Promise.all([1, 2, 3].map(() => http.get('https://127.0.0.1:1/')));
  expect(all.map((res) => res.errorCode)).toEqual([1212, 1212, 1212]);
});

test('an interruption ends all streams; retiring closes the connection', async () => {
  const server = await h2Server(() => {});
  const { http, host } = vu();
  const hanging = [http.get(server.url), http.get(server.url)];
  await tick(60);
  host.interrupt(new Error('the end'));
  for (const each of hanging) await expect(each).rejects.toBeInstanceOf(InterruptedError);
  await host.retire();
  await tick(20);
  expect(server.open.size).toBe(0);
});

test('bytes are those of the socket', async () => {
  const server = await h2Server(hello);
  const { http, host } = vu();
  for (let i = 0; i < 3; i++) await http.get(server.url);
  await tick(50);
  const [socket] = server.sockets;
  // What the server says to the farewell is not read any more.
  const written = socket?.bytesWritten;
  await host.retire();
  await tick(50);
  expect(host.sum('data_sent')).toBe(socket?.bytesRead);
  expect(host.sum('data_received')).toBe(written);
  expect(socket?.bytesRead).toBeGreaterThan(500);
});

test('noConnectionReuse: a connection for each', async () => {
  const server = await h2Server(hello);
  const { http } = vu('auto', { noConnectionReuse: true });
  const all = await Promise.all([1, 2, 3].map(() => http.get(server.url)));
  expect(all.map((res) => res.status)).toEqual([200, 200, 200]);
  expect(server.sessions).toBe(3);
  await tick(30);
  expect(server.open.size).toBe(0);
});

test('noVUConnectionReuse: a new one for each iteration', async () => {
  const server = await h2Server(hello);
  const { http, host } = vu('auto', { noVUConnectionReuse: true });
  await http.get(server.url);
  await http.get(server.url);
  host.endIteration();
  await http.get(server.url);
  expect(server.sessions).toBe(2);
});

test('a header that HTTP/2 cannot carry is a TypeError', async () => {
  const server = await h2Server(hello);
  const { http } = vu();
  await expect(http.get(server.url, { headers: { 'bad name': 'x' } })).rejects.toThrow(TypeError);
  expect((await http.get(server.url)).status).toBe(200);
});
