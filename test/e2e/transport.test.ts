/** HTTP/2, proxies, overrides and streams with the built command, over several VUs and workers. */

import { createSecureServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { OURS, runScript, type ScriptResult } from '../helpers/cli.ts';
import { proxyServer, type TestProxy } from '../helpers/proxy.ts';
import { httpServer, selfSigned, type TestServer } from '../helpers/servers.ts';

function passes(run: ScriptResult): ScriptResult {
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).not.toMatch(OURS);
  expect(run.orphans).toBe(false);
  return run;
}

async function open<T extends TestServer | TestProxy>(server: Promise<T>): Promise<T> {
  const started = await server;
  onTestFinished(() => started.close());
  return started;
}

test('HTTP/2: each VU has one connection, over which its requests go side by side', async () => {
  const sessions = new Set<Http2Session>();
  let streams = 0;
  let most = 0;
  const now = new Map<Http2Session | undefined, number>();
  const server = createSecureServer(selfSigned('IP:127.0.0.1'));
  server.on('session', (session) => sessions.add(session));
  server.on('sessionError', () => {});
  server.on('stream', (stream) => {
    streams++;
    const { session } = stream;
    now.set(session, (now.get(session) ?? 0) + 1);
    most = Math.max(most, now.get(session) ?? 0);
    stream.on('error', () => {});
    setTimeout(() => {
      now.set(session, (now.get(session) ?? 0) - 1);
      stream.respond({ ':status': 200 });
      stream.end('hello');
    }, 20);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const run = passes(
    await runScript(
      `import { check, http } from 'brunt';
       export const options = {
         insecureSkipTLSVerify: true,
         scenarios: { all: { executor: 'per-vu-iterations', vus: 4, iterations: 3 } },
         thresholds: { checks: ['rate==1'], 'http_reqs{proto:HTTP/2.0}': ['count==120'] },
       };
       export default async function () {
         const all = await Promise.all(Array.from({ length: 10 }, () => http.get(__ENV.URL)));
         check(all, { hello: (each) => each.every((r) => r.body === 'hello' && r.proto === 'HTTP/2.0') });
       }`,
      ['--http2=auto', '--workers', '2', '-e', `URL=https://127.0.0.1:${port}/`],
    ),
  );
  expect({ sessions: sessions.size, streams, most }).toEqual({ sessions: 4, streams: 120, most: 10 });
  expect(run.summary.options).toMatchObject({ http2: 'auto' });
});

test('the variables name the proxy, a flag beats them; WebSockets go through a tunnel', async () => {
  const server = await open(httpServer((_request, response) => response.end('through')));
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => sockets.close());
  sockets.on('connection', (socket) => socket.send('hello'));
  const proxy = await open(proxyServer(server));
  const tunnels = await open(proxyServer({ port: (sockets.address() as AddressInfo).port }));
  const script = `import { check, http } from 'brunt';
    export const options = { iterations: 1, thresholds: { checks: ['rate==1'] } };
    export default async function () {
      check(await http.get('http://shop.test/'), { through: (r) => r.body === 'through' });
    }`;
  passes(await runScript(script, [], { env: { HTTP_PROXY: proxy.url } }));
  passes(await runScript(script, ['--proxy', proxy.url], { env: { HTTP_PROXY: 'http://127.0.0.1:1' } }));
  expect(proxy.asked).toEqual(['GET http://shop.test/', 'GET http://shop.test/']);
  passes(
    await runScript(
      `import { check, ws } from 'brunt';
       export const options = { iterations: 1, thresholds: { checks: ['rate==1'] } };
       export default async function () {
         const socket = await ws.connect('ws://shop.test/');
         for await (const message of socket) {
           check(message, { hello: (m) => m.text() === 'hello' });
           break;
         }
         await socket.close();
       }`,
      ['--proxy', tunnels.url],
    ),
  );
  expect(tunnels.asked).toEqual(['CONNECT shop.test:80']);
});

test('overrides, block lists and streams, with their codes in the summary', async () => {
  const server = await open(
    httpServer((request, response) => {
      if (request.method === 'POST') {
        request.pipe(response);
        return;
      }
      response.write(Buffer.alloc(1_000_000, 'x'));
      response.end();
    }),
  );
  const run = passes(
    await runScript(
      `import { check, http } from 'brunt';
       import { Readable } from 'node:stream';
       export const options = {
         vus: 2, iterations: 4,
         hosts: { 'shop.test': '127.0.0.1:' + __ENV.PORT },
         blockHostnames: ['*.evil.test'],
         blacklistIPs: ['10.0.0.0/8'],
         thresholds: { checks: ['rate==1'], 'http_reqs{error_code:1111}': ['count==4'] },
       };
       export default async function () {
         const res = await http.get('http://shop.test/', { responseType: 'stream' });
         let size = 0;
         for await (const part of res.body) size += (part as Uint8Array).length;
         const sent = await http.post('http://shop.test/', Readable.from(['a', 'b']), { compression: 'gzip' });
         const none = { expectedStatuses: null };
         check(size, { 'all of it': (s) => s === 1_000_000 });
         check(sent, { echoed: (r) => r.status === 200 });
         check(await http.get('http://x.evil.test/', none), { 'blocked name': (r) => r.errorCode === 1111 });
         check(await http.get('http://10.1.2.3/', none), { 'blocked address': (r) => r.errorCode === 1110 });
       }`,
      ['-e', `PORT=${server.port}`],
    ),
  );
  expect(run.metric('data_received').values.count).toBeGreaterThan(4_000_000);
});
