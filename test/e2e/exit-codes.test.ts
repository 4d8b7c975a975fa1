/** One test for each exit code, and which one wins when several apply. */

import { describe, expect, test } from 'vitest';
import { brunt, OURS, runScript, type ScriptResult } from '../helpers/cli.ts';

const EMPTY = 'export default function () {}\n';

/** What holds for every ending, good or bad. */
function endsWell(run: ScriptResult, code: number, verdict: string): void {
  expect(run.output).not.toMatch(OURS);
  expect(run.orphans).toBe(false);
  expect({ code: run.code, signal: run.signal, said: run.code === code ? '' : run.output }).toEqual({
    code,
    signal: null,
    said: '',
  });
  expect(run.summary.run.exitCode).toBe(code);
  expect(run.summary.run.verdict).toBe(verdict);
  expect(run.summary.run.reasons.length > 0).toBe(code !== 0);
}

/** Ended before there was anything to measure: a message, no summary. */
function refused(run: ScriptResult, code: number): void {
  expect(run.output).not.toMatch(OURS);
  expect(run.orphans).toBe(false);
  expect({ code: run.code, said: run.code === code ? '' : run.output }).toEqual({ code, said: '' });
  expect(run.hasSummary).toBe(false);
  expect(run.stdout).toBe('');
  expect(run.stderr.trim()).not.toBe('');
}

const times = (text: string, part: string): number => text.split(part).length - 1;

test('0: passed', async () => {
  const run = await runScript(EMPTY, ['-i', '5']);
  endsWell(run, 0, 'passed');
  expect(run.summary.run.reasons).toEqual([]);
  expect(run.stdout).toContain('PASSED');
  expect(run.summary.scenarios.default?.iterations).toBe(5);
});

test('96: started too late to be what was asked for', async () => {
  const run = await runScript(`
    export const options = {
      workers: 1,
      scenarios: { s: { executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 20 } },
      thresholds: { iterations: ['count>1000000'] },
    };
    export default function () {
      // One iteration in 25 blocks the thread, so that those after it start late: the generator's fault.
      if (__ITER === 0 && __VU === 5) { const end = Date.now() + 600; while (Date.now() < end); }
    }
  `);
  endsWell(run, 96, 'invalid');
  expect(run.summary.generator.valid).toBe(false);
  expect(run.summary.generator.startLagP99Ms).toBeGreaterThan(100);
  // Invalid beats the failed threshold, which is told all the same.
  expect(run.summary.run.reasons.join('\n')).toMatch(/iterations count>1000000/);
  expect(run.stdout).toContain('INVALID');
});

test('96 is not given when late starts are allowed', async () => {
  const run = await runScript(`
    export const options = {
      workers: 1,
      validity: { maxStartLag: '10s' },
      scenarios: { s: { executor: 'constant-arrival-rate', rate: 50, duration: '1s', preAllocatedVUs: 20 } },
    };
    export default function () {
      if (__ITER === 0 && __VU === 5) { const end = Date.now() + 400; while (Date.now() < end); }
    }
  `);
  endsWell(run, 0, 'passed');
});

test('96: a worker was lost, and what the others measured is kept', async () => {
  const run = await runScript(`
    import { Counter, sleep } from 'brunt';
    const done = new Counter('done');
    export const options = { vus: 2, duration: '20s', workers: 2 };
    export default async function () {
      if (__VU === 2 && __ITER === 25) process.exit(3);
      await sleep('50ms');
      done.add(1);
    }
  `);
  endsWell(run, 96, 'invalid');
  expect(run.durationMs).toBeLessThan(15_000);
  expect(run.stderr).toMatch(/process\.exit/);
  expect(run.summary.run.reasons.join('\n')).toMatch(/worker \d+/);
  expect(run.value('done', 'count')).toBeGreaterThan(20);
});

