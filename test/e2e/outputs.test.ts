/** What `-o` writes, held against the summary of the same run. */

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import hdr, { type Histogram } from 'hdr-histogram-js';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OutputSummary, Summary } from '../../runner/summary/model.ts';
import { brunt, folder, runScript, type ScriptResult } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

/** Every type of metric, tags of several kinds, groups, a setup whose samples are not those of the load. */
const script = (url: string): string => `
import { check, Counter, Gauge, group, http, Rate, Trend } from 'brunt';

const work = new Trend('work_time', true);
const size = new Trend('work_size');
const things = new Counter('things');
const fine = new Rate('fine');
const depth = new Gauge('depth');

export const options = {
  tags: { team: 'shop, "north"' },
  thresholds: {
    http_req_duration: ['p(95)<60000'],
    'http_req_duration{name:item,method:GET}': ['p(99)<60000'],
  },
};

export function setup() {
  return http.get('${url}/setup');
}

export default async function () {
  const id = Math.floor(Math.random() * 50);
  const response = await http.get('${url}/item?id=' + id, { tags: { name: 'item', user: String(id) } });
  check(response, { 'status is 200': (r) => r.status === 200, 'is even': () => id % 2 === 0 });
  await group('after', async () => {
    work.add(Math.random() * 20, { kind: 'a' });
    size.add(Math.random());
  });
  things.add(3);
  fine.add(id > 10);
  depth.add(id);
}
`;

interface Point {
  readonly metric: string;
  readonly type: string;
  readonly data: {
    readonly time: string;
    readonly value: number;
    readonly tags: Readonly<Record<string, string>> | null;
  };
}

let url = '';

beforeAll(async () => {
  const server = await httpServer((_request, response) => response.end('ok'));
  url = server.url;
  return () => server.close();
});

function jsonLines(text: string): Point[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Point);
}

function outputOf(run: ScriptResult, i = 0): OutputSummary {
  const found = run.summary.outputs?.[i];
  expect(found, run.output).toBeDefined();
  return found as OutputSummary;
}

/** Values by metric, without those of setup. */
function valuesOf(
  samples: readonly { readonly metric: string; readonly value: number; readonly group: string }[],
): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const { metric, value, group } of samples) {
    if (group.startsWith('::setup')) continue;
    const known = values.get(metric);
    if (known === undefined) values.set(metric, [value]);
    else known.push(value);
  }
  return values;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Every metric of the summary has exactly its samples among these, and nothing else is among them. */
function expectWhole({ metrics }: Summary, values: ReadonlyMap<string, readonly number[]>): void {
  const whole = Object.entries(metrics).filter(([name]) => !name.includes('{'));
  expect([...values.keys()].sort()).toEqual(whole.map(([name]) => name).sort());
  for (const [name, { type, values: told }] of whole) {
    const got = values.get(name) ?? [];
    switch (type) {
      case 'trend':
        expect(got.length, name).toBe(told.count);
        expect(Math.min(...got), name).toBe(told.min);
        expect(Math.max(...got), name).toBe(told.max);
        expect(sum(got) / got.length, name).toBeCloseTo(told.avg ?? Number.NaN, 6);
        break;
      case 'counter':
        expect(sum(got), name).toBeCloseTo(told.count ?? Number.NaN, 6);
        break;
      case 'rate':
        expect(sum(got), name).toBe(told.passes);
        expect(got.length - sum(got), name).toBe(told.fails);
        break;
      case 'gauge':
        expect(got.length, name).toBeGreaterThan(0);
    }
  }
}

const LOAD = ['-u', '4', '-d', '1500ms', '--workers', '2'];
/** By count, not by time: a fast machine would make more samples than what may wait, and lose some. */
const COUNTED = ['-u', '4', '-i', '2000', '--workers', '2'];

