/** Runs that send what they measure to receivers of OTLP, which decode it by OpenTelemetry's own definitions. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { brunt, folder, runScript, type ScriptResult, startScript } from '../helpers/cli.ts';
import {
  encodeResponse,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpReceiver,
  startOtlp,
} from '../helpers/otlp.ts';
import { httpServer } from '../helpers/servers.ts';
import { freePort } from '../helpers/services.ts';

const script = (url: string): string => `
  import { check, http, Counter, Gauge } from 'brunt';
  const money = new Counter('money');
  const depth = new Gauge('depth');
  export const options = { vus: 4, duration: '3s', tags: { team: 'shop' } };
  export async function setup() { await http.get('${url}/setup'); }
  export default async function () {
    const response = await http.get('${url}/items');
    check(response, { 'is fine': (r) => r.status === 200, never: () => false });
    money.add(0.25);
    depth.add(-3);
  }
`;

async function target(): Promise<string> {
  const server = await httpServer((_request, response) => setTimeout(() => response.end('ok'), 5));
  onTestFinished(() => server.close());
  return server.url;
}

const attribute = (point: OtlpPoint, key: string): string | undefined =>
  point.attributes?.find((one) => one.key === key)?.value.stringValue;

const pointsOf = (metric: OtlpMetric): readonly OtlpPoint[] =>
  (metric.sum ?? metric.gauge ?? metric.histogram ?? metric.exponentialHistogram)?.dataPoints ?? [];

/** Of the load only: setup's are left out, as in the summary. */
function loadPoints(receiver: OtlpReceiver, name: string): readonly OtlpPoint[] {
  return receiver
    .metrics(name)
    .flatMap(pointsOf)
    .filter((point) => !attribute(point, 'group')?.startsWith('::'));
}

/** The last point of every series. */
function latest(points: readonly OtlpPoint[]): readonly OtlpPoint[] {
  return [...new Map(points.map((point) => [JSON.stringify(point.attributes), point])).values()];
}

const total = (points: readonly OtlpPoint[], field: 'asDouble' | 'count' | 'sum' = 'asDouble'): number =>
  points.reduce((sum, point) => sum + Number(point[field] ?? 0), 0);

const isTrue = (point: OtlpPoint): boolean => attribute(point, 'condition') === 'nonzero';

function expectSame(run: ScriptResult, points: (name: string) => readonly OtlpPoint[]): void {
  expect(total(points('http_reqs'))).toBe(run.value('http_reqs', 'count'));
  expect(total(points('money'))).toBe(run.value('money', 'count'));
  expect(total(points('data_received'))).toBe(run.value('data_received', 'count'));
  expect(total(points('checks').filter(isTrue))).toBe(run.value('checks', 'passes'));
  expect(total(points('checks').filter((point) => !isTrue(point)))).toBe(run.value('checks', 'fails'));
  const durations = points('http_req_duration');
  expect(total(durations, 'count')).toBe(run.value('http_req_duration', 'count'));
  expect(total(durations, 'sum') / total(durations, 'count')).toBeCloseTo(
    run.value('http_req_duration', 'avg'),
    6,
  );
  expect(Math.min(...durations.map(({ min }) => min as number))).toBe(run.value('http_req_duration', 'min'));
  expect(Math.max(...durations.map(({ max }) => max as number))).toBe(run.value('http_req_duration', 'max'));
}

const counts = (texts: readonly string[] | undefined): number =>
  (texts ?? []).reduce((sum, one) => sum + Number(one), 0);

/** The value at a rank, as a backend reads it: the middle of its bucket. */
function valueAt({ scale = 0, zeroCount, positive }: OtlpPoint, rank: number): number {
  let seen = Number(zeroCount ?? 0);
  const base = 2 ** (2 ** -scale);
  for (const [i, count] of (positive?.bucketCounts ?? []).entries()) {
    seen += Number(count);
    if (seen >= rank) return (2 * base ** ((positive?.offset ?? 0) + i + 1)) / (base + 1);
  }
  return Number.NaN;
}

