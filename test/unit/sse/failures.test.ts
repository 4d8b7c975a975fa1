import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { httpServer, httpsServer, rawServer } from '../../helpers/servers.ts';
import { serving, streaming, tick, until, vu } from './harness.ts';

test.each([
  [401, 1401],
  [500, 1500],
  [204, 1850],
])('status %i: %i', async (status, code) => {
  const server = await serving(httpServer((_, response) => response.writeHead(status).end()));
  const { sse, host } = vu();
  await expect(sse.connect(`${server.url}/events`)).rejects.toMatchObject({ name: 'SseError', code, status });
  expect(host.tagsOf('sse_errors')).toMatchObject([{ status: String(status), error_code: String(code) }]);
  expect(host.counted).toMatchObject([{ label: 'SSE /events', code }]);
  expect(host.values('sse_streams')).toEqual([]);
});

test('a response that is no stream of events: 1851, without waiting for its end', async () => {
  const server = await serving(
    httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.write('<html>');
    }),
  );
  const { sse } = vu();
  await expect(sse.connect(server.url)).rejects.toMatchObject({
    code: 1851,
    message: 'SSE /: the response is text/html, not text/event-stream',
  });
  await server.idle();
});

test('a compressed stream, which was not asked for: 1701', async () => {
  const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
  const server = await serving(httpServer((_, response) => response.writeHead(200, headers).end('x')));
  const { sse } = vu();
  await expect(sse.connect(server.url)).rejects.toMatchObject({ code: 1701 });
});

test('nobody listens, no such host, a URL that cannot be parsed, garbage', async () => {
  const gone = await httpServer(() => {});
  await gone.close();
  const garbage = await serving(rawServer((socket) => socket.once('data', () => socket.end('SSH-2.0\r\n'))));
  const { sse, host } = vu();
  await expect(sse.connect(gone.url)).rejects.toMatchObject({ code: 1212 });
  await expect(sse.connect('http://nowhere.invalid/')).rejects.toMatchObject({ code: 1101 });
  await expect(sse.connect('http://x:99999/')).rejects.toMatchObject({ code: 1020 });
  await expect(sse.connect(garbage.url)).rejects.toMatchObject({ code: 1690 });
  expect(host.counted.map(({ code }) => code)).toEqual([1212, 1101, 1020, 1690]);
});

test('a server that says nothing: 1050 at the limit, and no socket stays', async () => {
  const server = await serving(rawServer((socket) => socket.resume()));
  const { sse } = vu();
  await expect(sse.connect(server.url, { timeout: 80 })).rejects.toMatchObject({ code: 1050 });
  await server.idle();
});

