/** Runs that pass on what they measure to a real Prometheus, whose answers are held against their summaries. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { brunt, folder, type ScriptResult, startScript } from '../helpers/cli.ts';
import { type Prometheus, startPrometheus } from '../helpers/prometheus.ts';
import { httpServer } from '../helpers/servers.ts';
import { freePort } from '../helpers/services.ts';

/** One number, or an error with the query. */
async function ask(prometheus: Prometheus, expr: string, at?: Date): Promise<number> {
  const answer = await prometheus.query(expr, at);
  expect(answer.length, `${expr}: ${JSON.stringify(answer)}`).toBe(1);
  return answer[0]?.value as number;
}

/** A server that answers every tenth request with 503, and takes 1 to 60 ms. */
async function moodyServer(): Promise<string> {
  let count = 0;
  const server = await httpServer((_request, response) => {
    count++;
    response.statusCode = count % 10 === 0 ? 503 : 200;
    setTimeout(() => response.end('ok'), 1 + (count % 60));
  });
  onTestFinished(() => server.close());
  return server.url;
}

const SCRIPT = `
  import { check, http } from 'brunt';
  export const options = {
    vus: 4,
    duration: '6s',
    thresholds: {
      http_req_duration: ['p(95)<23ms', 'p(95)<10s'],
      checks: ['rate>0.99'],
      'http_req_failed{scenario:default}': ['rate<0.5'],
    },
  };
  export async function setup() { await http.get(__ENV.BASE_URL + '/setup'); }
  export default async function () {
    const response = await http.get(__ENV.BASE_URL + '/items');
    check(response, { 'status is 200': (r) => r.status === 200 });
  }
`;

const NO_LIFECYCLE = 'group!~"::(setup|teardown).*"';

/** When the run was over, by its own clock. */
function endOf({ summary }: ScriptResult): Date {
  return new Date(Date.parse(summary.run.startedAt) + summary.run.durationMs);
}

test('scraped, written with classic and with native histograms: the numbers are those of the summary', async (context) => {
  const BASE_URL = await moodyServer();
  const cwd = folder({ 'script.ts': SCRIPT });
  const alerts = await brunt(['alerts', 'script.ts', '-O', 'rules.yml', '--for', '0s'], {
    cwd,
    env: { BASE_URL },
  });
  expect(alerts.code, alerts.output).toBe(0);

  const page = await freePort();
  const [classic, native] = await Promise.all([
    startPrometheus(context, {
      config:
        `scrape_configs: [{ job_name: scraped, static_configs: [{ targets: ["127.0.0.1:${page}"] }] }]\n` +
        `rule_files: [${JSON.stringify(join(cwd, 'rules.yml'))}]`,
    }),
    startPrometheus(context, { flags: ['--enable-feature=native-histograms'] }),
  ]);
  const outputs = [
    `prometheus=${page}`,
    `prometheus-remote-write=${classic.url}/api/v1/write`,
    `prometheus-remote-write=${native.url}/api/v1/write?histograms=native`,
  ];
  const run = await startScript(
    SCRIPT,
    outputs.flatMap((output) => ['-o', output]),
    { cwd, env: { BASE_URL } },
  ).done;
  expect(run.code, run.output).toBe(99);
  expect(run.orphans).toBe(false);

  // Within the 15 s for which the last values stand.
  const end = new Date(endOf(run).getTime() + 5000);
  const requests = run.value('http_reqs', 'count');
  const p95 = run.value('http_req_duration', 'p(95)') / 1000;
  const written = 'job=""';
  const last = (name: string, matchers: string): string =>
    `last_over_time(${name}{${NO_LIFECYCLE}, ${matchers}}[1m])`;

  for (const [prometheus, matchers] of [
    [classic, written],
    [classic, 'job="scraped"'],
    [native, written],
  ] as const) {
    const sum = (name: string): Promise<number> => ask(prometheus, `sum(${last(name, matchers)})`, end);
    expect(await sum('brunt_http_reqs_total')).toBe(requests);
    expect(await sum('brunt_iterations_total')).toBe(run.value('iterations', 'count'));
    expect(await sum('brunt_data_received_bytes_total')).toBe(run.value('data_received', 'count'));
    expect(await sum('brunt_checks_true_total')).toBe(run.value('checks', 'passes'));
    expect((await sum('brunt_checks_true_total')) / (await sum('brunt_checks_samples_total'))).toBeCloseTo(
      run.value('checks', 'rate'),
      10,
    );
    const seconds = prometheus === native ? 'histogram_sum(brunt_http_req_duration_seconds)' : undefined;
    if (seconds === undefined) {
      expect(await sum('brunt_http_req_duration_seconds_count')).toBe(
        run.value('http_req_duration', 'count'),
      );
      const avg = (await sum('brunt_http_req_duration_seconds_sum')) / requests;
      expect(avg * 1000).toBeCloseTo(run.value('http_req_duration', 'avg'), 6);
    }
  }

  // The bounds around the quantile are those around ours.
  const bucket = `sum by (le) (brunt_http_req_duration_seconds_bucket{${NO_LIFECYCLE}, ${written}})`;
  const quantile = await ask(classic, `histogram_quantile(0.95, ${bucket})`, end);
  const bounds = (await classic.query(bucket, end))
    .map(({ labels }) => Number(labels.le?.replace('+', '')))
    .toSorted((a, b) => a - b);
  const above = bounds.findIndex((bound) => bound >= p95);
  expect(quantile).toBeGreaterThan(bounds[above - 1] as number);
  expect(quantile).toBeLessThanOrEqual(bounds[above] as number);
  expect(bounds).toContain(0.023);

  const histogram = `sum(brunt_http_req_duration_seconds{${NO_LIFECYCLE}})`;
  expect(await ask(native, `histogram_count(${histogram})`, end)).toBe(requests);
  const fine = await ask(native, `histogram_quantile(0.95, ${histogram})`, end);
  expect(Math.abs(fine / p95 - 1)).toBeLessThan(0.025);

  // What failed was alerted, and nothing else.
  const fired = await classic.query('count by (alertname) (last_over_time(ALERTS{alertstate="firing"}[1m]))');
  expect(new Set(fired.map(({ labels }) => labels.alertname))).toEqual(
    new Set(['BruntChecksRate', 'BruntHttpReqDurationP95']),
  );

  // The run is over: later, its written series are gone.
  const later = new Date(endOf(run).getTime() + 30_000);
  expect(await classic.query('brunt_vus{job=""}', later)).toEqual([]);
  expect(await native.query('brunt_http_req_duration_seconds', later)).toEqual([]);
});

