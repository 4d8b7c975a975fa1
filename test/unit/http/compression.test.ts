import type { IncomingMessage } from 'node:http';
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from 'node:zlib';
import { expect, test } from 'vitest';
import { httpServer } from '../../helpers/servers.ts';
import { serving, vu } from './harness.ts';

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const TEXT = JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, name: `product ${id}` })));

test.each([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
  ['gzip, br', (bytes: Buffer) => gunzipSync(brotliDecompressSync(bytes))],
])('compression: %s', async (compression, undo) => {
  let sent: Buffer = Buffer.alloc(0);
  let headers: IncomingMessage['headers'] = {};
  const server = await serving(
    httpServer((request, response) => {
      headers = request.headers;
      void read(request).then((bytes) => {
        sent = bytes;
        response.end();
      });
    }),
  );
  const { http, host } = vu();
  await http.post(server.url, TEXT, { compression, headers: { 'content-type': 'application/json' } });
  expect(headers['content-encoding']).toBe(compression);
  expect(headers['content-length']).toBe(String(sent.length));
  expect(undo(sent).toString()).toBe(TEXT);
  expect(host.sum('data_sent')).toBeLessThan(TEXT.length / 2);
});

test('JSON and forms are compressed too; a request without a body says nothing of it', async () => {
  const seen: [string | undefined, string | undefined, string][] = [];
  const server = await serving(
    httpServer((request, response) => {
      void read(request).then((bytes) => {
        const encoding = request.headers['content-encoding'];
        const text = (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
        seen.push([encoding, request.headers['content-type'], text]);
        response.end();
      });
    }),
  );
  const { http } = vu();
  await http.post(server.url, null, { json: { a: 1 }, compression: 'gzip' });
  await http.post(server.url, { a: 1 }, { compression: 'gzip' });
  await http.get(server.url, { compression: 'gzip' });
  expect(seen).toEqual([
    ['gzip', 'application/json', '{"a":1}'],
    ['gzip', 'application/x-www-form-urlencoded', 'a=1'],
    [undefined, undefined, ''],
  ]);
});

test.each(['lzma', 'gzip, lzma', '', 5])('compression %j throws a TypeError', (compression) => {
  const { http } = vu();
  const params = { compression } as { compression: string };
  expect(() => http.post('http://127.0.0.1:1/', 'x', params)).toThrow(/params.compression: .* is not 'gzip'/);
});

test('a Content-Encoding of the script beside it throws', () => {
  const { http } = vu();
  const params = { compression: 'gzip', headers: { 'Content-Encoding': 'gzip' } };
  expect(() => http.post('http://127.0.0.1:1/', 'x', params)).toThrow(/either params.compression or/);
});

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
])('a response of %s is decompressed', async (encoding, compress) => {
  const server = await serving(
    httpServer((_request, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(compress(TEXT));
    }),
  );
  const { http } = vu();
  const res = await http.get(server.url);
  expect(res.body).toBe(TEXT);
  expect(res.size).toBe(TEXT.length);
});

const withZstd = 'zstdCompressSync' in (await import('node:zlib'));

test('zstd is decompressed where Node has it, and 1701 where it has not', async () => {
  const { zstdCompressSync } = (await import('node:zlib')) as unknown as {
    zstdCompressSync?: (text: string) => Buffer;
  };
  const server = await serving(
    httpServer((_request, response) => {
      response.setHeader('content-encoding', 'zstd');
      response.end(zstdCompressSync?.(TEXT) ?? 'x');
    }),
  );
  const { http } = vu();
  const res = await http.get(server.url);
  if (withZstd) expect(res.body).toBe(TEXT);
  else
    expect(res).toMatchObject({ status: 0, errorCode: 1701, error: expect.stringContaining('has no zstd') });
});