describe('99', () => {
  test('a threshold failed: names it, its value and by how much', async () => {
    const run = await runScript(`
      import { check } from 'brunt';
      export const options = { iterations: 10, thresholds: { checks: ['rate>0.99'], iterations: ['count>=10'] } };
      export default function () { check(__ITER, { 'is even': (n) => n % 2 === 0 }); }
    `);
    endsWell(run, 99, 'failed');
    expect(run.summary.run.reasons).toHaveLength(1);
    expect(run.summary.run.reasons[0]).toMatch(/checks rate>0\.99.*50 %/);
    expect(run.stdout).toMatch(/✗ checks\s+rate>0\.99\s+50/);
    expect(run.stdout).toMatch(/✓ iterations\s+count>=10/);
    expect(run.metric('checks').thresholds).toEqual([
      expect.objectContaining({ threshold: 'rate>0.99', ok: false, value: 0.5 }),
    ]);
  });

  test('a threshold without data failed', async () => {
    const run = await runScript(`
      export const options = { thresholds: { http_req_duration: ['p(95)<400'] } };
      ${EMPTY}
    `);
    endsWell(run, 99, 'failed');
    expect(run.stdout).toContain('no data');
    expect(run.summary.run.reasons[0]).toContain('no data');
  });

  test("a threshold without data passes where the script says noData: 'pass'", async () => {
    const run = await runScript(`
      export const options = {
        thresholds: { http_req_duration: [{ threshold: 'p(95)<400', noData: 'pass' }] },
      };
      ${EMPTY}
    `);
    endsWell(run, 0, 'passed');
  });

  test('abortOnFail ends the run early', async () => {
    const run = await runScript(`
      import { check, sleep } from 'brunt';
      export const options = {
        duration: '25s',
        thresholds: { checks: [{ threshold: 'rate>0.5', abortOnFail: true }] },
      };
      export default async function () { check(1, { no: () => false }); await sleep('20ms'); }
      export function teardown() { console.log('teardown ran'); }
    `);
    endsWell(run, 99, 'failed');
    expect(run.durationMs).toBeLessThan(15_000);
    expect(run.summary.run.reasons.join('\n')).toMatch(/stopped.*abortOnFail/);
    expect(run.stderr).toContain('teardown ran');
    // The one iteration that was cut short is neither done nor failed.
    expect(run.summary.scenarios.default).toMatchObject({ failed: 0 });
    expect(run.summary.scenarios.default?.interrupted).toBeLessThanOrEqual(1);
  });

  test('delayAbortEval holds the end back', async () => {
    const run = await runScript(`
      import { check, sleep } from 'brunt';
      export const options = {
        duration: '20s',
        thresholds: { checks: [{ threshold: 'rate>0.5', abortOnFail: true, delayAbortEval: '3s' }] },
      };
      export default async function () { check(1, { no: () => false }); await sleep('20ms'); }
    `);
    endsWell(run, 99, 'failed');
    expect(run.summary.run.durationMs).toBeGreaterThan(2950);
    expect(run.summary.run.durationMs).toBeLessThan(12_000);
  });

  test('iterations threw, and the script has no threshold on that', async () => {
    const run = await runScript(`
      export const options = { iterations: 5 };
      export default function () { if (__ITER > 1) throw new Error('cart is empty'); }
    `);
    endsWell(run, 99, 'failed');
    expect(run.summary.run.reasons.join()).toMatch(/3 iterations threw/);
    expect(times(run.stderr, 'Error: cart is empty')).toBe(1);
    expect(run.stdout).toMatch(/3× .*cart is empty/);
  });

  test('--no-thresholds judges nothing', async () => {
    const run = await runScript(
      `export const options = { thresholds: { iterations: ['count>100'] } }; ${EMPTY}`,
      ['--no-thresholds'],
    );
    endsWell(run, 0, 'passed');
  });
});

test('100: setup timed out; no load, no teardown', async () => {
  const run = await runScript(`
    import { sleep } from 'brunt';
    export const options = { setupTimeout: '300ms', iterations: 3 };
    export async function setup() { await sleep(60); }
    export default function () { console.log('iteration ran'); }
    export function teardown() { console.log('teardown ran'); }
  `);
  endsWell(run, 100, 'error');
  expect(run.stderr).toMatch(/setup\(\) did not finish within 300ms/);
  expect(run.output).not.toMatch(/^(iteration|teardown) ran/m);
  expect(run.summary.scenarios.default?.iterations).toBe(0);
});

