/** What goes wrong beneath gRPC's own statuses, against a server of HTTP/2 that answers as a broken one would. */

import type { ServerHttp2Stream } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { grpcServer, grpcVu } from '../../helpers/grpc.ts';
import { type H2Server, h2Server } from '../../helpers/h2.ts';
import { relay } from '../../helpers/relay.ts';

const SAY = 'echo.v1.Echo/Say';

async function answering(answer: (stream: ServerHttp2Stream) => void): Promise<H2Server> {
  const server = await h2Server((stream) => {
    stream.resume();
    answer(stream);
  });
  onTestFinished(() => server.close());
  return server;
}

/** A message with its length in front; `length` in place of the true one. */
function message(bytes: readonly number[], length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.from(bytes)]);
}

function respond(stream: ServerHttp2Stream, body: Buffer, status: string | null = '0'): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(status === null ? {} : { 'grpc-status': status }));
  stream.end(body);
}

test.each([
  // A wire type that there is not.
  ['a message that cannot be decoded', message([0x0f]), '0', 13],
  ['a message longer than the largest', message([], 100_000_000), '0', 8],
  ['half a message', message([0x0a], 10), '0', 12],
  ['no message', Buffer.alloc(0), '0', 12],
  ['no status', message([]), null, 13],
] as const)('%s is a failure with its status', async (_, body, grpcStatus, status) => {
  const server = await answering((stream) => respond(stream, body, grpcStatus));
  const { client, host } = grpcVu(`127.0.0.1:${server.port}`);
  const res = await client.invoke(SAY, { text: 'a' }, { deadline: '5s' });
  expect(res).toMatchObject({ status, errorCode: 1800 + status, message: null });
  expect(host.values('grpc_req_failed')).toEqual([1]);
  expect(host.counted).toHaveLength(1);
});

test('an answer of HTTP, not of gRPC', async () => {
  const server = await answering((stream) => {
    stream.respond({ ':status': 503, 'content-type': 'text/html' });
    stream.end('<html>');
  });
  const { client } = grpcVu(`127.0.0.1:${server.port}`);
  expect(await client.invoke(SAY)).toMatchObject({ status: 14, errorCode: 1814 });
});

test('a server that says goodbye finishes what is under way; the next call opens a connection', async () => {
  let calls = 0;
  const server = await answering((stream) => {
    if (++calls === 1) stream.session?.goaway(0);
    setTimeout(() => respond(stream, message([0x0a, 0x01, 0x61])), 30);
  });
  const { client, host } = grpcVu(`127.0.0.1:${server.port}`);
  expect(await client.invoke(SAY)).toMatchObject({ status: 0, message: { text: 'a' } });
  expect(await client.invoke(SAY)).toMatchObject({ status: 0 });
  expect(server.sessions).toBe(2);
  expect(host.counted).toEqual([]);
});

test('a connection that is reset in the middle of an answer: 1220, once for each call', async () => {
  const server = await grpcServer();
  const between = await relay(server.port);
  const { client, host } = grpcVu(`127.0.0.1:${between.port}`);
  await client.invoke(SAY);
  const calls = [1, 2].map(() => client.invoke(SAY, { delayMs: 5000 }));
  const stream = client.stream('echo.v1.Echo/Count', { upTo: -1 });
  await new Promise((resolve) => setTimeout(resolve, 50));
  between.reset();
  for (const res of await Promise.all(calls)) expect(res).toMatchObject({ status: 14, errorCode: 1220 });
  expect(await stream.finish()).toMatchObject({ status: 14, errorCode: 1220 });
  expect(await client.invoke(SAY, { text: 'b' })).toMatchObject({ status: 0 });
  expect(host.counted.map(({ code }) => code)).toEqual([1220, 1220, 1220]);
});

test('a half-open connection costs one deadline, not one for each call', async () => {
  const server = await grpcServer();
  const between = await relay(server.port);
  const { client, host } = grpcVu(`127.0.0.1:${between.port}`);
  expect(await client.invoke(SAY)).toMatchObject({ status: 0 });
  between.freeze();
  expect(await client.invoke(SAY, {}, { deadline: 80 })).toMatchObject({ status: 4, errorCode: 1050 });
  expect(await client.invoke(SAY, { text: 'b' }, { deadline: '5s' })).toMatchObject({ status: 0 });
  expect(host.values('grpc_connecting')).toHaveLength(2);
});

test('a VU that is retired leaves no socket, whatever is under way', async () => {
  const server = await answering(() => {});
  const { client, host } = grpcVu(`127.0.0.1:${server.port}`);
  const call = client.invoke(SAY).catch((error: unknown) => error);
  const connecting = grpcVu(`127.0.0.1:${server.port}`);
  const opening = connecting.client.connect().catch((error: unknown) => error);
  await expect.poll(() => server.open.size).toBeGreaterThan(0);
  await Promise.all([host.retire(), connecting.host.retire()]);
  await Promise.all([call, opening]);
  await expect.poll(() => server.open.size).toBe(0);
});