test('a receiver that goes and comes back costs the run nothing, and itself only detail', async (context) => {
  const BASE_URL = await moodyServer();
  const data = mkdtempSync(join(tmpdir(), 'brunt-prometheus-data-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const first = await startPrometheus(context, { data });
  const running = startScript(
    SCRIPT,
    ['-d', '8s', '-u', '2', '-o', `prometheus-remote-write=${first.url}/api/v1/write`],
    {
      env: { BASE_URL },
    },
  );
  const deadline = Date.now() + 20_000;
  while ((await first.query('brunt_http_reqs_total')).length === 0) {
    if (Date.now() > deadline) throw new Error(`nothing was written:\n${(await running.done).output}`);
    await delay(100);
  }
  await first.stop();
  await running.seen(/-o prometheus-remote-write=.*ECONNREFUSED|-o prometheus-remote-write=.*refused/);
  const second = await startPrometheus(context, { data, port: first.port });
  const run = await running.done;
  expect(run.summary.run.durationMs).toBeLessThan(10_000);
  const end = new Date(endOf(run).getTime() + 5000);
  expect(await ask(second, `sum(brunt_http_reqs_total{${NO_LIFECYCLE}})`, end)).toBe(
    run.value('http_reqs', 'count'),
  );
  // Nothing is lost: totals came later.
  expect(run.summary.outputs).toEqual([expect.objectContaining({ lost: 0 })]);
});

test('a receiver that would refuse everything is told of before the run', async () => {
  const server = await httpServer((_request, response) => {
    response.statusCode = 404;
    response.end('no such page\n');
  });
  onTestFinished(() => server.close());
  const flags = ['-o', `prometheus-remote-write=http://user:secret@127.0.0.1:${server.port}/write`];
  const run = await startScript(SCRIPT, flags).done;
  expect(run.code).toBe(104);
  expect(run.stderr).toContain('404');
  expect(run.stderr).toContain('--web.enable-remote-write-receiver');
  expect(run.output).not.toContain('secret');
});

test('what cannot be meant is told at once', async () => {
  const wrong = [
    'prometheus=host:port',
    'prometheus=99999?bukets=1',
    'prometheus-remote-write=localhost:9090?histograms=big',
  ];
  const run = await startScript(
    SCRIPT,
    wrong.flatMap((one) => ['-o', one]),
  ).done;
  expect(run.code).toBe(104);
  for (const one of wrong) expect(run.stderr).toContain(`-o ${one}`);
});
