import type { IncomingHttpHeaders } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createRemoteWrite } from '../../../../runner/outputs/prometheus/remote-write.ts';
import { parseOutput } from '../../../../runner/outputs/spec.ts';
import { httpServer } from '../../../helpers/servers.ts';
import { madeRun, Recorded } from './recorded.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
}

async function receiver(answer: (nth: number) => number = () => 204) {
  const received: Received[] = [];
  const server = await httpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url = '', headers } = request;
      received.push({ url, headers, bytes: Buffer.concat(parts).length });
      response.statusCode = answer(received.length);
      response.end();
    });
  });
  onTestFinished(() => server.close());
  return { received, url: server.url };
}

type Env = Readonly<Record<string, string>>;

function created(target: string, env: Env = {}) {
  const given = target === '' ? 'prometheus-remote-write' : `prometheus-remote-write=${target}`;
  return createRemoteWrite(parseOutput(given), { cwd: '/', env, warn: () => undefined });
}

const signal = new AbortController().signal;

test('requests are what receivers of remote write expect', async () => {
  const { received, url } = await receiver();
  const output = created(`${url}/api/v1/write?histograms=native&extra_label=a%3Db`);
  await output.open(madeRun());
  await output.send?.(new Recorded().second((add) => add('http_reqs', 1)).batch, signal);
  expect(received.map(({ url: path }) => path)).toEqual(Array(2).fill('/api/v1/write?extra_label=a%3Db'));
  expect(received[1]?.headers).toMatchObject({
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  });
});

test.each([
  ['the URL', 'me:p%40ss@', {}, 'Basic bWU6cEBzcw=='],
  [
    'variables, which win',
    'me:other@',
    { BRUNT_PROMETHEUS_RW_USERNAME: 'you', BRUNT_PROMETHEUS_RW_PASSWORD: 'secret' },
    'Basic eW91OnNlY3JldA==',
  ],
  ['a token', '', { BRUNT_PROMETHEUS_RW_BEARER_TOKEN: 'abc' }, 'Bearer abc'],
  ['nothing', '', {}, undefined],
])('credentials of %s', async (_name, user, env: Env, expected) => {
  const { received, url } = await receiver();
  const output = created(url.replace('//', `//${user}`), {
    ...env,
    BRUNT_PROMETHEUS_RW_HTTP_HEADERS: 'X-Scope-OrgID: team-a, x-other:b: c',
  });
  await output.open(madeRun());
  expect(received[0]?.headers.authorization).toBe(expected);
  expect(received[0]?.headers).toMatchObject({ 'x-scope-orgid': 'team-a', 'x-other': 'b: c' });
});

test('what was not taken is sent with the next, and again after a while though unchanged', async () => {
  const { received, url } = await receiver((nth) => (nth === 2 ? 503 : 204));
  const output = created(url);
  const run = new Recorded();
  await output.open(madeRun());
  const first = run.second((add) => {
    add('http_reqs', 1);
    add('http_req_duration', 1);
  });
  await expect(output.send?.(first.batch, signal)).rejects.toMatchObject({ retryable: true });
  const sizes: number[] = [];
  for (let second = 2; second <= 20; second++) {
    await output.send?.(run.second((add) => add('vus', second)).batch, signal);
    sizes.push(received.at(-1)?.bytes as number);
  }
  const usual = sizes[3] as number;
  // At second 2 what was lost, at 17 what was silent for 15 seconds.
  expect(sizes.flatMap((size, i) => (size > usual * 2 ? [i + 2] : []))).toEqual([2, 17]);
});

test('a longer interval pushes as rarely, and the rest at the end', async () => {
  const { received, url } = await receiver();
  const output = created(url, { BRUNT_PROMETHEUS_RW_PUSH_INTERVAL: '5s' });
  const run = new Recorded();
  await output.open(madeRun());
  for (let second = 1; second <= 13; second++) {
    await output.send?.(run.second((add) => add('http_reqs', second)).batch, signal);
  }
  // The question at the start, then seconds 1, 6 and 11.
  expect(received.length).toBe(4);
  await output.close();
  // Seconds 12 and 13, and the end of the series.
  expect(received.length).toBe(6);
});

test('the variable stands for the target', async () => {
  const { received, url } = await receiver();
  const output = created('', { BRUNT_PROMETHEUS_RW_SERVER_URL: `${url}/write` });
  await output.open(madeRun());
  expect(received[0]?.url).toBe('/write');
});

test('a receiver that is away does not keep the run from starting', async () => {
  const { url } = await receiver(() => 503);
  const output = created(url);
  await expect(output.open(madeRun())).resolves.toBeUndefined();
});

test.each([
  ['', {}, 'there is no target.'],
  ['localhost:9090', {}, 'the target is no URL that begins with http:// or https://.'],
  ['http://h/?histograms=big', {}, "histograms is 'big': it must be classic or native."],
  ['http://h/?buckets=a', {}, "buckets is 'a': it must be rising numbers of seconds, separated by commas."],
  ['http://h/', { BRUNT_PROMETHEUS_RW_PUSH_INTERVAL: '1' }, "it is '1': it must be a time of at least 1s."],
  ['http://h/', { BRUNT_PROMETHEUS_RW_HTTP_HEADERS: 'X-A: b, secret' }, 'part 2 is no header.'],
])('%s %o', (target, env: Env, message) => {
  expect(() => created(target, env)).toThrow(message);
});
