import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { SseEvent, SseStream } from '../../../dsl/sse/types.ts';
import { httpServer } from '../../helpers/servers.ts';
import { serving, streaming, tick, until, vu } from './harness.ts';

async function all(stream: SseStream): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

test('events come in order, with their fields, and the loop ends with the stream', async () => {
  const server = await streaming((response) => {
    response.write(': a comment\n\nevent: hello\nid: 7\ndata: {"a":1}\n\n');
    response.write('data: two\ndata: lines\n\n');
    response.end('data: never finished\n');
  });
  const { sse, host } = vu();
  const stream = await sse.connect(`${server.url}/events?x=1`, { tags: { kind: 'y' } });
  expect(stream.status).toBe(200);
  expect(stream.headers['content-type']).toContain('text/event-stream');
  const events = await all(stream);
  expect(events.map(({ id, event, data }) => ({ id, event, data }))).toEqual([
    { id: '7', event: 'hello', data: '{"a":1}' },
    { id: '7', event: 'message', data: 'two\nlines' },
  ]);
  expect(events[0]?.json()).toEqual({ a: 1 });
  expect(() => events[1]?.json()).toThrow('the data of the event is not JSON: "two\\nlines"');
  expect(await stream.closed).toEqual({ events: 2, error: undefined });
  expect(stream.isOpen).toBe(false);
  expect(host.sum('sse_events')).toBe(2);
  expect(host.values('sse_errors')).toEqual([]);
  expect(host.tagsOf('sse_streams')).toEqual([
    { scenario: 'default', name: `${server.url}/events?x=1`, method: 'GET', status: '200', kind: 'y' },
  ]);
});

test('an event that is split anywhere, even inside a character, comes whole', async () => {
  const bytes = Buffer.from('\ufeffid: ä\r\ndata: grüße 🚀\r\n\r\ndata: next\n\n');
  const server = await streaming(async (response) => {
    for (const byte of bytes) {
      response.write(Buffer.from([byte]));
      await tick(1);
    }
    response.end();
  });
  const { sse } = vu();
  const events = await all(await sse.connect(server.url));
  expect(events.map(({ id, data }) => [id, data])).toEqual([
    ['ä', 'grüße 🚀'],
    ['ä', 'next'],
  ]);
});

test.each([
  ['CR', ['data: a\r\r', 'data: b\r', '\r']],
  ['CRLF', ['data: a\r\n\r', '\ndata: b\r', '\n\r\n']],
  ['LF', ['data: a\n\n', 'data: b\n\n']],
  ['all of them', ['data: a\r\n\r', 'data: b\n\r\n']],
])('lines that end with %s: an event comes with its last byte, not with the next one', async (_, parts) => {
  let send: (() => void) | undefined;
  const server = await streaming((response) => {
    const left = [...parts];
    // One segment each, and the connection stays open.
    send = () => void response.write(left.shift() ?? '');
    send();
  });
  const { sse } = vu();
  const stream = await sse.connect(server.url);
  expect((await stream.next('2s'))?.data).toBe('a');
  for (let i = 1; i < parts.length; i++) {
    send?.();
    await tick(10);
  }
  expect((await stream.next('2s'))?.data).toBe('b');
  expect(stream.unread).toBe(0);
});

test('time to the first byte, to the first event, gaps and duration', async () => {
  const server = await serving(httpServer((_, response) => void answer(response)));
  async function answer(response: ServerResponse): Promise<void> {
    await tick(50);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    await tick(100);
    for (let i = 0; i < 3; i++) {
      response.write(`data: ${i}\n\n`);
      await tick(60);
    }
    response.end();
  }
  const { sse, host } = vu();
  await all(await sse.connect(server.url));
  const [firstByte = 0] = host.values('sse_time_to_first_byte');
  const [firstEvent = 0] = host.values('sse_time_to_first_event');
  const [duration = 0] = host.values('sse_stream_duration');
  const gaps = host.values('sse_event_gap');
  // From below by the server's timers (a moment early at most), from above by what a busy machine adds.
  expect(firstByte).toBeGreaterThan(45);
  expect(firstEvent).toBeGreaterThan(145);
  expect(firstEvent).toBeLessThan(1500);
  expect(gaps).toHaveLength(2);
  // From one arrival to the next: what arrives late makes them shorter.
  expect(gaps.reduce((a, b) => a + b)).toBeGreaterThan(20);
  expect(duration).toBeGreaterThan(100);
  expect(host.values('sse_connecting')[0]).toBeGreaterThanOrEqual(firstByte);
});

test('POST with a body; headers, cookies and the last id go along', async () => {
  let seen: Record<string, unknown> = {};
  const server = await serving(
    httpServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += String(part);
      });
      request.on('end', () => {
        const { method, headers } = request;
        seen = { method, body, ...headers };
        response
          .writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=1' })
          .end('data: x\n\n');
      });
    }),
  );
  const { sse, host } = vu();
  const params = { json: { q: 'hi' }, headers: { 'X-Key': 'k' }, lastEventId: '41', name: 'chat' };
  await all(await sse.connect(server.url, params));
  expect(seen).toMatchObject({
    method: 'POST',
    body: '{"q":"hi"}',
    accept: 'text/event-stream',
    'content-type': 'application/json',
    'x-key': 'k',
    'last-event-id': '41',
    'user-agent': 'Brunt/test',
  });
  expect(host.tagsOf('sse_streams')).toMatchObject([{ name: 'chat', method: 'POST' }]);
  await all(await sse.connect(server.url, { method: 'put', body: 'text' }));
  expect(seen).toMatchObject({ method: 'PUT', body: 'text', cookie: 'a=1' });
  expect(seen).not.toHaveProperty('last-event-id');
});

