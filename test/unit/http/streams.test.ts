/** Bodies that are read or sent while they come. */

import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { brotliCompressSync, createGunzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import { httpServer, rawServer } from '../../helpers/servers.ts';
import { serving, tick, vu } from './harness.ts';

const CHUNK = Buffer.alloc(65_536, 'x');

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

test('a response comes with its head, the body while it is read; the samples at its end', async () => {
  let finish = (): void => {};
  const server = await serving(
    httpServer((_request, response) => {
      response.writeHead(200, { 'x-first': 'yes' });
      response.write('one ');
      finish = () => response.end('two');
    }),
  );
  const { http, host } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  expect(res.status).toBe(200);
  expect(res.headers['x-first']).toBe('yes');
  expect(host.values('http_reqs')).toEqual([]);
  finish();
  expect(await textOf(res.body)).toBe('one two');
  expect(host.values('http_reqs')).toEqual([1]);
  expect(host.tagsOf('http_reqs')[0]).toMatchObject({ status: '200', expected_response: 'true' });
  expect(res.timings.duration).toBeGreaterThan(0);
  // The connection is free again.
  const next = http.get(server.url, { responseType: 'stream' });
  await next;
  finish();
  expect(await textOf((await next).body)).toBe('one two');
  expect(server.connections).toBe(1);
});

test('a slow reader slows the server down: what is not read is not in memory', async () => {
  let written = 0;
  const total = 64 * 1024 * 1024;
  const server = await serving(
    httpServer((_request, response) => {
      const more = (): void => {
        while (written < total) {
          written += CHUNK.length;
          if (!response.write(CHUNK)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    }),
  );
  const { http } = vu();
  const { body } = await http.get(server.url, { responseType: 'stream' });
  await tick(300);
  // Socket buffers of the kernel on both sides, and the stream's: far from all of it.
  expect(written).toBeLessThan(total / 3);
  let read = 0;
  for await (const part of body) read += (part as Buffer).length;
  expect(read).toBe(total);
}, 20_000);

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['deflate, gzip', (text: string) => gzipSync(deflateRawSync(text))],
] as const)('a stream of %s is decompressed', async (encoding, compress) => {
  const text = 'all work and no play '.repeat(20_000);
  const server = await serving(
    httpServer((_request, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(compress(text));
    }),
  );
  const { http } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  expect(await textOf(res.body)).toBe(text);
});

test('a small stream of deflate that unfolds to a huge one is unfolded as it is read', async () => {
  const size = 64 * 1024 * 1024;
  const server = await serving(
    httpServer((_request, response) => {
      response.setHeader('content-encoding', 'deflate');
      response.end(deflateRawSync(Buffer.alloc(size)));
    }),
  );
  const { http } = vu();
  const { body } = await http.get(server.url, { responseType: 'stream' });
  let read = 0;
  let most = 0;
  for await (const part of body) {
    read += (part as Buffer).length;
    most = Math.max(most, body.readableLength);
    await turn();
  }
  expect(read).toBe(size);
  expect(most).toBeLessThan(1024 * 1024);
});

test.each(['gzip', 'deflate', 'br'])(
  'a stream of %s that cannot be decompressed fails with 1701',
  async (encoding) => {
    const server = await serving(
      httpServer((_request, response) => {
        response.setHeader('content-encoding', encoding);
        response.end('this is none of them');
      }),
    );
    const { http, host } = vu();
    const res = await http.get(server.url, { responseType: 'stream' });
    await expect(textOf(res.body)).rejects.toThrow();
    await turn();
    expect(host.counted).toEqual([expect.objectContaining({ code: 1701 })]);
    expect(host.values('http_req_failed')).toEqual([1]);
  },
);

test('a reader that stops early ends the request, which counts with what it had', async () => {
  const server = await serving(
    httpServer((_request, response) => {
      const timer = setInterval(() => response.write(CHUNK), 5);
      response.once('close', () => clearInterval(timer));
    }),
  );
  const { http, host } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  for await (const part of res.body) {
    expect((part as Buffer).length).toBeGreaterThan(0);
    break;
  }
  await server.idle();
  expect(host.values('http_reqs')).toEqual([1]);
  expect(host.values('http_req_failed')).toEqual([0]);
  expect(host.counted).toEqual([]);
});

test('what an iteration leaves unread ends with it', async () => {
  const server = await serving(httpServer((_request, response) => void response.write('begun')));
  const { http, host } = vu();
  await http.get(server.url, { responseType: 'stream' });
  host.endIteration();
  await server.idle();
  expect(host.values('http_reqs')).toEqual([1]);
});

test('a server that breaks off makes the reader fail, and the request', async () => {
  const server = await serving(
    rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf');
        setTimeout(() => socket.destroy(), 30);
      });
    }),
  );
  const { http, host } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  await expect(textOf(res.body)).rejects.toThrow(/closed before the response was complete/);
  expect(host.counted).toEqual([expect.objectContaining({ code: 1200 })]);
  expect(host.tagsOf('http_reqs')).toEqual([expect.objectContaining({ status: '0', error_code: '1200' })]);
});

