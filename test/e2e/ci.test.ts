/** What CI systems get of a run: JUnit, Markdown, and GitHub's annotations and job summary. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { brunt, folder, runScript, startScript } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';
import { parseXml, type XmlNode } from '../helpers/xml.ts';

const PASSES = 'export default function () {}\n';

/** A threshold on line 4 that no run can meet, a check that fails at times, an iteration that throws. */
const FAILS = `import { check, group } from 'brunt';
export const options = {
  vus: 1, iterations: 4,
  thresholds: { iteration_duration: ['p(95)<0.0001'] },
};
let n = 0;
export default async function () {
  n += 1;
  await group('cart', () => check(n, { 'even | <b>': (v) => v % 2 === 0 }));
  if (n === 3) throw new Error('third ]]> \\u0001\\n::add-mask::hunter2');
}
`;

const GITHUB = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'job.md' };

function cases(root: XmlNode): Record<string, string | undefined> {
  return Object.fromEntries(
    root.children
      .flatMap(({ children }) => children)
      .filter(({ name }) => name === 'testcase')
      .map(({ attributes, children }) => [attributes.name, children[0]?.name]),
  );
}

describe('--junit and --markdown', () => {
  test('a run that fails', async () => {
    const run = await runScript(FAILS, ['--junit', 'out/junit.xml', '--markdown', 'out/page.md']);
    expect(run.code).toBe(99);
    const root = parseXml(run.read('out/junit.xml'));
    expect(root.attributes).toMatchObject({ tests: '3', failures: '3', errors: '0' });
    expect(cases(root)).toEqual({
      run: 'failure',
      'iteration_duration p(95)<0.0001': 'failure',
      'even | <b>': 'failure',
    });
    const failed = root.children[1]?.children[0];
    expect(failed?.attributes).toMatchObject({ file: 'script.ts', line: '4' });
    const page = run.read('out/page.md');
    expect(page).toMatch(/^## ❌ `script\.ts` failed: 1 of 1 threshold\n/);
    expect(page).toContain('| ❌ | `iteration_duration` | `p(95)<0.0001` |');
    expect(page).toContain('| 2 of 4 | 50.0 % |');
    // Outside of GitHub nothing speaks to it.
    expect(run.output).not.toMatch(/^::(?:error|stop-commands)/m);
  });

  test('a run that passes, by variables', async () => {
    const run = await runScript(PASSES, ['-i', '1'], {
      env: { BRUNT_JUNIT: 'junit.xml', BRUNT_MARKDOWN: 'page.md' },
    });
    expect(run.code).toBe(0);
    expect(cases(parseXml(run.read('junit.xml')))).toEqual({ run: 'system-out' });
    expect(run.read('page.md')).toMatch(/^## ✅ `script\.ts` passed/);
  });

  test('thresholds that accept failed checks', async () => {
    const run = await runScript(
      `import { check } from 'brunt';
export const options = { thresholds: { checks: ['rate>=0.5'] } };
export default () => check(__ITER, { even: (v) => v % 2 === 0 });
`,
      ['-u', '1', '-i', '4', '--junit', 'junit.xml'],
    );
    expect(run.code).toBe(0);
    expect(cases(parseXml(run.read('junit.xml')))).toEqual({
      run: 'system-out',
      'checks rate>=0.5': 'system-out',
      even: 'system-out',
    });
  });

  test('a run that cannot start', async () => {
    const run = await runScript(`export const options = { vuss: 1 };\n${PASSES}`, [
      '--junit',
      'junit.xml',
      '--markdown',
      'page.md',
    ]);
    expect(run.code).toBe(104);
    const root = parseXml(run.read('junit.xml'));
    expect(root.attributes).toMatchObject({ tests: '1', failures: '0', errors: '1' });
    expect(root.children[0]?.children.at(-1)?.attributes).toMatchObject({ file: 'script.ts', line: '1' });
    expect(run.read('page.md')).toContain('`script.ts:1:26`');
    expect(run.hasSummary).toBe(false);
  });

  test('a run that was aborted is an error', async () => {
    const run = await runScript(
      "import { test } from 'brunt';\nexport default () => test.abort('the shop is closed');\n",
      ['-i', '1', '--junit', 'junit.xml'],
    );
    expect(run.code).toBe(108);
    const root = parseXml(run.read('junit.xml'));
    expect(cases(root)).toEqual({ run: 'error' });
    expect(root.children[0]?.children.at(-1)?.children[0]?.attributes.message).toContain(
      'the shop is closed',
    );
  });

  test.each([
    ['once', 1],
    ['twice', 2],
  ])('interrupted %s: an error, with what was measured', async (_, times) => {
    const run = startScript(
      "import { sleep } from 'brunt';\nexport default async () => { console.log('begun'); await sleep('1h'); };\n",
      ['-u', '1', '-d', '1h', '--junit', 'junit.xml', '--markdown', 'page.md'],
    );
    await run.seen(/begun/);
    run.kill('SIGINT');
    if (times === 2) {
      await run.seen(/SIGINT: stopping/);
      run.kill('SIGINT');
    }
    const ended = await run.done;
    expect(ended.code).toBe(105);
    const root = parseXml(ended.read('junit.xml'));
    expect(cases(root)).toEqual({ run: 'error' });
    expect(root.children[0]?.children.at(-1)?.children[0]?.attributes).toMatchObject({ type: 'interrupted' });
    expect(ended.read('page.md')).toMatch(/^## ⚠️ `script\.ts` interrupted/u);
  });

  test('places that cannot be written are told before anything starts', async () => {
    let requests = 0;
    const server = await httpServer((_, response) => {
      requests += 1;
      response.end();
    });
    const cwd = folder({
      'file.txt': '',
      'script.ts': `import { http } from 'brunt';\nexport default () => http.get('${server.url}/');\n`,
    });
    const args = ['--junit', 'file.txt/junit.xml', '--markdown', '.', '--summary-export', 'same', '-i', '1'];
    const run = await brunt(['run', 'script.ts', ...args], { cwd });
    expect(run.code).toBe(104);
    expect(run.stderr).toContain('2 problems');
    expect(run.stderr).toContain('--junit');
    expect(run.stderr).toContain('--markdown');
    expect(requests).toBe(0);
    expect(existsSync(join(cwd, 'same'))).toBe(false);
    const twice = await brunt(['run', 'script.ts', '--junit', 'a', '--markdown', './a'], { cwd });
    expect(twice.code).toBe(104);
    expect(twice.stderr).toContain('./a is the file of --junit, too');
  });
});

describe('on GitHub', () => {
  test('annotations at their lines, and a job summary', async () => {
    const run = await runScript(FAILS, [], { env: { ...GITHUB, GITHUB_WORKSPACE: undefined } });
    expect(run.code).toBe(99);
    const errors = run.stderr.split('\n').filter((line) => line.startsWith('::error '));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(
      /^::error title=Load test failed,file=script\.ts,line=10,col=\d+::1 iteration threw an error$/,
    );
    expect(errors[1]).toMatch(
      /^::error title=iteration_duration p\(95\)<0\.0001 failed,file=script\.ts,line=4,col=\d+::.* the limit of /,
    );
    expect(run.read('job.md')).toMatch(/^## ❌ `script\.ts` failed/);
    expect(run.stdout).not.toContain('::error');
  });

  test('text from outside is no command', async () => {
    const run = await runScript(FAILS, [], { env: GITHUB });
    // As GitHub reads: nothing is a command between stop-commands and its word.
    for (const stream of [run.stdout, run.stderr]) {
      let stopped = '';
      const heard: string[] = [];
      for (const line of stream.split('\n').map((one) => one.trimStart())) {
        if (stopped !== '') stopped = line === `::${stopped}::` ? '' : stopped;
        else if (line.startsWith('::stop-commands::')) stopped = line.slice('::stop-commands::'.length);
        else if (line.startsWith('::')) heard.push(line);
      }
      expect(stopped).toBe('');
      expect(heard.filter((line) => !line.startsWith('::error title='))).toEqual([]);
      expect(stream).toContain('::add-mask::hunter2');
    }
  });

  test('a script that cannot be used is annotated', async () => {
    const run = await runScript(`export const options = { vuss: 1 };\n${PASSES}`, [], { env: GITHUB });
    expect(run.code).toBe(104);
    expect(run.stderr).toMatch(/^::error title=Load test did not start,file=script\.ts,line=1,col=26::/m);
    expect(run.read('job.md')).toContain('did not start');
  });

  test('a job summary that cannot be written changes no verdict', async () => {
    const run = await runScript(PASSES, ['-i', '1'], {
      env: { ...GITHUB, GITHUB_STEP_SUMMARY: '/nowhere/at/all.md' },
    });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('the job summary was not written');
  });
});
