import { expect, test } from 'vitest';
import type { WsMessage } from '../../../dsl/ws/types.ts';
import { echo, tick, until, vu, wsServer } from './harness.ts';

test('text, bytes and objects arrive as they were sent', async () => {
  const server = await wsServer(echo);
  const { ws } = vu();
  const socket = await ws.connect(`${server.url}/chat`);
  await socket.send('grüß dich');
  const text = await socket.receive();
  expect([text.text(), text.isBinary, text.size]).toEqual(['grüß dich', false, 11]);
  await socket.send(new Uint8Array([0, 1, 255]));
  const binary = await socket.receive();
  expect([Array.from(binary.bytes), binary.isBinary]).toEqual([[0, 1, 255], true]);
  await socket.send(new Float32Array([1.5]).buffer);
  expect((await socket.receive()).size).toBe(4);
  await socket.send({ a: [1, null] });
  expect((await socket.receive()).json()).toEqual({ a: [1, null] });
  await socket.send(7);
  expect((await socket.receive()).text()).toBe('7');
  expect(() => socket.send(undefined as unknown as string)).toThrow('ws: a message cannot be undefined');
});

test('a message that is not JSON says so, with its beginning', async () => {
  const server = await wsServer((client) => client.send('<html>'));
  const { ws } = vu();
  const message = await (await ws.connect(server.url)).receive();
  expect(() => message.json()).toThrow('the message is not JSON: "<html>"');
});

