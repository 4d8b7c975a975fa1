import { expect, test } from 'vitest';
import { httpServer, httpsServer, onEachHead, rawServer, type TestServer } from '../../helpers/servers.ts';
import { runClient, serving, tick, vu } from './harness.ts';

const ok = () => serving(httpServer((_request, response) => response.end('ok')));

test('one after the other share a connection, side by side have their own', async () => {
  const server = await ok();
  const { http } = vu();
  for (let i = 0; i < 5; i++) await http.get(server.url);
  expect(server.connections).toBe(1);
  await Promise.all(Array.from({ length: 4 }, () => http.get(server.url)));
  expect(server.connections).toBe(4);
});

test('every VU has its own connections', async () => {
  const server = await ok();
  await vu().http.get(server.url);
  await vu().http.get(server.url);
  expect(server.connections).toBe(2);
});

test("connections: 'shared' is one pool, closed with its last user", async () => {
  const server = await ok();
  const [a, b] = [vu({ connections: 'shared' }), vu({ connections: 'shared' })];
  await a.http.get(server.url);
  await b.http.get(server.url);
  expect(server.connections).toBe(1);
  await a.host.retire();
  await b.http.get(server.url);
  expect(server.connections).toBe(1);
  expect(server.open.size).toBe(1);
  await b.host.retire();
  await server.idle();
});

test('noConnectionReuse opens one per request and says so', async () => {
  const heads: (string | undefined)[] = [];
  const server = await serving(
    httpServer((request, response) => {
      heads.push(request.headers.connection);
      response.end('ok');
    }),
  );
  const { http } = vu({ noConnectionReuse: true });
  for (let i = 0; i < 3; i++) await http.get(server.url);
  expect(server.connections).toBe(3);
  expect(heads).toEqual(['close', 'close', 'close']);
  await server.idle();
});

test('noVUConnectionReuse closes at the end of the iteration', async () => {
  const server = await ok();
  const { http, host } = vu({ noVUConnectionReuse: true });
  await http.get(server.url);
  await http.get(server.url);
  expect(server.connections).toBe(1);
  host.endIteration();
  await server.idle();
  await http.get(server.url);
  expect(server.connections).toBe(2);
});

test('a Connection: close of the server is obeyed', async () => {
  const server = await serving(
    httpServer((_request, response) => {
      response.setHeader('connection', 'close');
      response.end('ok');
    }),
  );
  const { http } = vu();
  for (let i = 0; i < 3; i++) expect((await http.get(server.url)).status).toBe(200);
  expect(server.connections).toBe(3);
});

test("the server's Keep-Alive hint is obeyed, before the server itself closes", async () => {
  const server = await serving(
    rawServer((socket) => {
      onEachHead(socket, () =>
        socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok'),
      );
    }),
  );
  const { http } = vu();
  await http.get(server.url);
  await tick(100);
  await http.get(server.url);
  expect(server.connections).toBe(1);
  const before = performance.now();
  await server.idle();
  expect(performance.now() - before).toBeLessThan(950);
});

/** Answers each connection's first request; what happens to the second is the test's matter. */
function secondRequest(then: (end: () => void, reset: () => void) => void): Promise<TestServer> {
  return serving(
    rawServer((socket) => {
      onEachHead(socket, (_head, count) => {
        if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else
          then(
            () => socket.end(),
            () => socket.resetAndDestroy(),
          );
      });
    }),
  );
}

const ending = (how: 'end' | 'reset') =>
  secondRequest((end, reset) => {
    if (how === 'end') end();
    else reset();
  });

test.each(['end', 'reset'] as const)(
  'a GET on a connection that was idle for long and answers with %s is sent again once',
  async (how) => {
    const server = await ending(how);
    const { http, host } = vu();
    await http.get(server.url);
    await tick(1050);
    expect(await http.get(server.url)).toMatchObject({ status: 200, body: 'ok' });
    expect(server.connections).toBe(2);
    expect(host.sum('http_reqs')).toBe(2);
  },
);

test.each([
  ['end', 1200],
  ['reset', 1220],
] as const)('a GET on a connection in use that answers with %s failed', async (how, errorCode) => {
  const server = await ending(how);
  const { http, host } = vu();
  await http.get(server.url);
  expect(await http.get(server.url)).toMatchObject({ status: 0, errorCode });
  expect(server.connections).toBe(1);
  expect(host.sum('http_reqs')).toBe(2);
});

test('a POST is never sent twice', async () => {
  const server = await secondRequest((end) => end());
  const { http } = vu();
  await http.get(server.url);
  expect(await http.post(server.url)).toMatchObject({ status: 0, errorCode: 1200 });
  expect(server.connections).toBe(1);
});

test('a request on a new connection is not sent again', async () => {
  let requests = 0;
  const server = await serving(
    rawServer((socket) => {
      onEachHead(socket, () => {
        requests++;
        socket.end();
      });
    }),
  );
  expect((await vu().http.get(server.url)).errorCode).toBe(1200);
  expect(requests).toBe(1);
});

test('a connection closed while idle is not used, whatever the method', async () => {
  const server = await serving(
    rawServer((socket) => {
      onEachHead(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        setTimeout(() => socket.end(), 10);
      });
    }),
  );
  const { http } = vu();
  for (let i = 0; i < 3; i++) {
    expect((await http.post(server.url)).status).toBe(200);
    await server.idle();
  }
  expect(server.connections).toBe(3);
});

