/** Ctrl-C, lost workers, code that never ends: the run ends all the same, with what was measured and no process left. */

import { describe, expect, test } from 'vitest';
import { OURS, runScript, type ScriptResult, startScript } from '../helpers/cli.ts';

const LOOP = 'for (;;) {}';

function endsWith(run: ScriptResult, code: number, withinMs: number): void {
  expect({ code: run.code, signal: run.signal, said: run.code === code ? '' : run.output }).toEqual({
    code,
    signal: null,
    said: '',
  });
  expect(run.output).not.toMatch(OURS);
  expect(run.orphans).toBe(false);
  expect(run.durationMs).toBeLessThan(withinMs);
}

const WORKING = `
  import { sleep } from 'brunt';
  export const options = { vus: 2, duration: '1h', workers: 2 };
  export default async function () { if (__ITER === 3 && __VU === 1) console.log('well under way'); await sleep('50ms'); }
  export function teardown() { console.log('teardown ran'); }
  export function handleSummary(s) { console.log('summary of ' + s.run.verdict); return {}; }
`;

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test('drains, tears down, sums up: 105', async () => {
    const run = startScript(WORKING);
    await run.seen(/well under way/);
    run.kill(signal);
    const ended = await run.done;
    endsWith(ended, 105, 12_000);
    expect(ended.stderr).toContain('teardown ran');
    expect(ended.stderr).toContain('summary of interrupted');
    expect(ended.summary.run).toMatchObject({ verdict: 'interrupted', exitCode: 105 });
    expect(ended.summary.run.reasons[0]).toContain(signal);
    expect(ended.value('iterations', 'count')).toBeGreaterThanOrEqual(6);
    // 50 ms is far less than the moment that iterations get.
    expect(ended.summary.scenarios.default).toMatchObject({ interrupted: 0, failed: 0 });
  });
});

describe('Ctrl-C', () => {
  test('does not wait long for a slow iteration', async () => {
    const run = startScript(`
      import { sleep } from 'brunt';
      export const options = { vus: 3, duration: '1h' };
      export default async function () { console.log('begun'); await sleep('1h'); }
    `);
    await run.seen(/begun/);
    run.kill('SIGINT');
    const ended = await run.done;
    endsWith(ended, 105, 15_000);
    expect(ended.summary.scenarios.default).toMatchObject({ iterations: 0, interrupted: 3, failed: 0 });
  });

  test('twice: exits now, with what was measured', async () => {
    const run = startScript(`
      import { sleep } from 'brunt';
      export const options = { vus: 2, duration: '1h' };
      export default async function () { if (__ITER < 20) return; if (__ITER === 20) console.log('stuck'); await sleep('1h'); }
      export async function teardown() { await sleep('1h'); }
    `);
    await run.seen(/stuck/);
    // The first snapshot comes after a second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    run.kill('SIGINT');
    await run.seen(/SIGINT/);
    const second = performance.now();
    run.kill('SIGINT');
    const ended = await run.done;
    expect(performance.now() - second).toBeLessThan(3500);
    endsWith(ended, 105, 15_000);
    expect(ended.stdout).toContain('40 complete');
    expect(ended.summary.run.exitCode).toBe(105);
  });

  test('a failed threshold is not hidden by it', async () => {
    const run = startScript(`
      import { check, sleep } from 'brunt';
      export const options = { duration: '1h', thresholds: { checks: ['rate>0.9'] } };
      export default async function () { check(1, { no: () => false }); console.log('begun'); await sleep('20ms'); }
    `);
    await run.seen(/begun/);
    run.kill('SIGINT');
    endsWith(await run.done, 99, 12_000);
  });

  test('during setup', async () => {
    const run = startScript(`
      import { sleep } from 'brunt';
      export async function setup() { console.log('setting up'); await sleep('1h'); }
      export default function () { console.log('iteration ran'); }
    `);
    await run.seen(/setting up/);
    run.kill('SIGINT');
    const ended = await run.done;
    endsWith(ended, 105, 8000);
    expect(ended.stderr).not.toMatch(/^iteration ran/m);
  });

  test('during module code in an endless loop', async () => {
    const run = startScript(`console.log('loading');\n${LOOP}\nexport default function () {}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    run.kill('SIGINT');
    endsWith(await run.done, 105, 8000);
  });

  test('during setup in an endless loop', async () => {
    const run = startScript(`export function setup() { ${LOOP} }\nexport default function () {}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    run.kill('SIGINT');
    endsWith(await run.done, 105, 8000);
  });

  test('during an iteration in an endless loop', async () => {
    const run = startScript(`
      import { sleep } from 'brunt';
      export const options = { vus: 2, duration: '1h', workers: 2 };
      export default async function () { await sleep('20ms'); if (__VU === 2 && __ITER === 5) ${LOOP} }
    `);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    run.kill('SIGINT');
    const ended = await run.done;
    expect([96, 105]).toContain(ended.code);
    expect(ended.orphans).toBe(false);
    expect(ended.durationMs).toBeLessThan(18_000);
    expect(ended.value('iterations', 'count')).toBeGreaterThan(20);
  });

  test('during teardown in an endless loop, twice', async () => {
    const run = startScript(`export default function () {}\nexport function teardown() { ${LOOP} }\n`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    run.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.kill('SIGINT');
    const ended = await run.done;
    endsWith(ended, 105, 8000);
    expect(ended.value('iterations', 'count')).toBe(1);
  });
});

describe('code that never ends', () => {
  test('an iteration in an endless loop: the run ends with what the other worker measured', async () => {
    const run = await runScript(`
      import { sleep } from 'brunt';
      export const options = { workers: 2, scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '2s', gracefulStop: '500ms' } } };
      export default async function () { await sleep('20ms'); if (__VU === 2 && __ITER === 5) ${LOOP} }
    `);
    endsWith(run, 96, 14_000);
    expect(run.stderr).toMatch(/worker 1 does not answer/);
    expect(run.stderr).toMatch(/endless loop/);
    expect(run.value('iterations', 'count')).toBeGreaterThan(50);
  });

  test('the only worker is in the loop', async () => {
    const run = await runScript(`
      export const options = { workers: 1, scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
      export default function () { ${LOOP} }
      export function teardown() { console.log('teardown ran'); }
    `);
    endsWith(run, 96, 12_000);
    expect(run.stdout).toContain('INVALID');
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 1 });
  });

  test('setup', async () => {
    const run = await runScript(
      `export const options = { setupTimeout: '1s' };\nexport function setup() { ${LOOP} }\nexport default function () {}\n`,
    );
    endsWith(run, 100, 10_000);
    expect(run.stderr).toMatch(/setup\(\) does not come back/);
  });

  test('teardown', async () => {
    const run = await runScript(
      `export const options = { teardownTimeout: '1s', iterations: 3 };\nexport default function () {}\nexport function teardown() { ${LOOP} }\n`,
    );
    endsWith(run, 101, 10_000);
    expect(run.value('iterations', 'count')).toBe(3);
  });

  test('handleSummary', async () => {
    const run = await runScript(
      `export const options = { teardownTimeout: '1s' };\nexport default function () {}\nexport function handleSummary() { ${LOOP} }\n`,
    );
    expect(run.durationMs).toBeLessThan(10_000);
    expect(run.orphans).toBe(false);
    expect(run.stdout).toContain('1 complete');
    expect(run.stderr).toContain('handleSummary() does not come back');
  });

  test('an iteration that awaits what never comes is interrupted', async () => {
    const run = await runScript(`
      export const options = { workers: 2, scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '500ms', gracefulStop: '500ms' } } };
      export default async function () { await new Promise(() => {}); }
      export function teardown() { console.log('teardown ran'); }
    `);
    endsWith(run, 0, 8000);
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 4, failed: 0 });
    expect(run.stderr).toContain('teardown ran');
  });

  test('an iteration that swallows its interruption and goes on', async () => {
    const run = await runScript(`
      import { sleep } from 'brunt';
      export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '300ms', gracefulStop: '0s' } } };
      export default async function () { for (;;) { try { await sleep('1s'); } catch { await new Promise((r) => setTimeout(r, 50)); } } }
    `);
    endsWith(run, 0, 8000);
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 2 });
  });

  test('timers and servers that a script leaves open', async () => {
    const run = await runScript(`
      import { createServer } from 'node:net';
      export default function () { setInterval(() => {}, 1000); createServer().listen(0, '127.0.0.1'); }
    `);
    endsWith(run, 0, 8000);
  });
});

