/** What becomes of the answers of a receiver over HTTP: taken, to be sent again, or lost. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RetryableError } from '../../../runner/outputs/output.ts';
import { type Posting, post, RefusedError } from '../../../runner/outputs/post.ts';
import { httpServer, rawServer } from '../../helpers/servers.ts';
import { freePort } from '../../helpers/services.ts';

const NEVER = new AbortController().signal;

function posting(url: string, more: Partial<Posting> = {}): Posting {
  return { url: new URL(url), headers: {}, body: 'hello', gzip: false, signal: NEVER, ...more };
}

async function receiver(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = await httpServer(answer);
  onTestFinished(() => server.close());
  return server.url;
}

const answering = (status: number, headers: Record<string, string> = {}, body = ''): Promise<string> =>
  receiver((request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  });

async function failure(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was taken');
}

test('the body arrives, compressed where it is asked for, with the headers', async () => {
  const got: string[] = [];
  const url = await receiver((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const isZipped = request.headers['content-encoding'] === 'gzip';
      const text = String(isZipped ? gunzipSync(body) : body);
      got.push(`${request.method} ${String(request.headers['x-key'])} ${isZipped} ${text}`);
      response.setHeader('content-type', 'Application/JSON; charset=utf-8');
      response.end('{}');
    });
  });
  const headers = { 'x-key': 'k' };
  const answer = await post(posting(url, { headers }));
  expect(answer).toMatchObject({ status: 200, contentType: 'application/json' });
  await post(posting(url, { headers, gzip: true, body: new TextEncoder().encode('bytes') }));
  expect(got).toEqual(['POST k false hello', 'POST k true bytes']);
});

test.each([429, 502, 503, 504])('%i may be sent again', async (status) => {
  const error = await failure(post(posting(await answering(status, {}, 'later'))));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error.message).toBe(`it answered ${status}: later`);
  expect((error as RetryableError).afterMs).toBeUndefined();
});

test.each([
  ['2', 2000],
  ['0.5', 500],
  [new Date(Date.now() - 60_000).toUTCString(), 0],
  ['soon', undefined],
])('Retry-After: %s', async (header, afterMs) => {
  const error = await failure(post(posting(await answering(503, { 'retry-after': header }))));
  expect((error as RetryableError).afterMs).toBe(afterMs);
});

test('any other 5xx is lost, but for what may be repeated', async () => {
  const url = await answering(500);
  const error = await failure(post(posting(url)));
  expect(error).not.toBeInstanceOf(RetryableError);
  expect(error.message).toBe('it answered 500');
  expect(await failure(post(posting(url, { repeatable: true })))).toBeInstanceOf(RetryableError);
});

test.each([400, 401, 404, 413])('%i is a refusal, whatever may be repeated', async (status) => {
  const url = await answering(status, {}, '{"error":"no such database"}');
  const error = await failure(post(posting(url, { repeatable: true })));
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({ status, message: `it answered ${status}: no such database` });
});

test('a redirection is not followed: credentials stay where they were meant for', async () => {
  const error = await failure(post(posting(await answering(302, { location: 'http://127.0.0.1:1/' }))));
  expect(error).toMatchObject({ status: 302 });
});

describe('reasons in the body', () => {
  test.each([
    ['{"message":"too old"}', ': too old'],
    ['{"error":"partial write"}', ': partial write'],
    ['{"code":3}', ': {"code":3}'],
    ['several\n  lines\r\n', ': several lines'],
    ['<html>sorry</html>', ''],
    ['\u0000\u0001', ''],
    ['null', ': null'],
    ['x'.repeat(5000), `: ${'x'.repeat(300)}…`],
  ])('%j', async (body, said) => {
    const error = await failure(post(posting(await answering(400, {}, body))));
    expect(error.message).toBe(`it answered 400${said}`);
  });
});

test('a body without end is not read to its end', async () => {
  const url = await receiver((request, response) => {
    request.resume();
    response.writeHead(200);
    const more = (): void => {
      while (response.write('x'.repeat(16_384)));
      response.once('drain', more);
    };
    more();
  });
  const { body } = await post(posting(url));
  expect(body.length).toBeLessThan(1_000_000);
});

test('nobody there: may be sent again', async () => {
  const error = await failure(post(posting(`http://127.0.0.1:${await freePort()}`)));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error.message).toBe('connection refused');
});

test('a connection that breaks: nobody knows whether it was taken', async () => {
  const server = await rawServer((socket) => socket.once('data', () => socket.destroy()));
  onTestFinished(() => server.close());
  const error = await failure(post(posting(server.url)));
  expect(error).not.toBeInstanceOf(RetryableError);
  expect(error.message).toMatch(
    /^(?:it closed the connection without an answer|connection reset by the other side)$/,
  );
  expect(await failure(post(posting(server.url, { repeatable: true })))).toBeInstanceOf(RetryableError);
});

test('garbage instead of HTTP is an error in words', async () => {
  const server = await rawServer((socket) =>
    socket.once('data', () => socket.end('220 mail.example.com ESMTP\r\n')),
  );
  onTestFinished(() => server.close());
  const error = await failure(post(posting(server.url)));
  expect(error.message).toBe('its answer is no HTTP');
});

test('an end of the time is told by its own words', async () => {
  const url = await receiver(() => undefined);
  const over = new AbortController();
  const failed = failure(post(posting(url, { signal: over.signal })));
  over.abort(new Error('it did not answer within 3 s'));
  expect((await failed).message).toBe('it did not answer within 3 s');
});
