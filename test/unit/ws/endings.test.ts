import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { InterruptedError } from '../../../dsl/errors.ts';
import { echo, tick, until, vu, type WsServer, wsServer } from './harness.ts';

/** The TCP socket beneath a client of the test server. */
function beneath(server: WsServer): Socket {
  const socket = [...server.open].at(-1);
  if (socket === undefined) throw new Error('no socket is open');
  return socket;
}

test('close() says goodbye with code and reason and resolves when the other side has', async () => {
  let heard: [number, string] | undefined;
  const server = await wsServer((client) => {
    client.on('close', (code, reason) => {
      heard = [code, String(reason)];
    });
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  await tick(50);
  expect(await socket.close(4001, 'bye')).toEqual({
    code: 4001,
    reason: 'bye',
    clean: true,
    error: undefined,
  });
  expect(heard).toEqual([4001, 'bye']);
  expect(socket.isOpen).toBe(false);
  // Timers may be a moment early.
  expect(host.values('ws_session_duration')[0]).toBeGreaterThan(45);
  expect(await socket.close()).toMatchObject({ code: 4001 });
  expect(host.values('ws_errors')).toEqual([]);
  await server.idle();
});

test('codes that must not be sent are refused', async () => {
  const server = await wsServer(() => {});
  const { ws } = vu();
  const socket = await ws.connect(server.url);
  expect(() => socket.close(1006)).toThrow(TypeError);
  expect(() => socket.close(1000, 'x'.repeat(200))).toThrow(RangeError);
  expect(socket.isOpen).toBe(true);
});

test('a closed socket refuses to send, and counts it', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  await socket.close();
  await expect(socket.send('x')).rejects.toMatchObject({ code: 1821 });
  await expect(socket.request('x')).rejects.toMatchObject({ code: 1821 });
  await expect(socket.ping()).rejects.toMatchObject({ code: 1821 });
  await expect(socket.receive()).rejects.toMatchObject({ code: 1820 });
  expect(host.sum('ws_errors')).toBe(4);
});

test('what is waited for when the server leaves in order ends with 1820', async () => {
  const server = await wsServer((client) => {
    client.on('message', () => client.close(1000));
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const receiving = socket.receive();
  const answer = socket.request('x', { match: () => false });
  await expect(receiving).rejects.toMatchObject({ code: 1820 });
  await expect(answer).rejects.toMatchObject({
    code: 1820,
    message: 'WS /: the socket was closed (1000) while an answer was waited for',
  });
  expect(host.sum('ws_errors')).toBe(2);
});

test('a close code that names an error is one: 1814', async () => {
  const server = await wsServer((client) => client.close(1013, 'full'));
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const loop = (async () => {
    for await (const _ of socket) throw new Error('there is no message');
  })();
  await expect(loop).rejects.toMatchObject({ code: 1814 });
  expect(await socket.closed).toMatchObject({ code: 1013, reason: 'full', clean: false });
  expect(host.counted).toEqual([
    { label: 'WS /', code: 1814, message: 'closed by the other side with 1013 (try again later): full' },
  ]);
});

test.each([
  ['ends', (socket: Socket) => socket.end(), 1810],
  ['is reset', (socket: Socket) => socket.resetAndDestroy(), 1220],
])('a connection that %s without a close frame', async (_, cut, code) => {
  const server = await wsServer(echo);
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  const waiting = [socket.receive(), socket.request('x', { match: () => false }), socket.ping()];
  await tick(20);
  await socket.tryReceive(100);
  cut(beneath(server));
  const closure = await socket.closed;
  expect(closure).toMatchObject({ code: 1006, clean: false, error: { name: 'WsError', code } });
  await expect(waiting[1]).rejects.toMatchObject({ code });
  expect(host.counted.map((each) => each.code)).toEqual([code]);
  await expect(socket.send('x')).rejects.toMatchObject({ code });
  expect(host.sum('ws_errors')).toBe(1);
  expect(host.values('ws_session_duration')).toHaveLength(1);
});

test('a reset that comes with the last message: the message, then 1220', async () => {
  const server = await wsServer((client) => {
    client.on('message', () => {
      client.send('last');
      beneath(server).resetAndDestroy();
    });
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  await socket.send('x');
  expect((await socket.receive()).text()).toBe('last');
  await expect(socket.receive()).rejects.toMatchObject({ code: 1220 });
  expect(host.counted.map((each) => each.code)).toEqual([1220]);
});

/** A frame that the server's library would never write. */
function raw(client: WebSocket, bytes: readonly number[]): void {
  (client as unknown as { readonly _socket: Socket })._socket.write(Buffer.from(bytes));
}

test.each([
  ['reserved bits', [0xf1, 0x00], 1002],
  ['an unknown opcode', [0x83, 0x00], 1002],
  ['a masked frame', [0x81, 0x80, 0, 0, 0, 0], 1002],
  ['text that is not UTF-8', [0x81, 0x01, 0xff], 1007],
  ['a close code of one byte', [0x88, 0x01, 0x03], 1002],
])('a malformed frame (%s): 1811, and the server is told', async (_, bytes, closeCode) => {
  let told = 0;
  const server = await wsServer((client) => {
    client.on('close', (code) => {
      told = code;
    });
    raw(client, bytes);
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  expect(await socket.closed).toMatchObject({ clean: false, error: { code: 1811 } });
  expect(host.counted.map(({ code }) => code)).toEqual([1811]);
  await until(() => told !== 0);
  expect(told).toBe(closeCode);
  await server.idle();
});

test('a message longer than maxPayload: 1812', async () => {
  const server = await wsServer((client) => {
    client.send('x'.repeat(1000));
    client.send('x'.repeat(1001));
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { maxPayload: 1000 });
  expect((await socket.receive()).size).toBe(1000);
  await expect(socket.receive()).rejects.toMatchObject({ code: 1812 });
  expect(host.counted.map(({ code }) => code)).toEqual([1812]);
  await server.idle();
});

test('a compressed message that unpacks to more than maxPayload: 1812', async () => {
  const server = await wsServer((client) => client.send('x'.repeat(1_000_000)), { perMessageDeflate: true });
  const { ws } = vu();
  const socket = await ws.connect(server.url, { maxPayload: 10_000, compression: true });
  await expect(socket.receive()).rejects.toMatchObject({ code: 1812 });
});

test('a half-open connection: no pong, 1830', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  beneath(server).pause();
  await expect(socket.ping('50ms')).rejects.toMatchObject({
    code: 1830,
    message: 'WS /: no pong came within 50 ms',
  });
  expect(host.counted.map(({ code }) => code)).toEqual([1830]);
  expect(socket.isOpen).toBe(true);
  socket.terminate();
  expect(await socket.closed).toEqual({ code: 1006, reason: '', clean: false, error: undefined });
  expect(host.sum('ws_errors')).toBe(1);
});

test('a heartbeat pings at its interval, and closes a connection that stays silent', async () => {
  let pings = 0;
  const server = await wsServer((client) => client.on('ping', () => pings++));
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { heartbeat: 40 });
  await until(() => pings >= 3);
  expect(host.values('ws_ping').length).toBeGreaterThanOrEqual(2);
  beneath(server).pause();
  expect(await socket.closed).toMatchObject({ code: 1006, clean: false, error: { code: 1830 } });
  await expect(socket.receive()).rejects.toMatchObject({ code: 1830 });
  expect(host.counted.map(({ code }) => code)).toEqual([1830]);
});

test('silence in the loop is an error where idleTimeout says so', async () => {
  const server = await wsServer((client) => client.send('one'));
  const { ws } = vu();
  const socket = await ws.connect(server.url, { idleTimeout: 50 });
  const got: string[] = [];
  const loop = (async () => {
    for await (const message of socket) got.push(message.text());
  })();
  await expect(loop).rejects.toMatchObject({ code: 1050 });
  expect(got).toEqual(['one']);
});

test('a server that does not answer the close frame is left after 5 s: 1813', {
  timeout: 15_000,
}, async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  beneath(server).pause();
  const startedAt = performance.now();
  expect(await socket.close()).toMatchObject({ code: 1006, clean: false, error: { code: 1813 } });
  expect(performance.now() - startedAt).toBeGreaterThan(4900);
  expect(host.counted.map(({ code }) => code)).toEqual([1813]);
});

test('an interruption ends everything that is waited for, and the socket', async () => {
  let code = 0;
  const server = await wsServer((client) => {
    client.on('close', (closeCode) => {
      code = closeCode;
    });
  });
  const { ws, host } = vu();
  const socket = await ws.connect(server.url);
  const loop = (async () => {
    for await (const _ of socket) throw new Error('there is no message');
  })();
  const waiting = [loop, socket.receive(), socket.request('x'), socket.closed];
  host.interrupt(new Error('stop'));
  for (const each of waiting) await expect(each).rejects.toBeInstanceOf(InterruptedError);
  await expect(socket.send('x')).rejects.toBeInstanceOf(InterruptedError);
  await server.idle();
  expect(code).toBe(1001);
  await until(() => host.values('ws_session_duration').length === 1);
  expect(host.counted).toEqual([]);
});

test('a rejection that nobody awaits is no stray error', async () => {
  const stray: unknown[] = [];
  const listen = (error: unknown): void => {
    stray.push(error);
  };
  process.on('unhandledRejection', listen);
  try {
    const server = await wsServer(() => {});
    const { ws, host } = vu();
    const socket = await ws.connect(server.url);
    void socket.request('x', { timeout: 10 });
    void socket.receive(10);
    void socket.ping();
    await tick(50);
    await socket.close();
    void socket.send('late');
    await tick(20);
    expect(stray).toEqual([]);
    expect(host.sum('ws_errors')).toBe(3);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

test('sockets are closed when their iteration ends, unless they are to be kept', async () => {
  const server = await wsServer(echo);
  const { ws, host } = vu();
  const left = await ws.connect(server.url);
  const kept = await ws.connect(server.url, { keep: true });
  host.endIteration();
  expect(await left.closed).toMatchObject({ code: 1001, error: undefined });
  expect((await kept.request('still here')).text()).toBe('still here');
  await host.retire();
  expect(await kept.closed).toMatchObject({ code: 1001 });
  expect(host.values('ws_session_duration')).toHaveLength(2);
  expect(host.counted).toEqual([]);
  await server.idle();
});

test('a kept socket survives an interruption; what is waited for on it does not', async () => {
  const server = await wsServer(echo);
  const { ws, host } = vu();
  const socket = await ws.connect(server.url, { keep: true });
  const receiving = socket.receive();
  host.interrupt(new Error('stop'));
  await expect(receiving).rejects.toBeInstanceOf(InterruptedError);
  host.endIteration();
  expect((await socket.request('again')).text()).toBe('again');
});

test('retiring a VU cuts off who does not answer within a second', async () => {
  const server = await wsServer(() => {});
  const { ws, host } = vu();
  for (let i = 0; i < 20; i++) await ws.connect(server.url);
  for (const socket of server.open) socket.pause();
  const startedAt = performance.now();
  await host.retire();
  const ms = performance.now() - startedAt;
  expect(ms).toBeGreaterThan(950);
  expect(ms).toBeLessThan(3000);
  expect(host.values('ws_session_duration')).toHaveLength(20);
  expect(host.counted).toEqual([]);
});