test.each([
  ['ends early', 'end', 1200],
  ['is reset', 'resetAndDestroy', 1220],
] as const)('a stream whose connection %s', async (_, how, code) => {
  const server = await streaming((response) => {
    response.write('data: 1\n\n');
    // Apart from the data, so that it does not fall victim to the reset.
    setTimeout(() => response.socket?.[how](), 50);
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  const got: string[] = [];
  const loop = (async () => {
    for await (const event of stream) got.push(event.data);
  })();
  await expect(loop).rejects.toMatchObject({ name: 'SseError', code, status: 200 });
  expect(got).toEqual(['1']);
  expect(await stream.closed).toMatchObject({ events: 1, error: { code } });
  expect(host.counted.map((each) => each.code)).toEqual([code]);
  expect(host.values('sse_stream_duration')).toHaveLength(1);
});

test('a chunk that is none in the middle of the stream: 1690, after the events before it', async () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
  const server = await serving(
    rawServer((socket) => {
      socket.once('data', () => {
        socket.write(`${head}9\r\ndata: 1\n\n\r\n`);
        setTimeout(() => socket.write('not a size\r\n'), 20);
      });
    }),
  );
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  expect((await stream.next())?.data).toBe('1');
  await expect(stream.next()).rejects.toMatchObject({ code: 1690, status: 200 });
  expect(host.counted.map(({ code }) => code)).toEqual([1690]);
  await server.idle();
});

test('a certificate that nobody knows: 1310', async () => {
  const server = await serving(httpsServer(() => {}));
  const { sse } = vu();
  await expect(sse.connect(server.url)).rejects.toMatchObject({ code: 1310, status: 0 });
});

test('an event longer than maxEvent: 1852', async () => {
  const server = await streaming((response) => {
    response.write('data: short\n\n');
    response.write(`data: ${'x'.repeat(2000)}`);
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { maxEvent: 1000 });
  expect((await stream.next())?.data).toBe('short');
  await expect(stream.next()).rejects.toMatchObject({ code: 1852 });
  expect(host.counted.map(({ code }) => code)).toEqual([1852]);
  await server.idle();
});

test('silence: 1050 from next, and from the loop where idleTimeout says so', async () => {
  const server = await streaming(() => {});
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { idleTimeout: 40 });
  await expect(stream.next('20ms')).rejects.toMatchObject({ code: 1050 });
  const loop = (async () => {
    for await (const _ of stream) throw new Error('there is no event');
  })();
  await expect(loop).rejects.toMatchObject({ code: 1050, message: 'SSE /: no event came within 40 ms' });
  expect(host.sum('sse_errors')).toBe(2);
  expect(stream.isOpen).toBe(true);
});

test('an interruption ends what is waited for, and the stream', async () => {
  const server = await streaming(() => {});
  const silent = await serving(rawServer((socket) => socket.resume()));
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  const connecting = sse.connect(silent.url);
  const waiting = [stream.next(), stream.closed, connecting];
  await until(() => silent.open.size === 1);
  host.interrupt(new Error('stop'));
  for (const each of waiting) await expect(each).rejects.toBeInstanceOf(InterruptedError);
  await expect(stream.next()).rejects.toBeInstanceOf(InterruptedError);
  await server.idle();
  await silent.idle();
  expect(host.counted).toEqual([]);
  expect(host.values('sse_stream_duration')).toHaveLength(1);
});

test('streams are cut when their iteration ends, unless they are to be kept', async () => {
  const server = await streaming((response) => {
    const timer = setInterval(() => response.write('data: tick\n\n'), 10);
    response.on('close', () => clearInterval(timer));
  });
  const { sse, host } = vu();
  const left = await sse.connect(server.url);
  const kept = await sse.connect(server.url, { keep: true });
  host.endIteration();
  expect(await left.closed).toMatchObject({ error: undefined });
  await until(() => server.open.size === 1);
  expect((await kept.next())?.data).toBe('tick');
  await host.retire();
  expect(await kept.closed).toMatchObject({ error: undefined });
  await server.idle();
  expect(host.counted).toEqual([]);
});

test('close() ends the loop, also while it waits to reconnect', async () => {
  const server = await streaming((response, _, count) => {
    if (count === 2) response.end();
  });
  const { sse } = vu();
  const open = await sse.connect(server.url);
  const waiting = await sse.connect(server.url, { reconnect: { delay: '1h' } });
  const ends = [open, waiting].map(async (stream) => {
    for await (const _ of stream) throw new Error('there is no event');
  });
  await tick(50);
  open.close();
  waiting.close();
  await Promise.all(ends);
  // The other one's response was complete: its connection is kept for the next request.
  await until(() => server.open.size === 1);
  expect(server.connections).toBe(2);
});

test('mistakes of the call are TypeErrors that name them', async () => {
  const { sse, host } = vu();
  const wrong = (url: unknown, params?: unknown): Promise<unknown> =>
    sse.connect(url as string, params as Record<string, never>);
  await expect(wrong(7)).rejects.toThrow('sse.connect: a URL was expected');
  await expect(wrong('http://x/', { reconect: true })).rejects.toThrow('did you mean reconnect?');
  await expect(wrong('http://x/', { body: 'a', json: 1 })).rejects.toThrow(
    'either params.body or params.json',
  );
  await expect(wrong('http://x/', { reconnect: 3 })).rejects.toThrow(
    '3 is not true, false or { delay, max }',
  );
  await expect(wrong('http://x/', { buffer: 0 })).rejects.toThrow('0 is not a whole number from 1');
  host.initializing = true;
  await expect(wrong('http://x/')).rejects.toThrow('cannot be called while the script loads');
});
