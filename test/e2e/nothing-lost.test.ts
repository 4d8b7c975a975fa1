/** What becomes of a run's data when the runner, a worker, the disk or the folder goes away. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadResult } from '../../runner/results/result.ts';
import { brunt, folder, OURS, runScript, startScript } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

/** Answers, and knows when. */
async function system() {
  const answers: number[] = [];
  const server = await httpServer((request, response) => {
    const failing = request.url === '/fails';
    response
      .writeHead(failing ? 500 : 200)
      .end(failing ? 'broken' : 'fine', () => answers.push(performance.now()));
  });
  return { url: server.url, answers };
}

const script = (url: string, load: string): string => `
import { http, Counter } from 'brunt';
const carts = new Counter('carts');
export const options = {
  // A busy machine is not what is tested.
  validity: { maxStartLag: '1h' },
  scenarios: { shop: ${load} },
  thresholds: { http_req_failed: ['rate<0.5'], carts: ['count>1000000'] },
};
export default async function () {
  await http.get('${url}/' + (Math.random() < 0.1 ? 'fails' : 'works'));
  carts.add(1);
}
`;

const RATE = "{ executor: 'constant-arrival-rate', rate: 100, duration: '20s', preAllocatedVUs: 20 }";
const SHORT = "{ executor: 'constant-arrival-rate', rate: 50, duration: '3s', preAllocatedVUs: 10 }";
const SHORTER = SHORT.replace('3s', '2s');
const LONGER = SHORT.replace('3s', '5s');

/** Slow machines report late: what is older than this must be there. */
const LATE_MS = 3000;

async function requestsIn(file: string): Promise<number> {
  const { aggregate } = await loadResult(file);
  return aggregate.track({ metric: 'http_reqs', tags: [] }).stat('count') ?? 0;
}

describe('the runner is killed', () => {
  test('its data are there up to a moment before, with everything that makes a report', async () => {
    const { url, answers } = await system();
    const run = startScript(script(url, RATE), [
      '--save',
      'r.brunt',
      '--trace-slowest',
      '3',
      '--workers',
      '2',
    ]);
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(380);
    const killedAt = performance.now();
    process.kill(-run.pid, 'SIGKILL');
    const { cwd, signal } = await run.done;
    expect(signal).toBe('SIGKILL');

    const file = join(cwd, 'r.brunt.partial');
    expect(existsSync(join(cwd, 'r.brunt'))).toBe(false);
    const { aggregate, summary } = await loadResult(file);
    const counted = aggregate.track({ metric: 'http_reqs', tags: [] }).stat('count') ?? 0;
    expect(counted).toBeGreaterThanOrEqual(answers.filter((at) => at < killedAt - LATE_MS).length);
    expect(counted).toBeLessThanOrEqual(answers.length + 20);

    expect(summary?.partial?.plannedMs).toBe(20_000);
    expect(summary?.partial?.toMs).toBeGreaterThan(1000);
    expect(summary?.run).toMatchObject({ verdict: 'failed', workers: 2 });
    expect(summary?.run.reasons.join()).toContain('did not come to its end');
    expect(summary?.options.scenarios).toHaveProperty('shop.rate', 100);
    expect(summary?.metrics.http_req_failed?.thresholds?.[0]).toMatchObject({
      threshold: 'rate<0.5',
      ok: true,
    });
    expect(summary?.metrics.carts?.thresholds?.[0]).toMatchObject({ threshold: 'count>1000000', ok: false });
    expect(summary?.scenarios.shop?.iterations).toBe(summary?.metrics.iterations?.values.count);
    expect(summary?.traces?.slowest).toHaveLength(3);
    expect(summary?.traces?.failed[0]).toMatchObject({
      status: 500,
      response: { body: { content: 'broken' } },
    });

    const compared = await brunt(['compare', 'r.brunt.partial', '--with', 'r.brunt.partial'], { cwd });
    expect(compared.code).toBe(104);
    expect(compared.stderr).toMatch(
      /is partial: its run never came to its end, and its data reach to [\d.]+ s/,
    );
    expect(compared.output).not.toMatch(OURS);

    // The next run keeps it.
    const next = await brunt(['run', 'script.ts', '--save', 'r.brunt', '--once'], { cwd });
    expect(next.stderr).toMatch(/r\.brunt\.partial of an earlier run .* was kept as .*r\.brunt\.1\.partial/);
    expect(readdirSync(cwd).filter((name) => name.startsWith('r.'))).toEqual([
      'r.brunt',
      'r.brunt.1.partial',
    ]);
    expect(await requestsIn(join(cwd, 'r.brunt.1.partial'))).toBe(counted);
  });

  test('with a report only: what it would have been made of is kept', async () => {
    const { url, answers } = await system();
    const run = startScript(script(url, RATE), ['--report', 'page.html']);
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(150);
    run.kill('SIGKILL');
    const { cwd } = await run.done;
    expect(readdirSync(cwd).filter((name) => name.startsWith('page'))).toEqual(['page.brunt.partial']);
    const report = await brunt(['report', 'page.brunt.partial'], { cwd });
    expect(report.code).toBe(0);
    expect(report.stderr).toMatch(
      /partial {2}page\.brunt\.partial: its run never came to its end; it covers the first [\d.]+ s of 20 s/,
    );
    expect(report.stdout).toMatch(/^page\.html {2}/);
    expect(report.read('page.html')).toContain('"partial":{"toMs":');

    const whole = await brunt(['run', 'script.ts', '--report', 'whole.html', '--once'], { cwd });
    expect(whole.code).toBe(0);
    expect(readdirSync(cwd).filter((name) => name.startsWith('whole'))).toEqual(['whole.html']);
  });

  test('a report that cannot be written leaves all that it would have been made of', async () => {
    const run = await brunt(['run', 'script.ts', '--report', 'page.html'], {
      files: {
        'script.ts':
          "import { mkdirSync } from 'node:fs';\nexport default function () {}\nexport function teardown() { mkdirSync('page.html'); }\n",
      },
    });
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/the report could not be written to .*page\.html: it is a folder/);
    expect((await loadResult(join(run.cwd, 'page.brunt'))).summary?.run.verdict).toBe('passed');
  });

  test('while another run writes the same file, that is refused', async () => {
    const { url, answers } = await system();
    const cwd = folder();
    const waiting = script(url, RATE)
      .replace(/thresholds:.*\n/, '')
      .replace('carts.add(1);', "carts.add(1);\n  await sleep('20s');")
      .replace('{ http, Counter }', '{ http, Counter, sleep }');
    const first = startScript(waiting, ['--save', 'r.brunt'], { cwd });
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const second = await brunt(['run', 'script.ts', '--save', 'r.brunt', '--once'], { cwd });
    expect(second.code).toBe(104);
    expect(second.stderr).toContain(`is being written by another run (process ${first.pid})`);
    // Twice: at once, with all that was measured.
    first.kill('SIGINT');
    await first.seen(/SIGINT: stopping/);
    first.kill('SIGINT');
    const ended = await first.done;
    expect(ended.code).toBe(105);
    expect(readdirSync(cwd).filter((name) => name.startsWith('r.'))).toEqual(['r.brunt']);
    expect((await loadResult(join(cwd, 'r.brunt'))).summary?.run.verdict).toBe('interrupted');
  });
});