test('totals in protobuf, and deltas in JSON, are the summary', async () => {
  const [totals, deltas] = [await startOtlp(), await startOtlp()];
  const delta = `${deltas.url}?protocol=json&temporality=delta&histograms=explicit&compression=none`;
  const run = await runScript(script(await target()), ['-o', `otlp=${totals.url}`, '-o', `otlp=${delta}`], {
    env: {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=ci',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b',
    },
  });
  expect(run.code, run.output).toBe(0);
  for (const output of run.summary.outputs ?? []) expect(output).toMatchObject({ lost: 0 });
  expectSame(run, (name) => latest(loadPoints(totals, name)));
  expectSame(run, (name) => loadPoints(deltas, name));

  expect(totals.headers[0]).toMatchObject({ 'content-encoding': 'gzip', 'x-key': 'a b' });
  expect(deltas.headers[0]?.['content-encoding']).toBeUndefined();
  const [whole] = latest(loadPoints(totals, 'http_req_duration')) as [OtlpPoint];
  expect(Number(whole.zeroCount ?? 0) + counts(whole.positive?.bucketCounts)).toBe(Number(whole.count));
  const p95 = run.value('http_req_duration', 'p(95)');
  expect(Math.abs(valueAt(whole, Math.ceil(0.95 * Number(whole.count))) / p95 - 1)).toBeLessThan(0.008);
  for (const point of loadPoints(deltas, 'http_req_duration')) {
    expect(counts(point.bucketCounts)).toBe(Number(point.count));
    expect(point.explicitBounds).toHaveLength(15);
  }
  expect(total(latest(loadPoints(totals, 'depth')))).toBe(-3);

  // Cumulative points begin with the run; those of a delta where the one before ended.
  expect(new Set(loadPoints(totals, 'http_reqs').map((point) => point.startTimeUnixNano)).size).toBe(1);
  const spans = loadPoints(deltas, 'http_reqs').map((point) => [point.startTimeUnixNano, point.timeUnixNano]);
  expect(spans.length).toBeGreaterThanOrEqual(2);
  for (const [i, span] of spans.slice(1).entries()) expect(span[0]).toBe(spans[i]?.[1]);

  const resource = totals.requests[0]?.resourceMetrics?.[0]?.resource.attributes ?? [];
  expect(Object.fromEntries(resource.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
    'service.name': 'brunt',
    'service.instance.id': expect.stringMatching(/^[0-9a-f]{12}$/),
    'brunt.script': 'script.ts',
    'deployment.environment.name': 'ci',
    team: 'shop',
  });
});

test('receivers that fail in every way take nothing from the run, and what they lost is said', async () => {
  const busy = await startOtlp((request, response) => {
    if (request > 1) return false;
    response.writeHead(request === 0 ? 503 : 429, { 'retry-after': '1' }).end();
    return true;
  });
  const broken = await startOtlp((_request, response) => {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"no disk"}');
    return true;
  });
  const choosy = await startOtlp((request, response) => {
    response.setHeader('content-type', 'application/x-protobuf');
    response.end(
      encodeResponse({ partialSuccess: { rejectedDataPoints: request + 1, errorMessage: 'too old' } }),
    );
    return true;
  });
  const page = await startOtlp((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<h1>Welcome</h1>'.repeat(100_000));
    return true;
  });
  const silent = await startOtlp(() => true);
  const latePort = await freePort();
  const receivers = [busy.url, broken.url, choosy.url, page.url, silent.url, `http://127.0.0.1:${latePort}`];
  const running = startScript(
    script(await target()),
    receivers.flatMap((url) => ['-o', `otlp=${url}?temporality=delta`]),
    { env: { OTEL_EXPORTER_OTLP_TIMEOUT: '1200' } },
  );
  await running.seen(/connection refused; the run goes on/);
  const late = await startOtlp(undefined, latePort);
  const run = await running.done;

  expect(run.code, run.output).toBe(0);
  expect(run.summary.run.durationMs).toBeLessThan(8000);
  const outputs = run.summary.outputs ?? [];
  expect(outputs.map(({ problem }) => problem)).toEqual([
    undefined,
    'it answered 500: no disk',
    expect.stringMatching(/^it rejected 1 of \d+ data points: too old$/),
    'it answered with text/html that is no answer of an OTLP receiver',
    'it did not answer within 1.2 s',
    undefined,
  ]);
  expect(outputs.map(({ lost }) => lost > 0)).toEqual([false, true, true, true, true, false]);
  expect(outputs.map(({ batches }) => batches > 0)).toEqual([true, false, false, false, false, true]);
  expectSame(run, (name) => loadPoints(busy, name));
  expectSame(run, (name) => loadPoints(late, name));
  // Each says once what is wrong, not every second.
  for (const told of ['it answered 500', 'too old', 'text/html', 'did not answer']) {
    expect(run.stderr.split(told).length - 1, run.stderr).toBe(1);
  }
});

test('a receiver that would refuse everything is refused before the run', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/v1/metrics' ? 401 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cwd = folder({ 'script.ts': script(url) });
  const run = await brunt(
    ['run', 'script.ts', '-o', `otlp=${url}`, '-o', `otlp=${url}/metrics?protocol=json`],
    { cwd },
  );
  expect(run.code).toBe(104);
  expect(run.stderr).toContain('it answered 401.');
  expect(run.stderr).toContain('Set OTEL_EXPORTER_OTLP_HEADERS');
  expect(run.stderr).toContain('it answered 404.');
  expect(run.stderr).toContain('Collectors take metrics at /v1/metrics');
});