/** Two exchanges, the second on the kept connection; then everything is closed and both sides are compared. */
async function bytesOf(server: TestServer, secure: boolean): Promise<void> {
  const { http, host } = vu({ insecureSkipTLSVerify: secure });
  await http.get(`${server.url}/a?x=1`, { headers: { 'x-y': 'z' } });
  await http.post(`${server.url}/b`, 'x'.repeat(300_000));
  await host.retire();
  await server.idle();
  expect(host.sum('data_sent')).toBe(server.bytesRead);
  if (!secure) expect(host.sum('data_received')).toBe(server.bytesWritten);
  else {
    // A server answers our close with its own, which nobody reads any more.
    expect(server.bytesWritten - host.sum('data_received')).toBeGreaterThanOrEqual(0);
    expect(server.bytesWritten - host.sum('data_received')).toBeLessThanOrEqual(64);
  }
  expect(host.sum('data_sent')).toBeGreaterThan(300_000);
}

test('data_sent and data_received are the bytes on the socket', async () => {
  const server = await serving(
    httpServer((request, response) => {
      request.resume().on('end', () => response.end('y'.repeat(70_000)));
    }),
  );
  await bytesOf(server, false);
});

test('under TLS too, handshake included', async () => {
  const server = await serving(
    httpsServer((request, response) => {
      request.resume().on('end', () => response.end('y'.repeat(70_000)));
    }),
  );
  await bytesOf(server, true);
});

test('bytes are booked at the end of each request', async () => {
  const { url } = await ok();
  const { http, host } = vu();
  const heads: number[] = [];
  for (let i = 0; i < 3; i++) {
    await http.get(url);
    heads.push(host.sum('data_received'));
  }
  const one = heads[0] as number;
  expect(heads).toEqual([one, one * 2, one * 3]);
  expect(host.values('data_sent')).toHaveLength(3);
});

test('an aborted upload counts what was handed to the network, not what was left', async () => {
  const server = await serving(rawServer((socket) => socket.pause()));
  const { http, host } = vu();
  const size = 32_000_000;
  const response = await http.post(server.url, Buffer.alloc(size), { timeout: 150 });
  expect(response.errorCode).toBe(1050);
  await host.retire();
  expect(host.sum('data_sent')).toBeGreaterThan(0);
  expect(host.sum('data_sent')).toBeLessThan(size);
});

test('phases: a dialing request has them all, a kept connection none of the dialing', async () => {
  const server = await serving(
    httpServer((_request, response) => {
      setTimeout(() => {
        response.write('first');
        setTimeout(() => response.end('last'), 60);
      }, 100);
    }),
  );
  const { http, host } = vu();
  const first = (await http.get(server.url)).timings;
  expect(first.connecting).toBeGreaterThan(0);
  expect(first.tls_handshaking).toBe(0);
  const second = (await http.get(server.url)).timings;
  expect(second).toMatchObject({ looking_up: 0, connecting: 0, tls_handshaking: 0 });
  for (const timings of [first, second]) {
    // Timers fire up to a millisecond early; the upper bounds leave room for a busy machine.
    expect(timings.waiting).toBeGreaterThanOrEqual(98);
    expect(timings.waiting).toBeLessThan(1000);
    // Whoever reads the first half late finds less of the wait before the second: 60 ms, less 20 for a busy machine.
    expect(timings.receiving).toBeGreaterThanOrEqual(40);
    expect(timings.receiving).toBeLessThan(1000);
    expect(timings.sending).toBeLessThan(50);
    expect(timings.duration).toBe(timings.sending + timings.waiting + timings.receiving);
  }
  expect(host.values('http_req_duration')).toEqual([first.duration, second.duration]);
  expect(host.values('http_req_connecting')).toEqual([first.connecting, 0]);
});

test('a TLS handshake has its own phase', async () => {
  const { url } = await serving(httpsServer((_request, response) => response.end('ok')));
  const { http } = vu({ insecureSkipTLSVerify: true });
  expect((await http.get(url)).timings.tls_handshaking).toBeGreaterThan(0);
  expect((await http.get(url)).timings.tls_handshaking).toBe(0);
});

test('sending lasts until a large body is handed over', async () => {
  const server = await serving(
    rawServer((socket) => {
      let seen = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 120);
      socket.on('data', (chunk: Buffer) => {
        seen += chunk.length;
        if (seen > 16_000_000) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    }),
  );
  const { timings } = await vu().http.post(server.url, Buffer.alloc(16_000_000));
  expect(timings.sending).toBeGreaterThanOrEqual(80);
});

test('after retiring nothing is left that keeps a process alive', async () => {
  const server = await serving(
    httpServer((request, response) => {
      if (request.url !== '/hang') response.end('ok');
    }),
  );
  const printed = await runClient(
    `const { get } = createHttp(host);
    const url = process.argv[2];
    await Promise.all([get(url), get(url), get('http://127.0.0.1:1/')]);
    const hanging = get(url + '/hang').catch((error) => error.name);
    setTimeout(async () => {
      await host.retire();
      console.log(await hanging);
    }, 50);`,
    server.url,
  );
  expect(printed).toBe('InterruptedError\n');
  await server.idle();
  expect(server.connections).toBe(2);
});