test('json has a line for every sample of every metric; csv beside it has the same, compressed', async () => {
  const run = await runScript(script(url), [
    ...COUNTED,
    '-o',
    'json=out/points.json',
    '-o',
    'csv=points.csv.gz',
  ]);
  expect(run.code, run.output).toBe(0);
  const lines = jsonLines(run.read('out/points.json'));

  const points = lines.filter(({ type }) => type === 'Point');
  const samples = points.map(({ metric, data }) => ({
    metric,
    value: data.value,
    group: data.tags?.group ?? '',
  }));
  expectWhole(run.summary, valuesOf(samples));

  const told = new Set<string>();
  for (const { metric, type } of lines) {
    if (type === 'Metric') expect(told.has(metric)).toBe(false);
    else expect(told.has(metric), `${metric} before its definition`).toBe(true);
    told.add(metric);
  }
  expect(lines.find(({ metric, type }) => type === 'Metric' && metric === 'http_req_duration')).toEqual({
    metric: 'http_req_duration',
    type: 'Metric',
    data: {
      name: 'http_req_duration',
      type: 'trend',
      contains: 'time',
      thresholds: ['p(95)<60000'],
      submetrics: [
        {
          name: expect.stringMatching(/^http_req_duration\{/),
          suffix: expect.any(String),
          tags: { name: 'item', method: 'GET' },
        },
      ],
    },
  });

  const requests = points.filter(({ metric, data }) => metric === 'http_reqs' && data.tags?.group === '');
  for (const { data } of requests) {
    expect(data.tags).toEqual({
      scenario: 'default',
      group: '',
      method: 'GET',
      name: 'item',
      status: '200',
      proto: 'HTTP/1.1',
      expected_response: 'true',
      team: 'shop, "north"',
      user: expect.stringMatching(/^\d+$/),
      url: expect.stringMatching(/\/item\?id=\d+$/),
    });
    expect(data.tags?.url).toBe(`${url}/item?id=${data.tags?.user}`);
    expect(data.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  }
  const startedMs = Date.parse(run.summary.run.startedAt);
  const times = requests.map(({ data }) => Date.parse(data.time));
  expect(Math.min(...times)).toBeGreaterThan(startedMs - 1000);
  expect(Math.max(...times)).toBeLessThan(startedMs + run.summary.run.durationMs + 1000);
  // The sample's own time, not that of the report that it came with.
  expect(new Set(requests.map(({ data }) => data.time)).size).toBeGreaterThan(requests.length / 2);
  expect(points.filter(({ data }) => data.tags?.group === '::setup').length).toBeGreaterThan(5);

  const rows = parse<Record<string, string>>(
    gunzipSync(readFileSync(join(run.cwd, 'points.csv.gz'))).toString(),
    { columns: true },
  );
  expect(rows.length).toBe(points.length);
  expect(Object.keys(rows[0] ?? {}).join()).toBe(
    'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,' +
      'scenario,service,status,subproto,tls_version,url,extra_tags,metadata',
  );
  const ofRequests = rows.filter((row) => row.metric_name === 'http_reqs' && row.group === '');
  expect(ofRequests.length).toBe(requests.length);
  for (const row of ofRequests) {
    expect(row).toMatchObject({ method: 'GET', name: 'item', status: '200', metric_value: '1.000000' });
    expect(row.extra_tags).toMatch(/^team=shop, "north"&user=\d+$/);
    expect(Number(row.timestamp) * 1000).toBeGreaterThan(startedMs - 2000);
  }
  const checked = rows.filter((row) => row.metric_name === 'checks');
  expect(new Set(checked.map((row) => row.check))).toEqual(new Set(['status is 200', 'is even']));

  const written = points.length;
  expect(run.summary.outputs).toEqual([
    { name: 'json=out/points.json', batches: 0, lost: 0, samples: { written, lost: 0 } },
    { name: 'csv=points.csv.gz', batches: 0, lost: 0, samples: { written, lost: 0 } },
  ]);
  expect(run.stdout).not.toContain('OUTPUTS');
});

test('the HDR log adds up to the percentiles of the summary', async () => {
  const run = await runScript(script(url), [
    ...LOAD,
    '-d',
    '2500ms',
    '--summary-trend-stats',
    'count,min,med,max,p(75),p(90),p(99),p(99.9)',
    '-o',
    'hdr=latency.hlog',
  ]);
  expect(run.code, run.output).toBe(0);
  const log = run.read('latency.hlog');
  expect(log).toContain('#[Histogram log format version 1.3]\n');
  const reader = new hdr.HistogramLogReader(log, 64);
  const byTag = new Map<string, Histogram>();
  let intervals = 0;
  let endMs = 0;
  for (let one = reader.nextIntervalHistogram(); one !== null; one = reader.nextIntervalHistogram()) {
    const histogram = one as Histogram;
    if (histogram.tag === 'work_time') intervals++;
    endMs = Math.max(endMs, histogram.endTimeStampMsec);
    const known = byTag.get(histogram.tag);
    if (known === undefined) byTag.set(histogram.tag, histogram);
    else known.add(histogram);
  }
  expect(intervals).toBeGreaterThanOrEqual(3);
  expect(endMs - Date.parse(run.summary.run.startedAt)).toBeGreaterThan(2000);
  const trends = Object.entries(run.summary.metrics).filter(
    ([name, { type }]) => type === 'trend' && !name.includes('{'),
  );
  expect([...byTag.keys()].sort()).toEqual(trends.map(([name]) => name).sort());
  for (const [name, { unit, values }] of trends) {
    const histogram = byTag.get(name) as Histogram;
    const scale = unit === 'ms' ? 1000 : 1_000_000;
    expect(histogram.totalCount, name).toBe(values.count);
    for (const p of [50, 75, 90, 99]) {
      const told = values[p === 50 ? 'med' : `p(${p})`] ?? Number.NaN;
      // A value at the very end is exact in the summary and the end of its bucket in the log.
      const got = Math.min(
        values.max ?? 0,
        Math.max(values.min ?? 0, histogram.getValueAtPercentile(p) / scale),
      );
      expect(Math.abs(got - told), `${name} p(${p}) ${got} ${told}`).toBeLessThanOrEqual(told / 64 + 1e-6);
      if (name === 'work_time' && p < 99) expect(got).toBeCloseTo(told, 9);
    }
  }
});

test('json on stdout has it for itself: the summary goes to stderr', async () => {
  const run = await runScript(script(url), ['-i', '30', '-u', '3', '-o', 'json']);
  expect(run.code, run.output).toBe(0);
  const points = jsonLines(run.stdout).filter(({ metric }) => metric === 'iterations');
  expect(points.length).toBe(31);
  expect(run.stderr).toContain('PASSED');
});

describe('a file that cannot be written', () => {
  test('any more is told of at once; the run goes on and counts what is lost', async () => {
    const run = await runScript(script(url), [
      ...LOAD,
      '-o',
      'json=/dev/full',
      '-o',
      'csv=fine.csv',
      '-o',
      'hdr=/dev/null/x',
    ]);
    expect(run.code, run.output).toBe(104);
    expect(run.stderr).toMatch(/hdr=\/dev\/null\/x\s+\/dev\/null\/x cannot be written/);

    const second = await runScript(script(url), [...LOAD, '-o', 'json=/dev/full', '-o', 'csv=fine.csv']);
    expect(second.code, second.output).toBe(0);
    expect(second.stderr).toMatch(
      /-o json=\/dev\/full: \/dev\/full cannot be written: no space is left on its disk \(ENOSPC\); the run goes on/,
    );
    const [full, fine] = [outputOf(second, 0), outputOf(second, 1)];
    const all = fine.samples?.written ?? 0;
    expect(all).toBeGreaterThan(100);
    expect(full).toMatchObject({ samples: { written: 0, lost: all }, problem: /no space is left/ });
    expect(second.read('fine.csv').trim().split('\n').length).toBe(all + 1);
    expect(second.stdout).toMatch(/OUTPUTS\n\s+! json=\/dev\/full got nothing: .*no space is left/);
  });

  test('for nobody reads the pipe is refused before the run', async () => {
    const cwd = folder();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const run = await runScript(script(url), ['-i', '1', '-o', 'json=pipe'], { cwd });
    expect(run.code, run.output).toBe(104);
    expect(run.stderr).toContain('nobody reads this pipe');
  });
});

test('a reader that stops reading stops neither the run nor the other output', async () => {
  const cwd = folder();
  const pipe = join(cwd, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(reader));
  const run = await runScript(script(url), [...COUNTED, '-o', 'json=pipe', '-o', 'json=fine.json.gz'], {
    cwd,
  });
  expect(run.code, run.output).toBe(0);
  const [stuck, fine] = [outputOf(run, 0), outputOf(run, 1)];
  expect(fine.samples?.lost).toBe(0);
  expect(stuck.samples).toEqual({ written: 0, lost: fine.samples?.written });
  expect(stuck.problem).toMatch(/had not taken everything/);
  expect(run.orphans).toBe(false);
});

test('every output that cannot be is told of, and nothing runs', async () => {
  const run = await brunt(['run', 'missing.ts', '-o', 'jsn=a.json', '-o', 'csv=a', '-o', 'hdr=./a'], {
    files: { 'missing.ts': 'console.log("ran"); export default () => {};' },
  });
  expect(run.code).toBe(104);
  expect(run.stderr).toMatch(/there is no output 'jsn'[^→]*→ Did you mean 'json'\?/);
  expect(run.stderr).toMatch(/would both write to the same file/);
  expect(run.output).not.toContain('ran');
});
