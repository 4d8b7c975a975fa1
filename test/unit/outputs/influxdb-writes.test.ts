/** How the InfluxDB output meets a server's answers. */

import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { createInfluxdb } from '../../../runner/outputs/influxdb/influxdb.ts';
import { type Output, type OutputRun, RetryableError } from '../../../runner/outputs/output.ts';
import { parseOutput } from '../../../runner/outputs/spec.ts';
import { batch, metric, series } from '../../helpers/measured.ts';
import { httpServer } from '../../helpers/servers.ts';

interface Request {
  readonly path: string;
  readonly lines: readonly string[];
  readonly text: string;
}

type Answer = (request: Request, number: number) => { readonly status: number; readonly body?: string };

async function startServer(answer: Answer): Promise<{ readonly url: string; readonly requests: Request[] }> {
  const requests: Request[] = [];
  const server = await httpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const text = String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      const seen = {
        path: (request.url ?? '').replace(/\?.*/, ''),
        text,
        lines: text === '' ? [] : text.split('\n'),
      };
      requests.push(seen);
      const { status, body: said = '' } = answer(seen, requests.length - 1);
      response.writeHead(status, { 'content-type': 'application/json' }).end(said);
    });
  });
  onTestFinished(() => server.close());
  return { url: server.url, requests };
}

const RUN = {
  script: 's.ts',
  runId: '00000000002a',
  version: '1',
  metrics: [],
  options: { tags: {} },
  rules: [],
};

async function opened(url: string): Promise<Output> {
  const output = createInfluxdb(parseOutput(`influxdb=${url}/load`), {
    cwd: '/',
    env: {},
    warn: () => undefined,
  });
  await output.open(RUN as unknown as OutputRun);
  return output;
}

const NEVER = new AbortController().signal;
const ONE = series(metric('http_reqs'), {}, { type: 'counter', sum: 1 });
const MANY = batch(
  Array.from({ length: 12_000 }, (_, i) =>
    series(metric('http_reqs'), { name: `n${i}` }, { type: 'counter', sum: 1 }),
  ),
);

test('writes have at most 5,000 lines', async () => {
  const { url, requests } = await startServer(() => ({ status: 204 }));
  await (await opened(url)).send?.(MANY, NEVER);
  expect(requests.map(({ lines }) => lines.length)).toEqual([0, 5000, 5000, 2000]);
  expect(new Set(requests.flatMap(({ lines }) => lines)).size).toBe(12_000);
});

test('what it took of a batch is not sent again: that would count it twice', async () => {
  const { url } = await startServer((_request, number) => ({ status: number === 2 ? 503 : 204 }));
  const output = await opened(url);
  const sent = output.send?.(MANY, NEVER);
  await expect(sent).rejects.not.toBeInstanceOf(RetryableError);
  await expect(sent).rejects.toThrow('it took the first 5000 of 12000 points: it answered 503');
});

test('no point gets the time of an earlier one, which it would replace', async () => {
  const { url, requests } = await startServer(() => ({ status: 204 }));
  const output = await opened(url);
  for (const second of [5, 5, 4, 6]) await output.send?.(batch([ONE], second), NEVER);
  const times = requests.flatMap(({ lines }) => lines).map((line) => Number(line.split(' ').at(-1)));
  const start = batch([ONE], 5).to.getTime();
  expect(times).toEqual([start, start + 1, start + 2, start + 1000]);
});

const MISSING = { status: 404, body: '{"error":"database not found: \\"load\\""}' };

test('a database that is gone is made again, and the points written', async () => {
  let exists = true;
  const { url, requests } = await startServer(({ path }) => {
    if (path === '/query') exists = true;
    return exists ? { status: path === '/query' ? 200 : 204, body: '{"results":[{}]}' } : MISSING;
  });
  const output = await opened(url);
  exists = false;
  await output.send?.(batch([ONE]), NEVER);
  expect(requests.map(({ path }) => path)).toEqual(['/write', '/write', '/query', '/write']);
  expect(requests[2]?.text).toBe('q=CREATE+DATABASE+%22load%22');
  expect(requests[3]?.lines).toHaveLength(1);
});

test.each([
  [
    'by an answer',
    { status: 403, body: '{"error":"not an administrator"}' },
    'it answered 403: not an administrator',
  ],
  ['by a result', { status: 200, body: '{"results":[{"error":"no space"}]}' }, 'no space'],
  ['by nonsense', { status: 200, body: 'ok' }, 'it answered with something that is no answer of InfluxDB'],
])('a database that cannot be made, %s, refuses the run', async (_how, created, reason) => {
  const { url } = await startServer(({ path }) => (path === '/query' ? created : MISSING));
  await expect(opened(url)).rejects.toThrow(
    `the database 'load' is missing and could not be made: ${reason}.`,
  );
});

test('a server that is away, overloaded or strict about nothing does not refuse the run', async () => {
  for (const status of [400, 500, 503]) {
    const { url } = await startServer(() => ({ status }));
    await expect(opened(url)).resolves.toBeDefined();
  }
});

test('a success of something else than InfluxDB is none', async () => {
  const page = await httpServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'text/html');
    response.end('<h1>Welcome</h1>');
  });
  onTestFinished(() => page.close());
  const output = await opened(page.url);
  await expect(output.send?.(batch([ONE]), NEVER)).rejects.toThrow('it answered 200 with text/html');
});
