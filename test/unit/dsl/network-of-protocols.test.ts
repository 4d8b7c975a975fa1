/** Where each protocol dials: overrides, block lists, local addresses, proxies. */

import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createGraphql } from '../../../dsl/graphql/graphql.ts';
import { create as createGrpc } from '../../../dsl/grpc/part.ts';
import { createHttp } from '../../../dsl/http/http.ts';
import { DEFAULT_NETWORK, type ResolvedNetwork } from '../../../dsl/network.ts';
import { create as createProtocol } from '../../../dsl/protocol/part.ts';
import { create as createRedis } from '../../../dsl/redis/redis.ts';
import { create as createSql } from '../../../dsl/sql/sql.ts';
import { createSse } from '../../../dsl/sse/sse.ts';
import { createWs } from '../../../dsl/ws/ws.ts';
import { GRPC_FIXTURES, grpcServer } from '../../helpers/grpc.ts';
import { FakeHost } from '../../helpers/host.ts';
import { proxyServer } from '../../helpers/proxy.ts';
import { httpServer, rawServer, type TestServer } from '../../helpers/servers.ts';

/** A server, and the addresses from which it was called. */
interface Listening {
  readonly port: number;
  readonly callers: readonly (string | undefined)[];
}

interface Speaker {
  readonly name: string;
  readonly listen: () => Promise<Listening>;
  /** Says something to `host:port`; resolves if it was heard, rejects with an error that has a code. */
  readonly say: (host: FakeHost, at: string) => Promise<unknown>;
}

async function watched(starting: Promise<TestServer>): Promise<Listening & TestServer> {
  const server = await starting;
  onTestFinished(() => server.close());
  const callers: (string | undefined)[] = [];
  const { open } = server;
  const add = open.add.bind(open);
  open.add = (socket) => {
    callers.push(socket.remoteAddress);
    return add(socket);
  };
  return Object.assign(server, { callers });
}

/** What module code would do. */
function loading<T>(host: FakeHost, load: () => T): T {
  host.initializing = true;
  try {
    return load();
  } finally {
    host.initializing = false;
  }
}

/** Of servers that only take note of who calls: to have been hung up on is to have been heard. */
async function heard(call: Promise<unknown>, hungUp: number): Promise<void> {
  await call.catch((error: { code?: unknown }) => {
    if (error.code !== hungUp) throw error;
  });
}

const hangsUp = (): Promise<Listening> =>
  watched(rawServer((socket) => socket.once('data', () => socket.end())));

const SPEAKERS: readonly Speaker[] = [
  {
    name: 'http',
    listen: () => watched(httpServer((_, response) => response.end('hello'))),
    say: (host, at) => createHttp(host).get(`http://${at}/`, { throw: true }),
  },
  {
    name: 'graphql',
    listen: () =>
      watched(
        httpServer((_, response) => {
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{}}');
        }),
      ),
    say: async (host, at) => {
      const { error, errorCode } = await createGraphql(createHttp(host))(`http://${at}/`, { query: '{ a }' });
      if (errorCode !== 0) throw Object.assign(new Error(error), { code: errorCode });
    },
  },
  {
    name: 'ws',
    listen: () =>
      watched(
        rawServer((socket) => {
          const server = new WebSocketServer({ noServer: true });
          socket.once('data', (head: Buffer) => {
            const key = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())?.[1] ?? '';
            const request = {
              method: 'GET',
              headers: { upgrade: 'websocket', 'sec-websocket-key': key, 'sec-websocket-version': '13' },
              socket,
            };
            server.handleUpgrade(request as never, socket, Buffer.alloc(0), (client) => client.send('hello'));
          });
        }),
      ),
    say: async (host, at) => (await createWs(host).connect(`ws://${at}/`)).receive(),
  },
  {
    name: 'sse',
    listen: () =>
      watched(
        httpServer((_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n');
        }),
      ),
    say: async (host, at) => (await createSse(host).connect(`http://${at}/`)).next(),
  },
  {
    name: 'grpc',
    listen: async () => ({ port: (await grpcServer()).port, callers: [] }),
    say: async (host, at) => {
      const client = createGrpc(host).client(at, {
        proto: join(GRPC_FIXTURES, 'echo.proto'),
        plaintext: true,
      });
      return client.invoke('echo.v1.Echo/Say', { text: 'hello' }, { throw: true });
    },
  },
  {
    name: 'sql',
    listen: hangsUp,
    say: (host, at) => {
      const db = loading(host, () => createSql(host).pool(`postgres://u@${at}/db`));
      return heard(db.query('select 1'), 2020);
    },
  },
  {
    name: 'redis',
    listen: hangsUp,
    say: (host, at) => {
      const cache = loading(host, () => createRedis(host).connect(`redis://${at}`));
      return heard(cache.ping(), 2120);
    },
  },
  {
    name: 'protocol',
    listen: () => watched(rawServer((socket) => socket.resume())),
    say: (host, at) => {
      const line = loading(host, () => createProtocol(host).defineProtocol({ name: 'line' }));
      const [name = '', port] = at.split(':');
      return line.connect({ host: name, port: Number(port) });
    },
  },
];