test('100: a setup that awaits what never comes', async () => {
  const run = await runScript(`
    export const options = { setupTimeout: '300ms' };
    export async function setup() { await new Promise(() => {}); }
    ${EMPTY}
  `);
  endsWell(run, 100, 'error');
});

test('101: teardown timed out; the measurements stay', async () => {
  const run = await runScript(`
    export const options = { teardownTimeout: '300ms', iterations: 7 };
    ${EMPTY}
    export async function teardown() { await new Promise(() => {}); }
  `);
  endsWell(run, 101, 'error');
  expect(run.stderr).toMatch(/teardown\(\) did not finish within 300ms/);
  expect(run.value('iterations', 'count')).toBe(7);
});

describe('104', () => {
  test('options', async () => {
    const run = await runScript(`export const options = { vus: -1, duratoin: '3s' };\n${EMPTY}`);
    refused(run, 104);
    expect(run.stderr).toMatch(/script\.ts\n\s+1:31 .*`vus` is -1/);
    expect(run.stderr).toMatch(/1:35 .*`duratoin`.*\n.*Did you mean `duration`/);
  });

  test('arguments', async () => {
    const run = await brunt(['run', 'x.ts', '--vsu', '3']);
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/--vsu is not a flag.*\n?.*Did you mean --vus/);
    expect(run.output).not.toMatch(OURS);
  });

  test('thresholds', async () => {
    const run = await runScript(
      `export const options = { thresholds: { http_req_duratoin: ['p(95)<4'], checks: ['rate>>1'] } };\n${EMPTY}`,
    );
    refused(run, 104);
    expect(run.stderr).toMatch(/1:40 .*`http_req_duratoin`[^→]*→ Did you mean `http_req_duration`/);
    expect(run.stderr).toMatch(/1:86 .*`>>` is no operator/);
  });
});

describe('107', () => {
  test('no such script', async () => {
    const run = await brunt(['run', 'nowhere.ts']);
    expect(run.code).toBe(107);
    expect(run.stderr).toContain('nowhere.ts');
    expect(run.output).not.toMatch(OURS);
  });

  test('does not parse: place and code', async () => {
    const run = await runScript('export default function () {\n  const a = ;\n}\n');
    refused(run, 107);
    expect(run.stderr).toContain('script.ts:2:13');
    expect(run.stderr).toContain('const a = ;');
  });

  test('imports what is not there', async () => {
    const run = await runScript(
      `import { x } from './nothing';\nimport 'no-such-package-xyz';\nexport default () => x;\n`,
    );
    refused(run, 107);
    expect(run.stderr).toMatch(/1:19 .*".\/nothing"/);
    expect(run.stderr).toMatch(/2:8 .*"no-such-package-xyz"\n.*npm install no-such-package-xyz/);
  });

  test('imports a name that brunt does not export', async () => {
    const run = await runScript(`import { htpp } from 'brunt';\nexport default () => htpp;\n`);
    refused(run, 107);
    expect(run.stderr).toMatch(/htpp/);
    expect(run.stderr).toMatch(/http\b/);
  });

  test('exports no function', async () => {
    const run = await runScript('export const a = 1;\n');
    refused(run, 107);
    expect(run.stderr).toMatch(/default/);
  });

  test("the scenario's function is not exported", async () => {
    const run = await runScript(
      `export const options = { scenarios: { a: { executor: 'shared-iterations', exec: 'bvy' } } };\nexport function buy() {}\n`,
    );
    expect([104, 107]).toContain(run.code);
    expect(run.stderr).toContain('bvy');
    expect(run.stderr).toContain('buy');
  });

  test('module code throws', async () => {
    const run = await runScript(`\nconst a: string = undefined!;\na.trim();\n${EMPTY}`);
    refused(run, 107);
    expect(run.stderr).toContain('script.ts:3:3');
    expect(times(run.stderr, "reading 'trim'")).toBe(1);
  });

  test('module code throws only for VUs', async () => {
    const run = await runScript(`if (__VU === 3) throw new Error('third one');\n${EMPTY}`, [
      '-u',
      '4',
      '-i',
      '4',
    ]);
    refused(run, 107);
    expect(run.stderr).toContain('third one');
    expect(run.stderr).toContain('script.ts:1:23');
  });

  test('setup throws: no load, and no teardown', async () => {
    const run = await runScript(`
      export function setup() { throw new TypeError('no users left'); }
      export default function () { console.log('iteration ran'); }
      export function teardown() { console.log('teardown ran'); }
    `);
    endsWell(run, 107, 'error');
    expect(times(run.stderr, 'TypeError: no users left')).toBe(1);
    expect(run.stderr).toContain('script.ts:2:');
    expect(run.output).not.toMatch(/^(iteration|teardown) ran/m);
  });

  test('setup returns what cannot be copied', async () => {
    const run = await runScript(`export function setup() { return { f: () => 1 }; }\n${EMPTY}`);
    endsWell(run, 107, 'error');
    expect(run.stderr).toMatch(/setup\(\) returned data that cannot be copied/);
  });

  test('teardown rejects: the measurements stay', async () => {
    const run = await runScript(`
      export const options = { iterations: 4, thresholds: { iterations: ['count>100'] } };
      ${EMPTY}
      export async function teardown() { throw new Error('cannot delete'); }
    `);
    // 107 is one of the three that a failed threshold gives way to.
    endsWell(run, 107, 'error');
    expect(run.stderr).toContain('cannot delete');
    expect(run.value('iterations', 'count')).toBe(4);
    expect(run.summary.run.reasons).toHaveLength(2);
  });
});

