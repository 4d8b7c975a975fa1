/** WebSockets and event streams with the built command: what is measured, what fails, and what is left behind. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { OURS, printed, runScript, startScript } from '../helpers/cli.ts';

const open = new Set<Socket>();
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n":2}\n\n');
    } else response.writeHead(404).end();
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const sockets = new WebSocketServer({ server, path: '/ws' });
  sockets.on('connection', (client) => {
    client.on('error', () => {});
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  for (const socket of open) socket.destroy();
  server.close();
});

const untilClosed = async (): Promise<void> => {
  for (let i = 0; i < 100 && open.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('a script with sockets and streams: counts, tags and thresholds', async () => {
  const run = await runScript(
    `import { ws, sse, check, group } from 'brunt';
     export const options = {
       vus: 3, iterations: 12,
       thresholds: { 'ws_msg_rtt{name:ask}': ['p(95)<2000'], 'sse_events{kind:feed}': ['count==24'], ws_errors: ['count==0'] },
     };
     export default async function () {
       await group('socket', async () => {
         const socket = await ws.connect(__ENV.URL + '/ws');
         const answer = await socket.request({ id: __ITER }, { name: 'ask', match: (m) => m.json().id === __ITER });
         check(answer, { whole: (m) => m.size > 0 });
       });
       const stream = await sse.connect(__ENV.URL + '/events', { tags: { kind: 'feed' } });
       for await (const event of stream) if (event.json().n === 2) break;
     }`,
    ['-e', `URL=${url}`, '--workers', '2'],
  );
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  for (const name of ['ws_sessions', 'ws_msgs_sent', 'ws_msgs_received', 'sse_streams']) {
    expect([name, run.value(name, 'count')]).toEqual([name, 12]);
  }
  // Nothing was closed by the script: the ends of the iterations did, and were waited for.
  expect(run.value('ws_session_duration', 'count')).toBe(12);
  expect(run.value('sse_stream_duration', 'count')).toBe(12);
  await untilClosed();
  expect(open.size).toBe(0);
});

test('a handshake that is refused fails the iteration, once per kind of failure in the summary', async () => {
  const run = await runScript(
    `import { ws } from 'brunt';
     export const options = { vus: 1, iterations: 3 };
     export default async function () {
       try { await ws.connect(__ENV.URL + '/nowhere'); }
       catch (error) { console.log('@' + JSON.stringify([error.name, error.code, error.status])); throw error; }
     }`,
    ['-e', `URL=${url}`],
  );
  expect(run.code).toBe(99);
  expect(printed(run)).toEqual(Array(3).fill(['WsError', 1400, 400]));
  expect(run.value('ws_errors', 'count')).toBe(3);
  expect(run.stdout).toMatch(/WS \/nowhere.*refused with status 400/);
  expect(run.output).not.toMatch(OURS);
});

test('an interrupted run leaves no socket and counts no error', async () => {
  const run = startScript(
    `import { ws, sse } from 'brunt';
     export const options = { scenarios: { all: { executor: 'constant-vus', vus: 10, duration: '60s', gracefulStop: '0s' } } };
     export default async function () {
       const socket = await ws.connect(__ENV.URL + '/ws');
       const kept = await ws.connect(__ENV.URL + '/ws', { keep: true });
       const stream = await sse.connect(__ENV.URL + '/events');
       console.log('open');
       await Promise.all([socket.receive(), kept.closed, (async () => { for await (const _ of stream); })()]);
     }`,
    ['-e', `URL=${url}`],
  );
  await run.seen(/(?:open[\s\S]*){10}/);
  expect(open.size).toBe(30);
  run.kill('SIGINT');
  const done = await run.done;
  expect(done.code).toBe(105);
  await untilClosed();
  expect(open.size).toBe(0);
  expect(done.value('ws_errors', 'count')).toBe(0);
  expect(done.value('sse_errors', 'count')).toBe(0);
  expect(done.value('iteration_errors', 'count')).toBe(0);
  expect(done.value('ws_session_duration', 'count')).toBe(20);
  expect(done.orphans).toBe(false);
});