test('a run that ends by itself: what is saved is what the server saw', async () => {
  const { url, answers } = await system();
  const run = await runScript(script(url, SHORTER), ['--save', 'r.brunt', '--workers', '2']);
  expect(await requestsIn(join(run.cwd, 'r.brunt'))).toBe(answers.length);
  expect(run.value('http_reqs', 'count')).toBe(answers.length);
  expect((await loadResult(join(run.cwd, 'r.brunt'))).summary).toEqual(run.summary);
});

test('a worker that is lost: the rest is saved, and what it had reported', async () => {
  const { url, answers } = await system();
  const source = script(url, SHORTER).replace(
    'carts.add(1);',
    'carts.add(1);\n  if (__VU === 1 && vu.iteration > 0 && test.elapsed() > 1200) process.exit(1);',
  );
  const run = await runScript(source.replace('{ http, Counter }', '{ http, Counter, test, vu }'), [
    '--save',
    'r.brunt',
    '--workers',
    '2',
  ]);
  expect(run.code).toBe(96);
  const { summary } = await loadResult(join(run.cwd, 'r.brunt'));
  expect(summary?.run.verdict).toBe('invalid');
  const counted = await requestsIn(join(run.cwd, 'r.brunt'));
  expect(counted).toBeGreaterThan(20);
  expect(counted).toBeLessThanOrEqual(answers.length);
});

