/** Runs that write what they measure to a real InfluxDB, whose answers are held against their summaries. */

import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { runScript, type ScriptResult, startScript } from '../helpers/cli.ts';
import { type Influx, startInflux } from '../helpers/influxdb.ts';
import { httpServer } from '../helpers/servers.ts';
import { freePort } from '../helpers/services.ts';

const HOSTILE = 'a b,c=d "e" \\';

const script = (url: string): string => `
  import { check, http, Counter, Gauge, Trend } from 'brunt';
  const money = new Counter('money');
  const depth = new Gauge('depth');
  const size = new Trend('basket_size');
  export const options = { vus: 4, duration: '3s', tags: { team: 'shop, north' } };
  export async function setup() { await http.get('${url}/setup'); }
  export default async function () {
    const response = await http.get('${url}/items', { tags: { name: ${JSON.stringify(HOSTILE)} } });
    check(response, { 'is fine': (r) => r.status === 200, never: () => false });
    money.add(0.25);
    depth.add(-3);
    size.add(Math.random() * 10);
  }
`;

async function target(): Promise<string> {
  const server = await httpServer((_request, response) => setTimeout(() => response.end('ok'), 5));
  onTestFinished(() => server.close());
  return server.url;
}

const LOAD = `"group" !~ /^::(setup|teardown)/`;

/** The one number that a statement gives, without what was measured in setup. */
async function ask(influx: Influx, field: string, measurement: string): Promise<number> {
  const rows = await influx.query('load', `SELECT ${field} AS answer FROM "${measurement}" WHERE ${LOAD}`);
  expect(rows, `${field} of ${measurement}`).toHaveLength(1);
  return Number(rows[0]?.answer);
}

async function expectSame(influx: Influx, run: ScriptResult): Promise<void> {
  expect(await ask(influx, 'sum("value")', 'http_reqs')).toBe(run.value('http_reqs', 'count'));
  expect(await ask(influx, 'sum("value")', 'money')).toBe(run.value('money', 'count'));
  expect(await ask(influx, 'sum("value")', 'data_received')).toBe(run.value('data_received', 'count'));
  expect(await ask(influx, 'sum("passes")', 'checks')).toBe(run.value('checks', 'passes'));
  expect(await ask(influx, 'sum("fails")', 'checks')).toBe(run.value('checks', 'fails'));
  expect(await ask(influx, 'min("value")', 'depth')).toBe(-3);
  for (const trend of ['http_req_duration', 'basket_size']) {
    expect(await ask(influx, 'sum("count")', trend)).toBe(run.value(trend, 'count'));
    expect(await ask(influx, 'min("min")', trend)).toBe(run.value(trend, 'min'));
    expect(await ask(influx, 'max("max")', trend)).toBe(run.value(trend, 'max'));
    const mean = (await ask(influx, 'sum("sum")', trend)) / (await ask(influx, 'sum("count")', trend));
    expect(mean).toBeCloseTo(run.value(trend, 'avg'), 6);
  }
}

test('sums are those of the summary; the database is made; tags keep their text', async (context) => {
  const influx = await startInflux(context);
  const run = await runScript(script(await target()), ['-o', `influxdb=${influx.url}/load`]);
  expect(run.code, run.output).toBe(0);
  expect(run.summary.outputs).toEqual([
    { name: `influxdb=${influx.url}/load`, batches: expect.any(Number), lost: 0 },
  ]);
  await expectSame(influx, run);
  const rows = await influx.query('load', `SELECT * FROM http_req_duration WHERE ${LOAD}`);
  expect(rows.length).toBeGreaterThanOrEqual(2);
  for (const row of rows) {
    // A backslash at the end has no spelling.
    expect(row).toMatchObject({
      name: HOSTILE.slice(0, -1),
      team: 'shop, north',
      method: 'GET',
      status: '200',
    });
    expect(row.run).toMatch(/^[0-9a-f]{12}$/);
    const order = ['min', 'p50', 'p90', 'p95', 'p99', 'max'].map((field) => Number(row[field]));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
});

test('a database that comes while the run goes on gets it all', async (context) => {
  const port = await freePort();
  const running = startScript(script(await target()), ['-o', `influxdb=http://127.0.0.1:${port}/load`]);
  await running.seen(/connection refused; the run goes on/);
  const influx = await startInflux(context, port);
  const run = await running.done;
  expect(run.code, run.output).toBe(0);
  expect(run.summary.outputs?.[0]).toMatchObject({ lost: 0 });
  await expectSame(influx, run);
});

/** What InfluxDB 2 takes, given on to an InfluxDB 1. */
async function versionTwo(influx: Influx): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url as string, 'http://x');
    const answer = (status: number, code: string): void => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ code, message: `${code}: no` }));
    };
    if (request.headers.authorization !== 'Token s3cret') return answer(401, 'unauthorized');
    if (url.pathname !== '/api/v2/write') return answer(404, 'not found');
    if (url.searchParams.get('org') !== 'shop') return answer(404, 'organization not found');
    if (url.searchParams.get('bucket') !== 'load') return answer(404, 'bucket not found');
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const lines = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      const given = forward(`${influx.url}/write?db=load&precision=${url.searchParams.get('precision')}`, {
        method: 'POST',
      });
      given.on('response', (taken) => response.writeHead(taken.statusCode as number).end());
      given.end(lines);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('as InfluxDB 2 wants it: token, organisation and bucket, or a refusal before the run', async (context) => {
  const influx = await startInflux(context);
  await influx.query('load', 'CREATE DATABASE load');
  const [two, url] = [await versionTwo(influx), await target()];
  const run = await runScript(script(url), ['-o', `influxdb=${two}?org=shop&bucket=load`], {
    env: { INFLUX_TOKEN: 's3cret' },
  });
  expect(run.code, run.output).toBe(0);
  await expectSame(influx, run);

  const unknown = await runScript(
    script(url),
    ['-o', `influxdb=${two}?org=shop&bucket=other`, '-o', `influxdb=${two}/load`],
    {
      env: { INFLUX_TOKEN: 's3cret' },
    },
  );
  expect(unknown.code).toBe(104);
  expect(unknown.stderr).toContain('bucket not found: no');
  expect(unknown.stderr).toContain('influx bucket create --name other');
  expect(unknown.stderr).toContain('Is it InfluxDB 1?');

  const anonymous = await runScript(script(url), ['-o', `influxdb=${two}?org=shop&bucket=load`], {
    env: { INFLUX_TOKEN: undefined },
  });
  expect(anonymous.code).toBe(104);
  expect(anonymous.stderr).toContain('Set INFLUX_TOKEN');
});
