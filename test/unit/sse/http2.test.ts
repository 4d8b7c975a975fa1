/** Event streams over HTTP/2: streams of one connection, which outlives them. */

import type { ServerHttp2Stream } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { createHttp } from '../../../dsl/http/http.ts';
import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import { type H2Server, h2Server, type OnStream } from '../../helpers/h2.ts';
import { selfSigned } from '../../helpers/servers.ts';
import { vu as plainVu, until } from './harness.ts';

async function serving(onStream: OnStream, secure = false): Promise<H2Server> {
  const identity = secure ? selfSigned('IP:127.0.0.1') : undefined;
  const server = await h2Server(onStream, identity);
  onTestFinished(() => server.close());
  return server;
}

function vu() {
  return plainVu({ insecureSkipTLSVerify: true, network: { ...DEFAULT_NETWORK, http2: true } });
}

function begin(stream: ServerHttp2Stream): ServerHttp2Stream {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  return stream;
}

const says =
  (text: string): OnStream =>
  (stream) => {
    begin(stream).write(text);
  };

test.each([false, true])('events come, and the streams share a connection (TLS: %s)', async (secure) => {
  const server = await serving((stream) => {
    begin(stream).write('id: 1\ndata: a\n\ndata: b\n\n');
    stream.end();
  }, secure);
  const { sse, host } = vu();
  const read = async (): Promise<string[]> => {
    const got: string[] = [];
    for await (const { data } of await sse.connect(server.url)) got.push(data);
    return got;
  };
  expect(await Promise.all([read(), read(), read()])).toEqual(Array(3).fill(['a', 'b']));
  expect(server).toMatchObject({ sessions: 1, streams: 3 });
  expect(host.sum('sse_streams')).toBe(3);
  expect(host.sum('sse_events')).toBe(6);
  expect(host.values('sse_time_to_first_event')).toHaveLength(3);
  expect(host.counted).toEqual([]);
  await host.retire();
  await until(() => server.open.size === 0);
});

test('reconnecting sends Last-Event-ID on the same connection', async () => {
  const ids: unknown[] = [];
  const server = await serving((stream, headers) => {
    ids.push(headers['last-event-id']);
    begin(stream);
    if (ids.length < 3) stream.end(`retry: 1\nid: ${ids.length}\ndata: x\n\n`);
    else stream.write('data: last\n\n');
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url, { reconnect: true });
  const got: string[] = [];
  for await (const { data } of stream) {
    got.push(data);
    if (data === 'last') break;
  }
  expect(got).toEqual(['x', 'x', 'last']);
  expect(ids).toEqual([undefined, '1', '2']);
  expect(server.sessions).toBe(1);
  expect(host.sum('sse_reconnects')).toBe(2);
});

test('a stream that the server resets: 1630 + n; the connection serves the next one', async () => {
  const server = await serving((stream, headers) => {
    begin(stream).write('data: 1\n\n');
    if (headers[':path'] === '/reset') setTimeout(() => stream.destroy(new Error('broken')), 20);
  });
  const { sse, host } = vu();
  const stream = await sse.connect(`${server.url}/reset`);
  expect((await stream.next())?.data).toBe('1');
  await expect(stream.next()).rejects.toMatchObject({ code: 1633, status: 200 });
  expect((await (await sse.connect(server.url)).next())?.data).toBe('1');
  expect(server.sessions).toBe(1);
  expect(host.counted.map(({ code }) => code)).toEqual([1633]);
});

test.each([
  ['is reset', 'resetAndDestroy', 1220],
  ['ends', 'destroy', 1200],
] as const)('a stream whose connection %s', async (_, how, code) => {
  const server = await serving(says('data: 1\n\n'));
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  expect((await stream.next())?.data).toBe('1');
  for (const socket of server.sockets) socket[how]();
  await expect(stream.next()).rejects.toMatchObject({ code, status: 200 });
  expect(host.counted.map((each) => each.code)).toEqual([code]);
});

test('an interruption ends the stream and nothing else; the end of the VU leaves no session', async () => {
  let streams = 0;
  const server = await serving((stream, headers) => {
    if (headers[':path'] === '/page') {
      stream.respond({ ':status': 200 });
      stream.end('page');
      return;
    }
    streams++;
    stream.once('close', () => streams--);
    begin(stream);
  });
  const { sse, host } = vu();
  const stream = await sse.connect(server.url);
  const waiting = stream.next();
  const connecting = sse.connect(`${server.url}/other`);
  host.interrupt(new InterruptedError());
  await expect(waiting).rejects.toBeInstanceOf(InterruptedError);
  await expect(connecting).rejects.toBeInstanceOf(InterruptedError);
  await until(() => streams === 0);
  // The connection is the VU's, not the stream's.
  expect(server.open.size).toBe(1);
  host.endIteration();
  expect((await createHttp(host).get(`${server.url}/page`)).body).toBe('page');
  expect(server.sessions).toBe(1);
  expect(host.counted).toEqual([]);
  await host.retire();
  await until(() => server.open.size === 0);
});

test('what nobody reads is not sent: the window of the stream fills, the others go on', async () => {
  let written = 0;
  const event = `data: ${'x'.repeat(10_000)}\n\n`;
  const server = await serving((stream, headers) => {
    begin(stream);
    if (headers[':path'] !== '/flood') {
      stream.end('data: other\n\n');
      return;
    }
    const more = (): void => {
      while (!stream.destroyed && written < 100_000_000) {
        written += event.length;
        if (!stream.write(event)) {
          stream.once('drain', more);
          return;
        }
      }
    };
    more();
  });
  const { sse } = vu();
  const flood = await sse.connect(`${server.url}/flood`, { buffer: 10 });
  await until(() => flood.unread >= 10);
  const other = await sse.connect(`${server.url}/other`);
  expect((await other.next())?.data).toBe('other');
  expect(written).toBeLessThan(50_000_000);
  for (let i = 0; i < 1000; i++) expect((await flood.next())?.data).toHaveLength(10_000);
  flood.close();
});
