/** What npm gets: the tarball, installed into an empty folder, runs a script whose types resolve. */

import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BIN } from '../helpers/cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
/** Without the variables that npm sets for its scripts: the folder is a project of its own. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !/^(npm_|BRUNT_|NODE_OPTIONS$|VITEST|INIT_CWD$)/.test(key)),
);

const SCRIPT = `import { check, defineOptions, group, http, sleep, Trend, vu } from 'brunt';

const wait = new Trend('wait', true);

export const options = defineOptions({
  iterations: 3,
  thresholds: { checks: ['rate==1'], wait: [{ threshold: 'p(95)<5000', abortOnFail: true }] },
});

interface Data {
  readonly n: number;
}

export function setup(): Data {
  return { n: 2 };
}

export default async function (data: Data): Promise<void> {
  await group('work', async () => {
    await sleep('5ms');
    wait.add(vu.iteration);
  });
  check(data, { 'is two': (d) => d.n === 2 });
  const refused = await http.get('http://127.0.0.1:9/', { timeout: '2s' });
  const status: number = refused.status;
  check(status, { none: (s) => s === 0 });
  const kept: string = __ENV.HOME ?? String(__VU + __ITER);
  check(kept, { text: (s) => s.length > 0 });
}
`;

let work = '';
let project = '';
let packed: readonly { readonly path: string; readonly size: number }[] = [];

/** Packs a copy that holds the built code: the checkout's own \`dist\` stays as it is under the other tests. */
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'brunt-pack-'));
  const copy = join(work, 'package');
  mkdirSync(copy);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'examples', '.npmignore', '.npmrc'])
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  for (const name of ['dsl', 'workers', 'runner', 'test', 'docs', 'bench'])
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(copy, name));
  cpSync(join(dirname(BIN), '..'), join(copy, 'dist'), { recursive: true });

  const { stdout } = await execute(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', work],
    { cwd: copy, env },
  );
  const [info] = JSON.parse(stdout) as [{ filename: string; files: { path: string; size: number }[] }];
  packed = info.files;

  project = join(work, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"name":"mine","private":true,"type":"module"}');
  writeFileSync(join(project, 'script.ts'), SCRIPT);
  const install = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    join(work, info.filename),
  ];
  await execute('npm', install, { cwd: project, env, timeout: 120_000 }).catch(
    (error: Error & { stderr?: string }) => {
      throw new Error(
        `the tarball could not be installed; this test needs npm's cache or the registry\n${error.stderr ?? error.message}`,
      );
    },
  );
}, 180_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

test('holds compiled code, types and the quick start, and no sources, tests or maps', () => {
  const paths = packed.map((file) => file.path);
  for (const needed of [
    'package.json',
    'LICENSE',
    'dist/runner/bin.js',
    'dist/runner/page/client/comparison.js',
    'dist/runner/page/client/report.js',
    'dist/dsl/index.js',
    'dist/dsl/index.d.ts',
    'dist/workers/main.js',
    'examples/quickstart.ts',
    'dist/examples/target/main.js',
  ])
    expect(paths).toContain(needed);
  const strays = paths.filter(
    (path) =>
      !/^(dist\/.*(\.js|\.d\.ts|\.json)|examples\/(quickstart\.ts|README\.md)|package\.json|LICENSE|README\.md)$/.test(
        path,
      ),
  );
  expect(strays).toEqual([]);
  // A bound against strays; what counts is the size of an installation, below.
  expect(packed.reduce((sum, file) => sum + file.size, 0)).toBeLessThan(3_000_000);
});

test('npx brunt run script.ts', async () => {
  const { stdout } = await execute(
    'npx',
    ['--no-install', 'brunt', 'run', 'script.ts', '--summary-export', 'out.json', '--report', 'out.html'],
    { cwd: project, env },
  );
  expect(stdout).toContain('PASSED');
  expect(stdout).toContain('3 complete');
  expect(readFileSync(join(project, 'out.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
});

test('types resolve under strict settings', async () => {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['es2022'],
    types: [],
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['script.ts'] }));
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const check = (): Promise<string> =>
    execute(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.json'], { cwd: project, env }).then(
      () => 'clean',
      (error: { stdout?: string }) => String(error.stdout),
    );
  expect(await check()).toBe('clean');

  writeFileSync(
    join(project, 'script.ts'),
    SCRIPT.replace('iterations: 3', 'iteratoins: 3').replace("sleep('5ms')", "sleep('5 parsecs', 2)"),
  );
  const complaints = await check();
  expect(complaints).toContain('iteratoins');
  expect(complaints).toMatch(/script\.ts\(20,/);
  writeFileSync(join(project, 'script.ts'), SCRIPT);
});

test('the installation stays under 40 MB', () => {
  const sizeOf = (path: string): number => {
    const stat = lstatSync(path);
    return stat.isDirectory()
      ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
      : stat.size;
  };
  expect(sizeOf(join(project, 'node_modules')) / 1e6).toBeLessThan(40);
});
