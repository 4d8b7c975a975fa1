/** Runs that send what they measure to Etsy's StatsD, whose numbers are held against their summaries. */

import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { runScript, type ScriptResult } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';
import { freePort } from '../helpers/services.ts';
import { startStatsd } from '../helpers/statsd.ts';

const script = (url: string): string => `
  import { check, http, sleep, Counter, Gauge, Trend } from 'brunt';
  const money = new Counter('money');
  const depth = new Gauge('depth');
  const work = new Trend('work_time', true);
  export const options = { vus: 2, duration: '2s', tags: { team: 'shop' } };
  export default async function () {
    const response = await http.get('${url}/a|b,c:d');
    check(response, { 'is fine: 200': (r) => r.status === 200, never: () => false });
    money.add(0.25);
    depth.add(-3);
    for (let i = 1; i <= 500; i++) work.add(i);
    // Few packets: those that wait while the daemon gets no processor fit the socket's buffer.
    await sleep(0.03);
  }
`;

async function server(): Promise<string> {
  const target = await httpServer((_request, response) => setTimeout(() => response.end('ok'), 5));
  onTestFinished(() => target.close());
  return target.url;
}

const outputOf = (run: ScriptResult, kind: string) =>
  (run.summary.outputs ?? []).find(({ name }) => name.startsWith(kind));

test('counters, gauges and timers of the daemon are those of the summary, over UDP and TCP', async (context) => {
  const statsd = await startStatsd(context);
  const run = await runScript(script(await server()), [
    '-o',
    `statsd=${statsd.udp}`,
    '-o',
    `statsd=${statsd.tcp}?tags=name&prefix=flat.`,
  ]);
  expect(run.code, run.output).toBe(0);
  await statsd.settled();
  for (const output of run.summary.outputs ?? []) expect(output).toMatchObject({ lost: 0 });
  expect(statsd.counter(/bad_lines_seen/)).toBe(0);

  const tagged = (name: string): RegExp => new RegExp(`^brunt\\.${name};`);
  const flat = (name: string): RegExp => new RegExp(`^flat\\.${name}\\.`);
  for (const of of [tagged, flat]) {
    expect(statsd.counter(of('http_reqs'))).toBe(run.value('http_reqs', 'count'));
    expect(statsd.counter(of('money'))).toBe(run.value('money', 'count'));
    expect(statsd.counter(of('data_received'))).toBe(run.value('data_received', 'count'));
    expect(statsd.counter(of('checks\\.passes'))).toBe(run.value('checks', 'passes'));
    expect(statsd.counter(of('checks\\.fails'))).toBe(run.value('checks', 'fails'));

    const timers = statsd.timers(of('work_time'));
    const count = timers.reduce((sum, timer) => sum + timer.count, 0);
    expect(count).toBe(run.value('work_time', 'count'));
    expect(Math.min(...timers.map(({ lower }) => lower))).toBe(1);
    expect(Math.max(...timers.map(({ upper }) => upper))).toBe(500);
    // The daemon flushes when it likes, also between two packets of a report: then each flush has a part of the values.
    const mean = timers.reduce((sum, timer) => sum + timer.mean * timer.count, 0) / count;
    expect(mean).toBeGreaterThan(248);
    expect(mean).toBeLessThan(253);
    const whole = timers.filter(({ lower, upper }) => lower === 1 && upper === 500);
    expect(whole.length).toBeGreaterThan(0);
    expect(whole.some(({ upper_95 }) => upper_95 > 470 && upper_95 < 480)).toBe(true);
    const requests = statsd.timers(of('http_req_duration'));
    expect(requests.reduce((sum, timer) => sum + timer.count, 0)).toBe(run.value('http_reqs', 'count'));
  }
  expect(statsd.gauge('brunt.depth;team=shop;scenario=default')).toBe(-3);
  expect(statsd.gauge('flat.depth.team.shop.scenario.default')).toBe(-3);
  expect(statsd.counter(/^brunt\.checks\.passes;.*check=is_fine_200/)).toBe(run.value('checks', 'passes'));
});

test('packets fit a frame, and carry no more than the line needs', async () => {
  const receiver = createSocket('udp4');
  const packets: string[] = [];
  receiver.on('message', (packet) => packets.push(packet.toString()));
  await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void receiver.close());
  const run = await runScript(script(await server()), ['-o', `statsd=127.0.0.1:${receiver.address().port}`]);
  expect(run.code, run.output).toBe(0);
  expect(packets.length).toBeGreaterThan(5);
  for (const packet of packets) expect(Buffer.byteLength(packet)).toBeLessThanOrEqual(1432);
  const line = /^brunt\.\w+(?:\.passes|\.fails)?:-?[\d.]+\|(?:c|g|ms|h)(?:\|@[\d.]+)?(?:\|#[^|\n]+)?$/;
  for (const one of packets.flatMap((packet) => packet.split('\n'))) expect(one).toMatch(line);
});

test('a server that is away is told of, and takes nothing from the run', async () => {
  const closed = [await freePort(), await freePort()];
  const run = await runScript(script(await server()), [
    '-o',
    `statsd=127.0.0.1:${closed[0]}`,
    '-o',
    `statsd=tcp://127.0.0.1:${closed[1]}`,
    '-o',
    'statsd=no-such-host.invalid',
  ]);
  expect(run.code, run.output).toBe(0);
  expect(run.value('iterations', 'count')).toBeGreaterThan(5);
  expect(outputOf(run, `statsd=127.0.0.1:${closed[0]}`)?.problem).toBe(
    'nothing listens there: connection refused',
  );
  expect(outputOf(run, 'statsd=tcp')).toMatchObject({ batches: 0, problem: 'connection refused' });
  expect(outputOf(run, 'statsd=no-such')).toMatchObject({ batches: 0, problem: 'no such host' });
  expect(run.stderr).toContain('nothing listens there: connection refused; the run goes on');
});
