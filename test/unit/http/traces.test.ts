/** What is kept of requests for `--trace-slowest`, against real servers. */

import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { InterruptedError } from '../../../dsl/errors.ts';
import type { FinishedRequest, TraceSink } from '../../../dsl/host.ts';
import type { ResolvedOptions } from '../../../dsl/options.ts';
import type { RequestTrace } from '../../../dsl/request-trace.ts';
import { httpServer } from '../../helpers/servers.ts';
import { vu as plainVu, serving } from './harness.ts';

class AllKept implements TraceSink {
  readonly bodyLimit: number;
  readonly requests: FinishedRequest[] = [];

  constructor(bodyLimit: number) {
    this.bodyLimit = bodyLimit;
  }

  wants(): boolean {
    return true;
  }

  keep(request: FinishedRequest): void {
    this.requests.push(request);
  }

  traces(): RequestTrace[] {
    return this.requests.map((request) => request.trace());
  }
}

function vu(options: Partial<ResolvedOptions> = {}, bodyLimit = 65_536) {
  const { http, host } = plainVu(options);
  const kept = new AllKept(bodyLimit);
  host.traces = kept;
  return { http, host, kept };
}

function one(kept: AllKept): RequestTrace {
  const traces = kept.traces();
  expect(traces).toHaveLength(1);
  return traces[0] as RequestTrace;
}

const header = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

test('all of a request, without its secrets', async () => {
  const { url } = await serving(
    httpServer((request, response) => {
      response.setHeader('Set-Cookie', ['sid=server-session; Path=/', 'b=c']);
      response.setHeader('Location', '/next?token=server-token');
      response.end(`you are ${request.headers.cookie} ${request.headers.authorization}`);
    }),
  );
  const { http, host, kept } = vu();
  host.env.API_TOKEN = 'from-the-environment';
  host.env.LOG_LEVEL = 'debugging';
  const response = await http.post(
    `${url}/buy?access_token=query-token&n=1`,
    '{"password":"body-secret","n":1}',
    {
      headers: {
        Authorization: 'Bearer header-token',
        'X-Tenant': 'from-the-environment',
        'X-Log': 'debugging',
      },
      cookies: { cart: 'cookie-secret' },
      tags: { name: 'buy', step: 'pay' },
    },
  );
  expect(response.body).toContain('cookie-secret');
  const trace = one(kept);
  expect(trace).toMatchObject({
    method: 'POST',
    url: `${url}/buy?access_token=***&n=1`,
    name: 'buy',
    status: 200,
    proto: 'HTTP/1.1',
    error: '',
    errorCode: 0,
    scenario: 'default',
    group: '',
    vu: 1,
    iteration: 0,
    tags: { step: 'pay' },
    remote: url.slice('http://'.length),
    request: { body: { size: 32, encoding: 'text', content: '{"password":"***","n":1}', truncated: false } },
    response: { body: { encoding: 'text', content: 'you are cart=*** Bearer ***', truncated: false } },
  });
  expect(trace.timings).toEqual(response.timings);
  expect(trace.atMs).toBeGreaterThanOrEqual(0);
  const sent = trace.request.headers;
  expect(header(sent, 'host')).toEqual([url.slice('http://'.length)]);
  expect(header(sent, 'authorization')).toEqual(['Bearer ***']);
  expect(header(sent, 'cookie')).toEqual(['cart=***']);
  expect(header(sent, 'x-tenant')).toEqual(['***']);
  expect(header(sent, 'x-log')).toEqual(['debugging']);
  expect(header(sent, 'content-length')).toEqual(['32']);
  const came = trace.response?.headers ?? [];
  expect(header(came, 'set-cookie')).toEqual(['sid=***; Path=/', 'b=***']);
  expect(header(came, 'location')).toEqual(['/next?token=***']);
  expect(JSON.stringify(trace)).not.toMatch(
    /secret|header-token|query-token|server-token|server-session|environment/,
  );
});

test('every hop of a redirect and every attempt is one of its own', async () => {
  let tries = 0;
  const { url } = await serving(
    httpServer((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/to' }).end('moved');
      else if (tries++ === 0) response.writeHead(503).end('busy');
      else response.end('there');
    }),
  );
  const { http, kept } = vu();
  await http.get(`${url}/from`, { retry: { times: 2, backoff: 1 } });
  expect(
    kept
      .traces()
      .map((trace) => [
        trace.url.slice(url.length),
        trace.status,
        trace.response?.body?.content,
        trace.error,
      ]),
  ).toEqual([
    ['/from', 302, 'moved', ''],
    ['/to', 503, 'busy', 'unexpected status 503 Service Unavailable'],
    ['/from', 302, 'moved', ''],
    ['/to', 200, 'there', ''],
  ]);
});

test('a request without a response', async () => {
  const { http, kept } = vu();
  await http.post('http://127.0.0.1:1/x', 'abc');
  const [request] = kept.requests;
  expect(request).toMatchObject({ failed: true, durationMs: -1 });
  expect(one(kept)).toMatchObject({
    status: 0,
    errorCode: 1212,
    error: 'connection refused by 127.0.0.1:1',
    response: null,
    request: { body: { content: 'abc' } },
  });
});

test('a request that was given up by its time limit', async () => {
  const { url } = await serving(httpServer(() => undefined));
  const { http, kept } = vu();
  await http.get(url, { timeout: 30 });
  expect(one(kept)).toMatchObject({ status: 0, errorCode: 1050, response: null, request: { body: null } });
  expect(one(kept).timings.waiting).toBeGreaterThan(0);
});