test('an interruption ends the reader with an InterruptedError; nothing is left', async () => {
  const server = await serving(httpServer((_request, response) => void response.write('begun')));
  const { http, host } = vu();
  const res = await http.get(server.url, { responseType: 'stream' });
  const reading = textOf(res.body);
  host.interrupt(new Error('the end'));
  await expect(reading).rejects.toBeInstanceOf(InterruptedError);
  await server.idle();
});

test('the time limit holds for the whole body', async () => {
  const server = await serving(httpServer((_request, response) => void response.write('begun')));
  const { http, host } = vu();
  const res = await http.get(server.url, { responseType: 'stream', timeout: 80 });
  await expect(textOf(res.body)).rejects.toThrow(/timed out after 80 ms/);
  expect(host.counted).toEqual([expect.objectContaining({ code: 1050 })]);
});

test('redirects are followed before the stream begins', async () => {
  const server = await serving(
    httpServer((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).end('moved');
      else response.end('arrived');
    }),
  );
  const { http, host } = vu();
  const res = await http.get(`${server.url}/from`, { responseType: 'stream' });
  expect(await textOf(res.body)).toBe('arrived');
  expect(host.tagsOf('http_reqs').map((tags) => tags.status)).toEqual(['302', '200']);
});

test('where nothing comes back, the stream is empty', async () => {
  const { http } = vu();
  const res = await http.get('http://127.0.0.1:1/', { responseType: 'stream' });
  expect(res.status).toBe(0);
  expect(await textOf(res.body)).toBe('');
});

const echo = httpServer.bind(null, (request, response) => {
  const encoding = request.headers['content-encoding'];
  const source = encoding === 'gzip' ? request.pipe(createGunzip()) : request;
  let size = 0;
  source.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  source.once('end', () =>
    response.end(`${size} ${request.headers['transfer-encoding'] ?? ''} ${encoding ?? ''}`),
  );
});

test.each([
  ['a Readable', () => Readable.from([CHUNK, CHUNK])],
  [
    'an async iterable',
    () =>
      (async function* () {
        yield CHUNK;
        await turn();
        yield CHUNK;
      })(),
  ],
  ['a web stream', () => new Blob([CHUNK, CHUNK]).stream()],
])('%s is sent while it is read', async (_name, make) => {
  const server = await serving(echo());
  const { http } = vu();
  const res = await http.post(server.url, make() as Readable);
  expect(res.body).toBe(`${2 * CHUNK.length} chunked `);
});

test('a stream is compressed as it goes', async () => {
  const server = await serving(echo());
  const { http, host } = vu();
  const res = await http.post(server.url, Readable.from([CHUNK, CHUNK]), { compression: 'gzip' });
  expect(res.body).toBe(`${2 * CHUNK.length} chunked gzip`);
  expect(host.sum('data_sent')).toBeLessThan(5000);
});

test('a source that fails makes the request fail', async () => {
  const server = await serving(echo());
  const { http, host } = vu();
  const source = new PassThrough();
  const sending = http.post(server.url, source);
  source.write('begin');
  await tick(30);
  source.destroy(new Error('the disk is gone'));
  const res = await sending;
  expect(res).toMatchObject({ status: 0, errorCode: 1000 });
  expect(res.error).toContain('the disk is gone');
  expect(host.values('http_reqs')).toEqual([1]);
});