test('redirects are followed', async () => {
  const server = await serving(
    httpServer((request, response) => {
      if (request.url === '/old') response.writeHead(307, { location: '/new' }).end('gone there');
      else
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${request.method}\n\n`);
    }),
  );
  const { sse } = vu();
  const stream = await sse.connect(`${server.url}/old`, { body: 'x' });
  expect(stream.url).toBe(`${server.url}/new`);
  expect((await stream.next())?.data).toBe('POST');
  expect(await stream.next()).toBeUndefined();
});

test('a finished stream leaves its connection for the next one', async () => {
  const server = await streaming((response) => response.end('data: x\n\n'));
  const { sse } = vu();
  for (let i = 0; i < 3; i++) expect(await all(await sse.connect(server.url))).toHaveLength(1);
  expect(server.connections).toBe(1);
});

test('bytes are what the server saw, while the stream runs and after', async () => {
  const server = await streaming((response) => {
    for (let i = 0; i < 100; i++) response.write(`data: ${'x'.repeat(1000)}\n\n`);
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  for (let i = 0; i < 100; i++) await stream.next();
  expect(host.sum('data_received')).toBeGreaterThan(100_000);
  stream.close();
  await server.idle();
  await until(() => host.sum('data_received') === server.bytesWritten);
  expect(host.sum('data_sent')).toBe(server.bytesRead);
});

test('unread events stop the reading, and nothing is lost when it goes on', async () => {
  const COUNT = 2000;
  let sent = 0;
  const server = await streaming((response) => {
    const more = (): void => {
      if (sent === COUNT) response.end();
      else response.write(`data: ${sent++} ${'x'.repeat(10_000)}\n\n`, more);
    };
    more();
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { buffer: 10 });
  await until(() => stream.unread >= 10);
  await tick(200);
  // The kernel's buffers hold some hundred events of 10 KB; the server feels that we do not read.
  expect(sent).toBeLessThan(COUNT);
  expect(stream.unread).toBeLessThan(50);
  expect(host.lines.map(({ level }) => level)).toEqual(['warn']);
  const events = await all(stream);
  expect(events.map(({ data }) => Number(data.split(' ')[0]))).toEqual(
    Array.from({ length: COUNT }, (_, i) => i),
  );
});

test('who only waits for the end gets it, however many events come before', async () => {
  const server = await streaming((response) => response.end('data: x\n\n'.repeat(5000)));
  const { sse } = vu();
  const stream = await sse.connect(server.url, { buffer: 10 });
  expect((await stream.closed).events).toBe(5000);
});

test('a broken stream is opened again where that is asked for, with the last id', async () => {
  const ids: (string | undefined)[] = [];
  const server = await streaming((response, request, count) => {
    ids.push(request.headers['last-event-id'] as string | undefined);
    if (count === 1) response.write('retry: 10\nid: a\ndata: 1\n\n', () => response.destroy());
    else if (count === 2) response.end('id: b\ndata: 2\n\n');
    else response.write('data: 3\n\n');
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { reconnect: { delay: '20s' } });
  const got: string[] = [];
  for await (const { id, data } of stream) {
    got.push(`${id}${data}`);
    if (got.length === 3) break;
  }
  expect(got).toEqual(['a1', 'b2', 'b3']);
  expect(ids).toEqual([undefined, 'a', 'b']);
  expect(host.sum('sse_streams')).toBe(1);
  expect(host.sum('sse_reconnects')).toBe(2);
  expect(host.values('sse_time_to_first_event')).toHaveLength(3);
  expect(host.values('sse_event_gap')).toEqual([]);
  expect(host.values('sse_stream_duration')).toHaveLength(2);
  // Being cut off is a failure; a stream that the server ends is none.
  expect(host.sum('sse_errors')).toBe(1);
});

test('reconnecting gives up after as many failures in a row as are allowed', async () => {
  const server = await serving(
    httpServer((request, response) => {
      if (request.headers['last-event-id'] !== undefined) response.writeHead(503).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\ndata: x\n\n');
    }),
  );
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { reconnect: { delay: 5, max: 3 } });
  await expect(all(stream)).rejects.toMatchObject({ name: 'SseError', code: 1503 });
  expect(host.counted.map(({ code }) => code)).toEqual([1503, 1503, 1503]);
  expect((await stream.closed).error).toMatchObject({ code: 1503 });
});

test('status 204 ends a stream that reconnects', async () => {
  const server = await serving(
    httpServer((request, response) => {
      if (request.headers['last-event-id'] !== undefined) response.writeHead(204).end();
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\ndata: x\n\n');
    }),
  );
  const { sse, host } = vu();
  expect(await all(await sse.connect(server.url, { reconnect: { delay: 5 } }))).toHaveLength(1);
  expect(host.counted).toEqual([]);
});
