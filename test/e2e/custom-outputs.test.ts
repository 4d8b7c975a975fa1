/** Outputs that are modules of the user's: what they get, and that nothing they do touches the run. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { OutputSummary } from '../../runner/summary/model.ts';
import { brunt, OURS, runScript, type ScriptResult } from '../helpers/cli.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/outputs', import.meta.url));

const SCRIPT = `
import { check, sleep, Trend, Gauge } from 'brunt';

const work = new Trend('work_time', true);
const depth = new Gauge('depth');

export const options = {
  vus: 4,
  duration: '1500ms',
  tags: { build: '142' },
  thresholds: { 'work_time{kind:a}': ['p(90)<60000'], work_time: ['p(50)<60000'] },
};

export default async function () {
  await sleep('10ms');
  const kind = Math.random() < 0.5 ? 'a' : 'b';
  work.add(Math.random() * 20, { kind });
  depth.add(7);
  check(kind, { 'is a': (k) => k === 'a' });
}
`;

/** Writes down what it gets; the numbers of each interval are added up, the totals replaced. */
const RECORDER = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineOutput, type OutputBatch, type OutputRun, type OutputSample } from 'brunt/output';
import { note } from './lib/note';

export default defineOutput(({ target, cwd }) => {
  const got = { target, note: note('x'), run: undefined as OutputRun | undefined, batches: 0, intervals: 0,
    count: 0, total: 0, ofA: 0, p90: 0, passes: 0, depth: 0, buckets: 0, samples: 0, sampled: 0, times: [0, 0],
    series: [] as string[], wrongType: '', unknown: true, verdict: '' };
  const save = () => writeFile(join(cwd, target ?? 'got.json'), JSON.stringify(got));
  return {
    timeout: '5s',
    open(run: OutputRun) {
      got.run = run;
    },
    batch(batch: OutputBatch) {
      got.batches++;
      got.intervals += batch.to.getTime() - batch.from.getTime();
      const work = batch.trend('work_time');
      got.count += work?.interval.count ?? 0;
      got.total = work?.total.count ?? 0;
      got.p90 = work?.total.percentile(90) ?? 0;
      got.buckets = (work?.total.buckets() ?? []).reduce((sum, { count }) => sum + count, 0);
      got.ofA = batch.trend('work_time', { kind: 'a' })?.total.count ?? 0;
      got.passes = batch.rate('checks')?.total.passes ?? 0;
      got.depth = batch.gauge('depth')?.total.value ?? 0;
      got.unknown &&= batch.counter('nobody_knows') === undefined;
      got.series = [...new Set([...got.series, ...batch.series.map((one) => one.metric)])];
      try { batch.counter('work_time'); } catch (error) { got.wrongType = (error as Error).message; }
    },
    samples(samples: readonly OutputSample[]) {
      for (const { metric, value, tags, time } of samples) {
        if (metric !== 'work_time' || tags.build !== '142') continue;
        got.samples++;
        got.sampled += value;
        got.times = [got.times[0] || time, time];
      }
    },
    close: save,
    async summary(summary) {
      got.verdict = summary.run.verdict;
      await save();
    },
  };
});
`;

const FILES = {
  'out/recorder.ts': RECORDER,
  'out/lib/note.ts': 'export const note = (text: string): string => text + "!";',
};

function outputsOf(run: ScriptResult): readonly OutputSummary[] {
  return run.summary.outputs ?? [];
}

test('an output in TypeScript gets the run, every second, every sample and the summary', async () => {
  const run = await runScript(SCRIPT, ['--workers', '2', '-o', './out/recorder.ts=got.json'], {
    files: FILES,
  });
  expect(run.code, run.output).toBe(0);
  const got = JSON.parse(run.read('got.json')) as Record<string, unknown> & {
    run: { thresholds: unknown; metrics: { name: string }[] };
    times: [number, number];
    series: string[];
  };
  const work = run.metric('work_time').values;
  const [output] = outputsOf(run);
  expect(got).toMatchObject({
    target: 'got.json',
    note: 'x!',
    run: {
      script: 'script.ts',
      tags: { build: '142' },
      thresholds: [
        { metric: 'work_time{kind:a}', threshold: 'p(90)<60000' },
        { metric: 'work_time', threshold: 'p(50)<60000' },
      ],
    },
    batches: output?.batches,
    count: work.count,
    total: work.count,
    buckets: work.count,
    samples: work.count,
    ofA: run.metric('work_time{kind:a}').values.count,
    passes: run.metric('checks').values.passes,
    depth: 7,
    wrongType: "work_time is a trend, not a counter: ask for batch.trend('work_time')",
    unknown: true,
    verdict: 'passed',
  });
  expect(got.p90).toBeCloseTo(work['p(90)'] ?? Number.NaN, 9);
  expect(got.sampled).toBeCloseTo((work.avg ?? 0) * (work.count ?? 0), 3);
  expect(got.intervals).toBeGreaterThan(1200);
  expect(got.times[1] - got.times[0]).toBeGreaterThan(1000);
  expect(got.times[0]).toBeGreaterThan(Date.parse(run.summary.run.startedAt) - 1000);
  expect(got.series).toEqual(expect.arrayContaining(['work_time', 'iterations', 'vus', 'checks']));
  expect(got.run.metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(['http_reqs', 'work_time']));
  expect(output).toMatchObject({ name: './out/recorder.ts=got.json', lost: 0, samples: { lost: 0 } });
});

test('outputs that throw, hang, leave, compute for ever or crash cost the run nothing, and are told of', async () => {
  const bad: Readonly<Record<string, string>> = {
    throws: "export default { batch() { throw new Error('no such table'); } };",
    hangs: 'export default { batch: () => new Promise(() => {}), samples: () => new Promise(() => {}) };',
    leaves: 'export default { batch() { process.exit(3); } };',
    loops: 'export default { batch() { for (;;); } };',
    crashes:
      "export default { batch() { setTimeout(() => { throw new Error('later'); }, 1); return new Promise(() => {}); } };",
    late: "export default { batch() {}, close() { throw new Error('cannot close'); }, summary() { throw new Error('no hook'); } };",
  };
  const files = Object.fromEntries(Object.entries(bad).map(([name, code]) => [`${name}.ts`, code]));
  const args = Object.keys(files).flatMap((file) => ['-o', `./${file}`]);
  const run = await runScript(SCRIPT, ['--workers', '2', ...args, '-o', './out/recorder.ts'], {
    files: { ...FILES, ...files },
  });
  expect(run.code, run.output).toBe(0);
  expect(run.summary.run.verdict).toBe('passed');
  expect(run.summary.run.durationMs).toBeLessThan(5000);
  expect(run.orphans).toBe(false);
  const [throws, hangs, leaves, loops, crashes, late, good] = outputsOf(run);
  const { count } = run.metric('work_time').values;
  expect(JSON.parse(run.read('got.json'))).toMatchObject({ total: count, samples: count, verdict: 'passed' });
  expect(good).toMatchObject({ lost: 0, samples: { lost: 0 } });
  const seconds = good?.batches ?? 0;
  expect(seconds).toBeGreaterThanOrEqual(2);
  expect(throws).toMatchObject({ batches: 0, lost: seconds, problem: 'no such table (throws.ts:1:34)' });
  expect(hangs).toMatchObject({ batches: 0, lost: seconds });
  expect(hangs?.samples).toEqual({ written: 0, lost: good?.samples?.written });
  expect(leaves).toMatchObject({
    batches: 0,
    lost: seconds,
    problem: expect.stringMatching(/process\.exit, code 3/),
  });
  expect(loops).toMatchObject({ batches: 0, lost: seconds });
  expect(crashes).toMatchObject({
    batches: 0,
    lost: seconds,
    problem: expect.stringMatching(/outside of a call: later/),
  });
  expect(late).toMatchObject({ batches: seconds, lost: 0, problem: expect.stringMatching(/cannot close/) });
  expect(run.stderr).toMatch(/-o \.\/throws\.ts: no such table \(throws\.ts:1:34\); the run goes on/);
  expect(run.stderr).toMatch(/-o \.\/late\.ts: no hook/);
  expect(run.stdout).toMatch(/OUTPUTS\n(?:.*\n)*?\s+! \.\/leaves\.ts got nothing: it ended itself/);
  expect(run.output).not.toMatch(OURS);
});

test('an installed package is an output, whatever it is made of', async () => {
  const manifest = (name: string, more: object): string =>
    JSON.stringify({ name, version: '1.0.0', ...more });
  const code = (name: string): string =>
    `{ batch(batch) { console.log('${name} ' + context.target + ' ' + batch.series.length); } }`;
  const run = await runScript(SCRIPT, ['-i', '8', '-o', '@acme/out=team', '-o', 'plain-out'], {
    files: {
      'node_modules/@acme/out/package.json': manifest('@acme/out', {
        type: 'module',
        exports: { import: './dist/index.js' },
      }),
      'node_modules/@acme/out/dist/index.js': `import { named } from './lib.js';\nexport default async (context) => (${code('acme')});\nnamed();`,
      'node_modules/@acme/out/dist/lib.js': 'export const named = () => undefined;',
      'node_modules/plain-out/package.json': manifest('plain-out', { main: 'main.cjs' }),
      'node_modules/plain-out/main.cjs': `module.exports = (context) => (${code('plain')});`,
    },
  });
  expect(run.code, run.output).toBe(0);
  expect(run.stderr).toMatch(/@acme\/out=team: acme team \d+/);
  expect(run.stderr).toMatch(/plain-out: plain undefined \d+/);
  expect(outputsOf(run).map(({ name, lost }) => [name, lost])).toEqual([
    ['@acme/out=team', 0],
    ['plain-out', 0],
  ]);
});

test.each([
  ['there is none', './none.ts', {}, /there is no file .*none\.ts/],
  [
    'no package has the name',
    '@acme/nothing',
    {},
    /there is no output '@acme\/nothing' and no installed package/,
  ],
  ['it has no default export', './a.ts', { 'a.ts': 'export const x = 1;' }, /no default export/],
  ['it throws', './a.ts', { 'a.ts': "const a = 1;\nthrow new Error('boom');" }, /boom[\s\S]*a\.ts:2:7/],
  ['it does not parse', './a.ts', { 'a.ts': 'export default {' }, /a\.ts:1:17/],
  ['it asks for nothing', './a.ts', { 'a.ts': 'export default { open() {} };' }, /asks for nothing/],
  [
    'a function is mistyped',
    './a.ts',
    { 'a.ts': 'export default { bacth() {} };' },
    /no function 'bacth'[\s\S]*batch/,
  ],
  [
    'its time limit is none',
    './a.ts',
    { 'a.ts': "export default { timeout: 'soon', batch() {} };" },
    /'timeout' is "soon"/,
  ],
  [
    'it cannot open',
    './a.ts',
    { 'a.ts': "export default { open() { throw new Error('no token'); }, batch() {} };" },
    /no token/,
  ],
  [
    'it uses what only tests have',
    './a.ts',
    { 'a.ts': "import { http } from 'brunt';\nhttp.get('http://h/');\nexport default {};" },
    /outside of a test/,
  ],
] as const)('is refused before the run where %s', async (_why, output, files, message) => {
  const run = await brunt(['run', 'script.ts', '-o', output], {
    files: { 'script.ts': "export default () => { console.log('ran'); };", ...files },
  });
  expect(run.code, run.output).toBe(104);
  expect(run.stderr).toMatch(message);
  expect(run.output).not.toContain('ran');
  expect(run.output).not.toMatch(OURS);
});

test('the examples: a table in Markdown, and a web hook that was overloaded for a while', async () => {
  const messages: { requests: number; run: string }[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += String(part);
    });
    request.on('end', () => {
      if (request.url !== '/hook') {
        response.end('{}');
      } else if (refused < 2) {
        refused++;
        response.writeHead(503).end();
      } else {
        messages.push(JSON.parse(body));
        response.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = await runScript(
    `import { http, sleep } from 'brunt';
     export const options = { vus: 2, duration: '2500ms' };
     export default async () => { await http.get('${url}/'); await sleep('20ms'); };`,
    ['-o', `${join(EXAMPLES, 'markdown.ts')}=course.md`, '-o', `${join(EXAMPLES, 'webhook.ts')}=${url}/hook`],
  );
  expect(run.code, run.output).toBe(0);
  expect(readFileSync(join(run.cwd, 'course.md'), 'utf8')).toMatch(
    /^# script\.ts\n\n\| second .*\n\|---.*\n(?:\| \d+ \| \d+ \| [\d.]+ ms \| [\d.]+ ms \| 2 \|\n){3,}\npassed\n$/,
  );
  expect(refused).toBe(2);
  expect(messages.reduce((sum, { requests }) => sum + requests, 0)).toBe(
    run.metric('http_reqs').values.count,
  );
  expect(outputsOf(run).every(({ lost }) => lost === 0)).toBe(true);
  expect(run.stderr).toMatch(/hook answers 503/);
});