function vu(network: Partial<ResolvedNetwork>): FakeHost {
  const host = new FakeHost({ network: { ...DEFAULT_NETWORK, ...network } });
  onTestFinished(() => host.retire());
  return host;
}

describe.each(SPEAKERS)('$name', ({ listen, say, name }) => {
  test('hosts: an address in place of the name, with a port or without', async () => {
    const { port } = await listen();
    const hosts = { 'shop.test': '127.0.0.1', '*.cdn.test:81': `127.0.0.1:${port}` };
    await say(vu({ hosts }), `shop.test:${port}`);
    await say(vu({ hosts }), 'a.cdn.test:81');
  });

  test('a name that this machine knows', async () => {
    const { port } = await listen();
    await say(vu({}), `localhost:${port}`);
  });

  test('blockHostnames: 1111, nothing is dialed', async () => {
    const { port, callers } = await listen();
    const host = vu({ blockHostnames: ['*.evil.test'], hosts: { 'x.evil.test': '127.0.0.1' } });
    await expect(say(host, `x.evil.test:${port}`)).rejects.toMatchObject({
      code: 1111,
      message: expect.stringContaining('the host x.evil.test is in blockHostnames (*.evil.test)'),
    });
    expect(callers).toEqual([]);
  });

  test('blacklistIPs: 1110 for addresses as written, of names, and of overrides', async () => {
    const { port, callers } = await listen();
    const network = { blacklistIPs: ['127.0.0.0/8', '::1'], hosts: { 'shop.test': '127.0.0.1' } };
    for (const at of ['127.0.0.1', 'localhost', 'shop.test']) {
      await expect(say(vu(network), `${at}:${port}`)).rejects.toMatchObject({
        code: 1110,
        message: expect.stringContaining('is in blacklistIPs'),
      });
    }
    expect(callers).toEqual([]);
  });

  // grpc-js takes no local address. Linux answers on all of 127.0.0.0/8; elsewhere only 127.0.0.1 is there.
  test.runIf(name !== 'grpc' && process.platform === 'linux')('localIPs', async () => {
    const { port, callers } = await listen();
    await say(vu({ localIPs: ['127.0.0.7'] }), `127.0.0.1:${port}`);
    expect(callers).toEqual(['127.0.0.7']);
  });
});

test.each([
  ['http', 'GET http://shop.test:81/'],
  ['graphql', 'POST http://shop.test:81/'],
  ['sse', 'GET http://shop.test:81/'],
  ['ws', 'CONNECT shop.test:81'],
])('%s through a proxy', async (name, asked) => {
  const { listen, say } = SPEAKERS.find((each) => each.name === name) as Speaker;
  const target = await listen();
  const proxy = await proxyServer(target);
  onTestFinished(() => proxy.close());
  await say(vu({ proxy: proxy.url }), 'shop.test:81');
  expect(proxy.asked).toEqual([asked]);
  // What must not be reached is not reached through a proxy either.
  const guarded = { proxy: proxy.url, blacklistIPs: ['10.0.0.0/8'], blockHostnames: ['*.evil.test'] };
  await expect(say(vu(guarded), 'x.evil.test:81')).rejects.toMatchObject({ code: 1111 });
  await expect(say(vu(guarded), '10.1.2.3:81')).rejects.toMatchObject({ code: 1110 });
  expect(proxy.asked).toHaveLength(1);
});