test('108: test.abort(), from an iteration; teardown and summary follow', async () => {
  const run = await runScript(`
    import { sleep, test } from 'brunt';
    export const options = { vus: 4, duration: '25s', workers: 2, thresholds: { iterations: ['count>1000000'] } };
    export default async function () {
      if (__VU === 1 && __ITER === 5) test.abort('disk is full');
      await sleep('30ms');
    }
    export function teardown() { console.log('teardown ran'); }
  `);
  endsWell(run, 108, 'aborted');
  expect(run.summary.run.reasons[0]).toContain('disk is full');
  expect(run.stderr).toContain('teardown ran');
  expect(run.durationMs).toBeLessThan(12_000);
  expect(run.value('iterations', 'count')).toBeGreaterThanOrEqual(5);
  expect(run.summary.scenarios.default?.failed).toBe(0);
});

test('108: test.abort() from setup', async () => {
  const run = await runScript(`
    import { test } from 'brunt';
    export function setup() { test.abort('no licence'); }
    export default function () { console.log('iteration ran'); }
  `);
  endsWell(run, 108, 'aborted');
  expect(run.summary.run.reasons.join()).toContain('no licence');
  expect(run.output).not.toContain('iteration ran');
});

test('110: test.fail() lets the run go on', async () => {
  const run = await runScript(`
    import { test } from 'brunt';
    export const options = { iterations: 20 };
    export default function () { if (__ITER === 3) test.fail('sum is wrong'); }
  `);
  endsWell(run, 110, 'failed');
  expect(run.summary.run.reasons).toEqual([expect.stringContaining('sum is wrong')]);
  expect(run.value('iterations', 'count')).toBe(20);
});

describe('precedence', () => {
  test('99 beats 110 and 101', async () => {
    const run = await runScript(`
      import { test } from 'brunt';
      export const options = { teardownTimeout: '200ms', thresholds: { iterations: ['count>5'] } };
      export default function () { test.fail('first'); }
      export async function teardown() { await new Promise(() => {}); }
    `);
    endsWell(run, 99, 'failed');
    expect(run.summary.run.reasons).toHaveLength(3);
  });

  test('of others, the first wins: 110 before 101', async () => {
    const run = await runScript(`
      import { test } from 'brunt';
      export const options = { teardownTimeout: '200ms' };
      export default function () { test.fail('first'); }
      export async function teardown() { await new Promise(() => {}); }
    `);
    endsWell(run, 110, 'failed');
  });

  test('108 beats 99, and 107 in teardown comes after 108', async () => {
    const run = await runScript(`
      import { test } from 'brunt';
      export const options = { thresholds: { iterations: ['count>5'] } };
      export default function () { test.abort('enough'); }
      export function teardown() { throw new Error('teardown broke'); }
    `);
    endsWell(run, 108, 'aborted');
    expect(run.stderr).toContain('teardown broke');
  });
});
