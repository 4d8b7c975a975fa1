import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { HttpError } from '../../../dsl/http/error-codes.ts';
import { httpServer, httpsServer, onEachHead, rawServer, selfSigned } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

const silent = (socket: Socket): unknown => socket.resume();

test('a refused connection is 1212', async () => {
  const { http, host } = vu();
  const response = await http.get('http://127.0.0.1:1/path?x=1');
  expect(response).toMatchObject({ status: 0, errorCode: 1212, error_code: 1212, body: '' });
  expect(response.error).toBe('connection refused by 127.0.0.1:1');
  expect(host.tagsOf('http_reqs')).toEqual([
    {
      scenario: 'default',
      name: 'http://127.0.0.1:1/path?x=1',
      method: 'GET',
      status: '0',
      error_code: '1212',
      expected_response: 'false',
    },
  ]);
  expect(host.values('http_req_failed')).toEqual([1]);
  expect(host.values('http_req_duration')).toEqual([]);
  expect(host.counted).toEqual([{ label: 'GET /path', code: 1212, message: response.error }]);
});

test('a host that does not exist is 1101', async () => {
  const response = await vu().http.get('http://no-such-host.invalid/');
  // Without any resolver the answer is EAI_AGAIN, which is 1100.
  expect([1100, 1101]).toContain(response.errorCode);
  expect(response.error).toMatch(/no-such-host\.invalid/);
});

test.each(['http://127.0.0.1:99999/', 'http://[::1/', 'http://:80/'])('the URL %s is 1020', async (url) => {
  const { http, host } = vu();
  const response = await http.get(url);
  expect(response).toMatchObject({ status: 0, errorCode: 1020, url });
  expect(response.error).toMatch(/cannot be parsed|has no host/);
  expect(host.sum('http_reqs')).toBe(1);
});

test('a reset is 1220', async () => {
  const { url } = await serving(rawServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
  expect(await vu().http.post(url, 'x')).toMatchObject({
    status: 0,
    errorCode: 1220,
    error: 'connection reset by the other side',
  });
});

const HALVES = {
  'the head': 'HTTP/1.1 200 OK\r\ncontent-le',
  'a body with length': 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
  'a chunk': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\nhalf',
  'a chunked body': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'a body that ends with the connection': 'HTTP/1.1 200 OK\r\n\r\nhalf',
};

describe.each(Object.entries(HALVES))('in the middle of %s', (_, half) => {
  // The reset may come in the same moment as the last bytes, or after them.
  test.each([false, true])('a reset is 1220, later: %s', async (later) => {
    const { url } = await serving(
      rawServer((socket) => {
        socket.once('data', () => {
          socket.write(half);
          if (later) setTimeout(() => socket.resetAndDestroy(), 20);
          else socket.resetAndDestroy();
        });
      }),
    );
    const { http, host } = vu();
    expect(await http.get(url)).toMatchObject({ status: 0, errorCode: 1220, body: '' });
    expect(host.values('http_req_duration')).toEqual([]);
    expect(host.counted.map(({ code }) => code)).toEqual([1220]);
  });

  test('so it is over TLS', async () => {
    const server = await serving(
      rawServer((socket) => {
        const secure = new TLSSocket(socket, { isServer: true, ...selfSigned('IP:127.0.0.1') });
        secure.on('error', () => {});
        secure.once('data', () => secure.write(half, () => socket.resetAndDestroy()));
      }),
    );
    const { http } = vu({ insecureSkipTLSVerify: true });
    const url = server.url.replace('http:', 'https:');
    expect(await http.get(url)).toMatchObject({ status: 0, errorCode: 1220, body: '' });
  });

  test('so it is for a body that is read as a stream', async () => {
    const { url } = await serving(
      rawServer((socket) => {
        socket.once('data', () => {
          socket.write(half);
          socket.resetAndDestroy();
        });
      }),
    );
    const res = await vu().http.get(url, { responseType: 'stream' });
    if (res.status === 0) expect(res.errorCode).toBe(1220);
    else await expect(res.body.toArray()).rejects.toMatchObject({ code: 1220 });
  });
});

test('a connection closed without an answer is 1200', async () => {
  const { url } = await serving(rawServer((socket) => socket.once('data', () => socket.end())));
  const response = await vu().http.get(url);
  expect(response).toMatchObject({ status: 0, errorCode: 1200 });
  expect(response.error).toMatch(/closed before the response was complete/);
});

test('half an answer is 1200, and has no status', async () => {
  const { url } = await serving(
    rawServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    }),
  );
  const { http, host } = vu();
  expect(await http.get(url)).toMatchObject({ status: 0, errorCode: 1200, body: '' });
  expect(host.values('http_req_duration')).toEqual([]);
});

test('an answer without length ends with the connection', async () => {
  const { url } = await serving(
    rawServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    }),
  );
  expect(await vu().http.get(url)).toMatchObject({ status: 200, body: 'all of it' });
});