describe('the disk', () => {
  test('a limit on the size of files is told at once, and the run goes on', async () => {
    const { url, answers } = await system();
    const run = startScript(script(url, SHORT).replace(/thresholds:.*\n/, ''), ['--save', 'r.brunt'], {
      through: ['bash', '-c', 'ulimit -f 2; exec "$@"', '-'],
    });
    await run.seen(/r\.brunt is not written any more: the file is as large as this process may make one/);
    const then = answers.length;
    const ended = await run.done;
    expect(answers.length).toBeGreaterThan(then);
    expect(ended.code).toBe(104);
    expect(ended.stdout).toMatch(/PASSED/);
    expect(ended.output).not.toMatch(OURS);
    // Its own summary is as large as it may be, too.
    expect(ended.stderr).toMatch(/the result could not be written to summary\.json/);
    expect(statSync(join(ended.cwd, 'r.brunt.partial')).size).toBeLessThanOrEqual(2048);
    expect((await loadResult(join(ended.cwd, 'r.brunt.partial'))).summary?.partial).toBeDefined();
  });

  test('a device without room is told at the end, one that takes no result before the start', async () => {
    const files = { 'script.ts': 'export default function () {}' };
    const full = await brunt(['run', 'script.ts', '--summary-export', '/dev/full'], { files });
    expect(full.code).toBe(104);
    expect(full.stderr).toContain(
      'the result could not be written to /dev/full: no space is left on its disk',
    );
    expect(full.stdout).toContain('1 complete');
    const save = await brunt(['run', 'script.ts', '--save', '/dev/full'], { files });
    expect(save.code).toBe(104);
    expect(save.stderr).toContain('it is no file but a device');
    expect(save.stdout).not.toContain('complete');
  });

  test('what can be known is told before the start, all of it', async () => {
    const cwd = folder({ 'script.ts': "console.log('it ran');\nexport default function () {}" });
    const args = [
      '--summary-export',
      '/proc/brunt/x.json',
      '--save',
      'script.ts',
      '--junit',
      'a',
      '--markdown',
      './a',
    ];
    const run = await brunt(['run', 'script.ts', ...args], { cwd });
    expect(run.code).toBe(104);
    expect(run.stderr).toContain('3 problems');
    expect(run.stderr).toContain('script.ts is the file of the script, too');
    expect(run.stderr).toContain('./a is the file of --junit, too');
    expect(run.stderr).toContain(
      '/proc/brunt/x.json cannot be written: there is no such folder, and none can be made',
    );
    expect(run.output).not.toContain('it ran');
    expect(readFileSync(join(cwd, 'script.ts'), 'utf8')).toContain('it ran');
    expect(readdirSync(cwd)).toEqual(['script.ts']);
    // Nor does what was begun stay behind.
    const output = await brunt(['run', 'script.ts', '--save', 'r', '--report', 'p.html', '-o', 'nonsense='], {
      cwd,
    });
    expect(output.code).toBe(104);
    expect(readdirSync(cwd)).toEqual(['script.ts']);
  });

  test('a folder that is taken away is made again, and that is said at once', async () => {
    const { url, answers } = await system();
    const cwd = folder({ 'sub/x': '' });
    const run = startScript(script(url, SHORT).replace(/thresholds:.*\n/, ''), ['--save', 'sub/r.brunt'], {
      cwd,
    });
    await expect.poll(() => answers.length, { timeout: 20_000 }).toBeGreaterThan(60);
    rmSync(join(cwd, 'sub'), { recursive: true });
    await run.seen(/r\.brunt\.partial was taken away while it was written; it was written anew to/);
    const then = answers.length;
    const ended = await run.done;
    expect(answers.length).toBeGreaterThan(then);
    expect(ended.code).toBe(0);
    expect(readdirSync(join(cwd, 'sub'))).toEqual(['r.brunt']);
    expect(await requestsIn(join(cwd, 'sub/r.brunt'))).toBe(answers.length);
  });

  const mounts = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

  /** Runs what follows with this mounted at `disk`, where nobody else sees it. */
  const mounted = (options: string, then = 'true'): readonly string[] => [
    'unshare',
    '-m',
    'bash',
    '-c',
    `mkdir -p disk && mount -t tmpfs -o ${options} none disk && ${then} && exec "$@"`,
    '-',
  ];

  test.runIf(mounts)('that is full, or takes nothing, is told before the start', async () => {
    const files = { 'script.ts': 'export default function () {}' };
    const flags = ['--save', 'disk/r', '--summary-export', 'disk/s', '--once'];
    const full = await brunt(['run', 'script.ts', ...flags], { files, through: mounted('size=40k') });
    expect(full.code).toBe(104);
    expect(full.stderr).toContain('2 problems');
    expect(full.stderr).toMatch(/disk\/r cannot be written: only \d+ bytes are left on its disk/);
    const readOnly = await brunt(['run', 'script.ts', ...flags], {
      files,
      through: mounted('size=1m', 'mount -o remount,ro disk'),
    });
    expect(readOnly.code).toBe(104);
    expect(readOnly.stderr).toContain('disk/s cannot be written: the file system is read-only');
    expect(readOnly.output).not.toMatch(OURS);
  });

  test.runIf(mounts)('that fills up while the run goes on is told at once', async () => {
    const { url, answers } = await system();
    const source = script(url, LONGER)
      .replace(/thresholds:.*\n/, '')
      .replace('carts.add(1);', `carts.add(1);\n  if (test.elapsed() > 1200) fill();`)
      .replace('{ http, Counter }', '{ http, Counter, test }');
    const fill = `
import { appendFileSync } from 'node:fs';
function fill() { try { for (;;) appendFileSync('disk/other', 'x'.repeat(512)); } catch {} }
`;
    const run = startScript(source + fill, ['--save', 'disk/r', '--junit', 'disk/j.xml'], {
      through: mounted('size=200k'),
    });
    await run.seen(/disk\/r is not written any more: no space is left on its disk/);
    const then = answers.length;
    const ended = await run.done;
    expect(answers.length).toBeGreaterThan(then);
    expect(ended.code).toBe(104);
    expect(ended.stdout).toMatch(/PASSED/);
    expect(ended.stderr).toContain(
      'the result could not be written to disk/j.xml: no space is left on its disk',
    );
    expect(ended.output).not.toMatch(OURS);
  });
});
