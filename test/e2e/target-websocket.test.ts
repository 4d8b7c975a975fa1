import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ChatModel } from '../../examples/target/chat.ts';
import { seededRandom } from '../../examples/target/random.ts';
import { attachWebSockets, type WebSockets } from '../../examples/target/websocket.ts';

let server: Server;
let sockets: WebSockets;
let url: string;

// No database is needed for this part of the demo, so none is started.
beforeAll(async () => {
  server = createServer();
  sockets = attachWebSockets(server, '/ws', new ChatModel(seededRandom(1)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
});
afterAll(async () => {
  await sockets.close(200);
  server.close();
});

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return socket;
}

/** Sends, and resolves to the next `count` messages. */
function exchange(
  socket: WebSocket,
  data: string | Buffer | undefined,
  count = 1,
): Promise<(string | Buffer)[]> {
  return new Promise((resolve) => {
    const received: (string | Buffer)[] = [];
    const listen = (message: Buffer, isBinary: boolean): void => {
      received.push(isBinary ? message : message.toString());
      if (received.length < count) return;
      socket.off('message', listen);
      resolve(received);
    };
    socket.on('message', listen);
    if (data !== undefined) socket.send(data);
  });
}

async function ask(socket: WebSocket, message: unknown): Promise<unknown> {
  const [answer] = await exchange(socket, JSON.stringify(message));
  return JSON.parse(answer as string);
}

test('answers each kind of message with its id', async () => {
  const socket = await open();
  expect(await ask(socket, { type: 'echo', id: 7, data: { a: 1 } })).toEqual({
    type: 'echo',
    id: 7,
    data: { a: 1 },
  });
  expect(await ask(socket, { type: 'ping', id: 'x' })).toEqual({ type: 'pong', id: 'x' });
  expect(await ask(socket, { type: 'chat', id: 1, message: 'hi' })).toMatchObject({
    type: 'chat',
    id: 1,
    reply: expect.stringContaining('"hi"'),
    tokens: { prompt: 1 },
  });
  expect(await ask(socket, { type: 'chat', id: 2 })).toMatchObject({ type: 'error', id: 2 });
  expect(await ask(socket, { type: 'dance', id: 3 })).toMatchObject({
    type: 'error',
    id: 3,
    reason: expect.stringContaining("unknown type 'dance'"),
  });
  socket.close();
});

test('everything else comes back as it is', async () => {
  const socket = await open();
  for (const text of ['hello', '{broken', '{"no":"type"}', '"text"', '']) {
    expect(await exchange(socket, text)).toEqual([text]);
  }
  expect(await exchange(socket, Buffer.from([0, 255, 1]))).toEqual([Buffer.from([0, 255, 1])]);
  socket.ping('p');
  const [data] = (await once(socket, 'pong')) as [Buffer];
  expect(data.toString()).toBe('p');
  socket.close();
});

test('keeps the order of echoes', async () => {
  const socket = await open();
  const answers = exchange(socket, undefined, 500);
  for (let id = 0; id < 500; id += 1) socket.send(JSON.stringify({ type: 'echo', id }));
  expect((await answers).map((text) => (JSON.parse(text as string) as { id: number }).id)).toEqual(
    Array.from({ length: 500 }, (_, id) => id),
  );
  socket.close();
});

test('a broadcast reaches everyone, the sender included', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, open));
  const receipts = clients.map((client) => exchange(client, undefined));
  clients[0]?.send(JSON.stringify({ type: 'broadcast', id: 1, data: 'all' }));
  for (const receipt of await Promise.all(receipts)) {
    expect(JSON.parse(receipt[0] as string)).toEqual({ type: 'broadcast', id: 1, data: 'all' });
  }
  for (const client of clients) client.close();
});

test('a message that is too large ends that connection only', async () => {
  const [greedy, other] = await Promise.all([open(), open()]);
  const closed = once(greedy, 'close');
  greedy.on('error', () => {});
  greedy.send('x'.repeat(100_000));
  expect((await closed)[0]).toBe(1009);
  expect(await exchange(other, 'still here')).toEqual(['still here']);
  other.close();
});

test('another path is no WebSocket', async () => {
  const socket = new WebSocket(url.replace('/ws', '/other'));
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toContain('404');
});