test.each([
  ['SSH-2.0-OpenSSH_9.6\r\n', /malformed response/],
  ['HTTP/1.1 200 OK\r\nbad header\r\n\r\n', /malformed response/],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', /malformed response/],
  [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(300_000)}\r\n\r\n`, /headers are too long/],
  ['HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', /switches protocols/],
])('the answer %j is 1690', async (answer, message) => {
  const { url } = await serving(rawServer((socket) => socket.once('data', () => socket.write(answer))));
  const response = await vu().http.get(url);
  expect(response).toMatchObject({ status: 0, errorCode: 1690 });
  expect(response.error).toMatch(message);
});

test('no answer in time is 1050', async () => {
  const { url } = await serving(rawServer(silent));
  const started = performance.now();
  const response = await vu().http.get(url, { timeout: 80 });
  expect(response).toMatchObject({ status: 0, errorCode: 1050, error: 'request timed out after 80 ms' });
  expect(performance.now() - started).toBeGreaterThanOrEqual(75);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a body that does not end in time is 1050', async () => {
  const { url } = await serving(
    httpServer((_request, response) => {
      response.write('some');
    }),
  );
  expect(await vu().http.get(url, { timeout: '80ms' })).toMatchObject({
    status: 0,
    errorCode: 1050,
    body: '',
  });
});

test('a TLS handshake that does not end in time is 1050', async () => {
  const server = await serving(rawServer(silent));
  const response = await vu().http.get(`https://127.0.0.1:${server.port}/`, { timeout: 80 });
  expect(response.errorCode).toBe(1050);
  expect(response.error).toMatch(/in the TLS handshake/);
});

test('a timeout under a pending connection leaves no socket behind', async () => {
  const server = await serving(rawServer(silent));
  const { http, host } = vu();
  await http.get(`https://127.0.0.1:${server.port}/`, { timeout: 50 });
  await server.idle();
  await host.retire();
  expect(server.open.size).toBe(0);
});

test('a certificate of unknown authority is 1310, unless insecureSkipTLSVerify', async () => {
  const { url } = await serving(httpsServer((_request, response) => response.end('ok')));
  const refused = await vu().http.get(url);
  expect(refused).toMatchObject({ status: 0, errorCode: 1310 });
  expect(refused.error).toMatch(/unknown authority/);
  expect(await vu({ insecureSkipTLSVerify: true }).http.get(url)).toMatchObject({ status: 200, body: 'ok' });
});

test('https to a plain http server is 1300', async () => {
  const server = await serving(httpServer((_request, response) => response.end('ok')));
  const response = await vu().http.get(`https://127.0.0.1:${server.port}/`);
  expect(response).toMatchObject({ status: 0, errorCode: 1300 });
  expect(response.error).toMatch(/plain http server/);
});

test('plain http to an https server has an error', async () => {
  const server = await serving(httpsServer((_request, response) => response.end('ok')));
  const response = await vu().http.get(`http://127.0.0.1:${server.port}/`);
  expect(response.status).not.toBe(200);
});

test('throw: true rejects with number and response', async () => {
  const { http, host } = vu();
  const error: unknown = await http.get('http://127.0.0.1:1/x', { throw: true }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(HttpError);
  expect(error).toMatchObject({ code: 1212, message: 'GET /x: connection refused by 127.0.0.1:1' });
  expect((error as HttpError).response).toMatchObject({ status: 0, errorCode: 1212 });
  expect(host.sum('http_reqs')).toBe(1);
  await expect(vu({ throw: true }).http.get('http://127.0.0.1:1/')).rejects.toThrow(/refused/);
});

test('an answer that came in time is no timeout, though the thread stood still until after the limit', async () => {
  // In a process of its own: this one cannot answer while it stands still.
  const source = `require('node:http').createServer((q, r) => setTimeout(() => r.end('ok'), 30))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  const { http } = vu();
  const url = `http://127.0.0.1:${port.toString().trim()}/`;
  await http.get(url);
  const request = http.get(url, { timeout: 150 });
  await tick(5);
  // From here Node goes on with timers, and reads sockets after them.
  await new Promise((resolve) => setImmediate(resolve));
  const until = performance.now() + 300;
  while (performance.now() < until);
  expect(await request).toMatchObject({ status: 200, body: 'ok' });
});

test('an interrupted request rejects, counts as made but not as failed, and closes its connection', async () => {
  const server = await serving(rawServer(silent));
  const { http, host } = vu();
  const requests = [http.get(server.url), http.post(server.url, 'x')].map((r) => r.catch((e: unknown) => e));
  await tick(50);
  host.interrupt(new InterruptedError());
  for (const error of await Promise.all(requests)) expect(error).toBeInstanceOf(InterruptedError);
  expect(host.sum('http_reqs')).toBe(2);
  expect(host.values('http_req_failed')).toEqual([]);
  expect(host.values('http_req_duration')).toEqual([]);
  expect(host.counted).toEqual([]);
  await expect(http.get(server.url)).rejects.toBeInstanceOf(InterruptedError);
  await server.idle();
  expect(server.connections).toBe(2);
});

test('an interruption while connecting rejects too', async () => {
  const server = await serving(rawServer(silent));
  const { http, host } = vu();
  const request = http.get(`https://127.0.0.1:${server.port}/`).catch((e: unknown) => e);
  host.interrupt(new InterruptedError());
  expect(await request).toBeInstanceOf(InterruptedError);
  // Nothing was sent.
  expect(host.values('http_reqs')).toEqual([]);
});

test('after an interruption the next iteration sends again', async () => {
  const server = await serving(
    rawServer((socket) => {
      onEachHead(socket, (head) => {
        if (head.startsWith('GET /ok')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    }),
  );
  const { http, host } = vu();
  const request = http.get(`${server.url}/hang`).catch((e: unknown) => e);
  await tick(20);
  host.interrupt(new InterruptedError());
  await request;
  host.endIteration();
  expect(await http.get(`${server.url}/ok`)).toMatchObject({ status: 200, body: 'ok' });
});