test('requests of a batch', async () => {
  const { url } = await serving(httpServer((request, response) => response.end(request.url)));
  const { http, kept } = vu();
  await http.batch([`${url}/a`, `${url}/b`]);
  expect(new Set(kept.traces().map(({ response }) => response?.body?.content))).toEqual(
    new Set(['/a', '/b']),
  );
});

test('bodies that are not there say why', async () => {
  const { url } = await serving(httpServer((_, response) => response.end('answer')));
  const { http, kept } = vu();
  await http.get(url, { responseType: 'none' });
  const streamed = await http.post(url, Readable.from(['a', 'b']), { responseType: 'stream' });
  for await (const chunk of streamed.body) void chunk;
  await http.head(url);
  const [none, stream, head] = kept.traces();
  expect(none?.response?.body).toMatchObject({ omitted: 'discarded', content: '' });
  expect(stream?.response?.body).toMatchObject({ omitted: 'streamed' });
  expect(stream?.request.body).toMatchObject({ omitted: 'streamed' });
  expect(head?.response?.body).toBeNull();
});

test('long bodies are cut between characters, and say so', async () => {
  const text = 'ä'.repeat(600);
  const { url } = await serving(httpServer((_, response) => response.end(text)));
  const { http, kept } = vu({}, 1001);
  await http.post(url, `${text}x`);
  const { request, response } = one(kept);
  expect(request.body).toEqual({ size: 1201, encoding: 'text', content: 'ä'.repeat(500), truncated: true });
  expect(response?.body).toEqual({ size: 1200, encoding: 'text', content: 'ä'.repeat(500), truncated: true });
});

test('a secret that the cut goes through is not shown in part', async () => {
  const { url } = await serving(
    httpServer((_, response) => response.end(`${'x'.repeat(90)} the-token-of-mine`)),
  );
  const { http, kept } = vu({}, 100);
  await http.get(url, { headers: { Authorization: 'Bearer the-token-of-mine' } });
  expect(one(kept).response?.body?.content).toBe(`${'x'.repeat(90)} ***`);
});

test('what is no text goes as base64, known secrets masked', async () => {
  const bytes = Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from('the-token-of-mine'), Buffer.from([0])]);
  const { url } = await serving(httpServer((_, response) => response.end(bytes)));
  const { http, kept } = vu();
  await http.get(url, { headers: { 'X-Api-Key': 'the-token-of-mine' }, responseType: 'binary' });
  const body = one(kept).response?.body;
  expect(body).toMatchObject({ encoding: 'base64', size: bytes.length });
  expect(Buffer.from(body?.content ?? '', 'base64').toString('latin1')).toBe('\u0000\u00ff\u0001***\u0000');
});

test('compressed bodies are shown as they were meant', async () => {
  const { url } = await serving(
    httpServer((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync('{"token":"abc","a":1}'));
    }),
  );
  const { http, kept } = vu();
  await http.post(url, '{"password":"x","b":2}', { compression: 'gzip' });
  const { request, response } = one(kept);
  expect(request.body?.content).toBe('{"password":"***","b":2}');
  expect(response?.body?.content).toBe('{"token":"***","a":1}');
});

test('a hostile answer is text like any other', async () => {
  const evil = '</script><img src=x onerror=alert(1)>\u0000\u001b[31m\ud800"\\';
  const { url } = await serving(
    httpServer((_, response) => {
      response.setHeader('x-evil', '<b>"');
      response.setHeader('x-long', 'y'.repeat(10_000));
      response.end(evil);
    }),
  );
  const { http, kept } = vu();
  await http.get(url);
  const trace = JSON.parse(JSON.stringify(one(kept))) as RequestTrace;
  expect(header(trace.response?.headers ?? [], 'x-evil')).toEqual(['<b>"']);
  expect(header(trace.response?.headers ?? [], 'x-long')[0]).toHaveLength(8193);
  // A NUL makes it binary.
  expect(Buffer.from(trace.response?.body?.content ?? '', 'base64').toString()).toContain('</script>');
});

test('HTTP/2', async () => {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 500, 'x-a': 'b' });
    stream.end('broken');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  const { http, kept } = vu();
  await http.post(`http://127.0.0.1:${(server.address() as AddressInfo).port}/two`, 'question', {
    http2: true,
  });
  expect(one(kept)).toMatchObject({
    status: 500,
    proto: 'HTTP/2.0',
    error: 'unexpected status 500 Internal Server Error',
    errorCode: 1500,
    request: { body: { content: 'question' } },
    response: { body: { content: 'broken' } },
  });
});

test("requests of other packages' clients, without bodies", async () => {
  const { url } = await serving(httpServer((_, response) => response.writeHead(500).end('no')));
  const { http, kept } = vu();
  const { get } = await import('node:http');
  await new Promise<void>((resolve, reject) => {
    http.instrument(() => {
      get(`${url}/p?token=abcdefgh`, { headers: { authorization: 'Bearer abcdefgh' } }, (response) => {
        response.resume().once('close', resolve);
      }).once('error', reject);
    });
  });
  await expect.poll(() => kept.requests.length).toBe(1);
  const trace = one(kept);
  expect(trace).toMatchObject({
    url: `${url}/p?token=***`,
    status: 500,
    request: { body: { omitted: 'not seen' } },
    response: { body: { omitted: 'not seen' } },
  });
  expect(header(trace.request.headers, 'authorization')).toEqual(['Bearer ***']);
  expect(JSON.stringify(trace)).not.toContain('abcdefgh');
});

test('an interrupted request is none that failed', async () => {
  const { url } = await serving(httpServer(() => undefined));
  const { http, host, kept } = vu();
  const asked = http.get(url);
  asked.catch(() => undefined);
  host.interrupt(new InterruptedError());
  await expect(asked).rejects.toThrow();
  expect(kept.requests).toHaveLength(0);
});