test('the loop gives every message in order and ends with the socket', async () => {
  const server = await wsServer((client) => {
    for (let i = 0; i < 500; i++) client.send(String(i));
    client.close(1000, 'enough');
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const got: number[] = [];
  for await (const message of socket) got.push(Number(message.text()));
  expect(got).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(await socket.closed).toEqual({ code: 1000, reason: 'enough', clean: true, error: undefined });
  expect(host.sum('ws_msgs_received')).toBe(500);
  expect(host.values('ws_errors')).toEqual([]);
  expect(await socket.tryReceive('1s')).toBeUndefined();
});

test('leaving the loop leaves the socket open', async () => {
  const server = await wsServer(echo);
  const { ws } = vu();
  const socket = await ws.connect(server.url);
  await socket.send('a');
  for await (const message of socket) {
    expect(message.text()).toBe('a');
    break;
  }
  await socket.send('b');
  expect((await socket.receive()).text()).toBe('b');
});

test('requests get the answers that their matchers take, in any order, beside other messages', async () => {
  const server = await wsServer((client) => {
    const asked: string[] = [];
    client.on('message', (data: Buffer) => {
      asked.push(data.toString());
      if (asked.length < 20) return;
      client.send('{"news":1}');
      for (const each of asked.toReversed()) client.send(each);
      client.send('{"news":2}');
    });
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const ids = Array.from({ length: 20 }, (_, id) => id);
  const answers = await Promise.all(
    ids.map((id) => socket.request({ id }, { match: (m) => m.json<{ id?: number }>().id === id })),
  );
  expect(answers.map((answer) => answer.json<{ id: number }>().id)).toEqual(ids);
  expect((await socket.receive()).text()).toBe('{"news":1}');
  expect((await socket.receive()).text()).toBe('{"news":2}');
  expect(host.values('ws_msg_rtt')).toHaveLength(20);
  expect(host.sum('ws_msgs_sent')).toBe(20);
});

test('ws_msg_rtt is the time from sending to the answer, under the name of the request', async () => {
  const server = await wsServer((client) => {
    client.on('message', () => setTimeout(() => client.send('late'), 80));
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { name: 'chat', tags: { kind: 'x' } });
  await socket.request('a', { name: 'join' });
  await socket.request('a');
  const [join, plain] = host.values('ws_msg_rtt');
  // The server's timer, and at most what a busy machine adds.
  for (const rtt of [join, plain]) {
    expect(rtt).toBeGreaterThan(75);
    expect(rtt).toBeLessThan(1000);
  }
  expect(host.tagsOf('ws_msg_rtt').map(({ name, kind, status }) => ({ name, kind, status }))).toEqual([
    { name: 'join', kind: 'x', status: '101' },
    { name: 'chat', kind: 'x', status: '101' },
  ]);
});

test('a matcher that throws ends its own request only', async () => {
  const server = await wsServer(echo);
  const { ws } = vu();
  const socket = await ws.connect(server.url);
  const bad = socket.request('x', {
    match: () => {
      throw new RangeError('mine');
    },
  });
  const good = socket.request('x', { match: (m) => m.text() === 'x' });
  await expect(bad).rejects.toThrow('mine');
  expect((await good).text()).toBe('x');
});

test('pings are answered and timed; pings of the server are answered', async () => {
  let ponged = 0;
  const server = await wsServer((client) => {
    client.ping('are you there');
    client.on('pong', () => ponged++);
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const ms = await Promise.all([socket.ping(), socket.ping(), socket.ping()]);
  expect(host.values('ws_ping')).toEqual(ms);
  await until(() => ponged === 1);
});

test('listeners get messages as they come, those before them included', async () => {
  const server = await wsServer((client) => {
    client.send('early');
    client.on('message', (data: Buffer) => client.send(data.toString()));
  });
  const { ws } = vu();
  const socket = await ws.connect(server.url);
  await until(() => socket.unread === 1);
  const got: string[] = [];
  const off = socket.on('message', (message: WsMessage) => got.push(message.text()));
  let end = 0;
  socket.on('close', ({ code }) => {
    end = code;
  });
  await socket.send('a');
  await socket.send('b');
  await until(() => got.length === 3);
  expect(got).toEqual(['early', 'a', 'b']);
  expect(socket.unread).toBe(0);
  off();
  await socket.send('c');
  expect((await socket.receive()).text()).toBe('c');
  await socket.close(3001);
  expect(end).toBe(3001);
  expect(() => socket.on('open' as 'close', () => {})).toThrow(
    'expected one of message, close, error, ping, pong',
  );
});

test('silence is no error for tryReceive, and one for receive', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  expect(await socket.tryReceive(20)).toBeUndefined();
  expect(host.counted).toEqual([]);
  await expect(socket.receive('20ms')).rejects.toMatchObject({ name: 'WsError', code: 1050 });
  await expect(socket.request('x', { timeout: 20 })).rejects.toMatchObject({ code: 1050 });
  expect(host.counted.map(({ label, code, message }) => `${label} ${code} ${message}`)).toEqual([
    'WS / 1050 no message came within 20 ms',
    'WS / 1050 no answer came within 20 ms',
  ]);
  expect(host.sum('ws_errors')).toBe(2);
  // The socket is as good as before.
  server.clients[0]?.send('now');
  expect((await socket.receive()).text()).toBe('now');
});

test('a compressed message comes whole, and the bytes on the socket are fewer', async () => {
  const server = await wsServer(echo, { perMessageDeflate: { threshold: 0 } });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { compression: true });
  expect(socket.headers['sec-websocket-extensions']).toContain('permessage-deflate');
  const long = 'again and '.repeat(10_000);
  expect((await socket.request(long)).text()).toBe(long);
  await socket.close();
  await server.idle();
  expect(host.sum('data_sent')).toBeLessThan(5000);
  expect(host.sum('data_received')).toBeLessThan(5000);
});

test('data_sent and data_received are what the server saw, to the byte', async () => {
  const server = await wsServer(echo);
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { headers: { 'x-a': 'b' } });
  for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
    expect((await socket.request('x'.repeat(size))).size).toBe(size);
  }
  await socket.ping();
  await socket.close();
  await server.idle();
  await until(() => host.sum('data_sent') === server.bytesRead);
  expect(host.sum('data_received')).toBe(server.bytesWritten);
});

test('unread messages stop the reading, and nothing is lost when it goes on', async () => {
  const COUNT = 3000;
  const big = 'x'.repeat(10_000);
  let sent = 0;
  const server = await wsServer((client) => {
    const more = (): void => {
      if (sent === COUNT) return;
      client.send(`${sent++} ${big}`, more);
    };
    more();
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { buffer: 10 });
  await until(() => socket.unread >= 10);
  await tick(200);
  // The kernel's buffers hold some hundred messages of 10 KB; the other side feels that we do not read.
  expect(sent).toBeLessThan(COUNT);
  expect(socket.unread).toBeLessThan(50);
  expect(
    host.lines.map(({ level, message }) => [level, message.includes('10 messages wait unread')]),
  ).toEqual([['warn', true]]);
  for (let i = 0; i < COUNT; i++) {
    const message = await socket.receive();
    expect(message.text().startsWith(`${i} `)).toBe(true);
  }
});

test('an answer is read although unread messages fill the buffer', async () => {
  const server = await wsServer((client) => {
    for (let i = 0; i < 100; i++) client.send('noise');
    client.on('message', () => client.send('answer'));
  });
  const { ws } = vu();
  const socket = await ws.connect(server.url, { buffer: 5 });
  await until(() => socket.unread >= 5);
  const answer = await socket.request('x', { match: (m) => m.text() === 'answer', timeout: '5s' });
  expect(answer.text()).toBe('answer');
  expect(await socket.ping('5s')).toBeGreaterThan(0);
});

test('with buffer 0 messages that nobody waits for are counted and dropped', async () => {
  const server = await wsServer((client) => {
    for (let i = 0; i < 100; i++) client.send('noise');
    client.on('message', () => client.send('fresh'));
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { buffer: 0 });
  await until(() => host.sum('ws_msgs_received') === 100);
  expect(socket.unread).toBe(0);
  await socket.send('x');
  expect((await socket.receive()).text()).toBe('fresh');
});

test('who only waits for the end gets it, however many messages come before', async () => {
  const server = await wsServer((client) => {
    for (let i = 0; i < 5000; i++) client.send('noise');
    client.close(1000);
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { buffer: 10 });
  expect((await socket.closed).code).toBe(1000);
  expect(host.sum('ws_msgs_received')).toBe(5000);
});

test('sending waits while the other side does not read', async () => {
  const server = await wsServer((client) => client.pause());
  const { ws } = vu();
  const socket = await ws.connect(server.url, { timeout: 300 });
  const megabyte = new Uint8Array(1024 * 1024);
  let sent = 0;
  const flood = async (): Promise<void> => {
    for (;;) {
      await socket.send(megabyte);
      sent++;
    }
  };
  await expect(flood()).rejects.toMatchObject({
    code: 1050,
    message: 'WS /: sending timed out after 300 ms',
  });
  // The kernel's buffers and ours take some; what a script could pile up has no bound.
  expect(sent).toBeLessThan(30);
  socket.terminate();
});