test('a source is closed when the request cannot be sent', async () => {
  const { http } = vu();
  const source = new PassThrough();
  const res = await http.post('http://127.0.0.1:1/', source);
  expect(res.errorCode).toBe(1212);
  expect(source.destroyed).toBe(true);
});

test('a redirect that asks for a stream again fails, and says why', async () => {
  const server = await serving(
    httpServer((request, response) => {
      request.resume().once('end', () => response.writeHead(307, { location: '/again' }).end());
    }),
  );
  const { http } = vu();
  const res = await http.post(server.url, Readable.from(['text']));
  expect(res.error).toMatch(/asks for the body again/);
});

test('a stream and what sends again exclude each other', async () => {
  const { http } = vu();
  expect(() => http.post('http://127.0.0.1:1/', Readable.from(['x']), { retry: { times: 1 } })).toThrow(
    /sent only once/,
  );
});

test('what is asked for again is not left open: retries and digest', async () => {
  let asked = 0;
  const server = await serving(
    httpServer((request, response) => {
      asked++;
      const digest = request.url === '/digest';
      if (asked === 1) {
        const challenge = { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' };
        response.writeHead(digest ? 401 : 503, digest ? challenge : {}).write('no');
        if (digest) response.end();
      } else response.end(request.headers.authorization === undefined ? 'retried' : 'answered');
    }),
  );
  const { http } = vu();
  const retry = { times: 1, on: [503], backoff: 1 };
  const retried = await http.get(server.url, { responseType: 'stream', retry });
  expect(await textOf(retried.body)).toBe('retried');
  asked = 0;
  const url = `${server.url.replace('//', '//ada:secret@')}/digest`;
  const answered = await http.get(url, { responseType: 'stream', auth: 'digest' });
  expect(await textOf(answered.body)).toBe('answered');
  expect(server.open.size).toBe(1);
});

test('files of a form may be streams: sent as they are read, one after the other, between the other fields', async () => {
  const server = await serving(
    httpServer((request, response) => {
      void textOf(request).then((text) => response.end(`${request.headers['transfer-encoding']}\n${text}`));
    }),
  );
  const { http } = vu();
  async function* rows(): AsyncGenerator<string> {
    for (let i = 0; i < 3; i++) {
      await turn();
      yield `row ${i};`;
    }
  }
  const res = await http.post(server.url, {
    note: 'two files',
    table: http.file(rows(), 'rows.csv', 'text/csv'),
    picture: http.file(Readable.from([CHUNK, CHUNK]), 'x.bin'),
  });
  const [coding, ...lines] = res.body.split('\n');
  expect(coding).toBe('chunked');
  const text = lines.join('\n');
  const boundary = text.slice(0, text.indexOf('\r\n'));
  const parts = text.split(boundary).map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, -2));
  expect(parts.slice(1, 4)).toEqual(['two files', 'row 0;row 1;row 2;', 'x'.repeat(2 * CHUNK.length)]);
  expect(text).toContain('filename="rows.csv"\r\ncontent-type: text/csv');
  expect(text.endsWith(`${boundary}--\r\n`)).toBe(true);
});

test('a file that breaks while the form is sent fails the request; files that were not reached are closed', async () => {
  const server = await serving(
    httpServer((request, response) => void textOf(request).then(() => response.end())),
  );
  const { http } = vu();
  const unread = Readable.from([CHUNK]);
  async function* broken(): AsyncGenerator<Buffer> {
    yield CHUNK;
    await turn();
    throw new Error('the disk is gone');
  }
  const res = await http.post(server.url, { a: http.file(broken()), b: http.file(unread) });
  expect(res.status).toBe(0);
  expect(res.error).toContain('the disk is gone');
  expect(unread.destroyed).toBe(true);
});

test('a form with a stream is sent once: neither retries nor digest', () => {
  const { http } = vu();
  const form = (): object => ({ a: http.file(Readable.from(['x'])) });
  expect(() => http.post('http://127.0.0.1:1/', form() as never, { retry: 1 })).toThrow(/sent only once/);
  expect(() => http.post('http://u:p@127.0.0.1:1/', form() as never, { auth: 'digest' })).toThrow(
    /sent only once/,
  );
});