describe('a worker that dies', () => {
  test('process.exit in module code', async () => {
    const run = await runScript('process.exit(0);\nexport default function () {}\n');
    expect([96, 107]).toContain(run.code);
    expect(run.stderr).toMatch(/process\.exit/);
    expect(run.output).not.toMatch(OURS);
    expect(run.durationMs).toBeLessThan(8000);
  });

  test('process.exit in setup', async () => {
    const run = await runScript(
      'export function setup() { process.exit(0); }\nexport default function () {}\n',
    );
    expect([96, 107]).toContain(run.code);
    expect(run.stderr).toMatch(/process\.exit/);
    expect(run.output).not.toMatch(OURS);
    expect(run.durationMs).toBeLessThan(8000);
  });

  test('process.exit in teardown', async () => {
    const run = await runScript(
      'export default function () {}\nexport function teardown() { process.exit(0); }\n',
    );
    expect([96, 107]).toContain(run.code);
    expect(run.value('iterations', 'count')).toBe(1);
    expect(run.output).not.toMatch(OURS);
  });

  test('process.exit(0) in the only worker does not pass', async () => {
    const run = await runScript(`
      import { sleep } from 'brunt';
      export const options = { duration: '30s', workers: 1 };
      export default async function () { await sleep('20ms'); if (__ITER === 70) process.exit(0); }
      export function teardown() { console.log('teardown ran'); }
    `);
    endsWith(run, 96, 15_000);
    // The last whole second that it reported.
    expect(run.value('iterations', 'count')).toBeGreaterThan(10);
  });

  test('out of memory', async () => {
    const run = await runScript(
      `
      import { sleep } from 'brunt';
      const kept = [];
      export const options = { vus: 2, duration: '30s', workers: 2 };
      export default async function () {
        if (__VU === 2 && __ITER > 3) for (let i = 0; i < 1e5; i++) kept.push({ i, text: 'x'.repeat(50) + i });
        await sleep('5ms');
      }
      `,
      [],
      { env: { NODE_OPTIONS: '--max-old-space-size=60' }, timeoutMs: 60_000 },
    );
    endsWith(run, 96, 45_000);
    expect(run.stderr).toContain('ran out of memory');
    expect(run.summary.generator.valid).toBe(false);
  }, 70_000);
});
