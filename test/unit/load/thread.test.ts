import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { type Project, project } from '../bundle/project.ts';

/**
 * Runs `body` in a real thread, where Node itself maps stacks and imports (the test runner replaces both). It sees
 * `script`, the loaded script, `host` and `gc`; what it returns comes back.
 */
async function inThread(made: Project, script: string, body: string): Promise<unknown> {
  const source = (path: string): string =>
    JSON.stringify(fileURLToPath(new URL(`../../../${path}`, import.meta.url)));
  writeFileSync(
    made.path('thread.entry.ts'),
    `import { workerData, parentPort } from 'node:worker_threads';
     import { loadScript } from ${source('workers/load/script.ts')};
     import { setFlagsFromString } from 'node:v8';
     import { runInNewContext } from 'node:vm';
     setFlagsFromString('--expose-gc');
     const gc = runInNewContext('gc');
     const script = await loadScript(workerData);
     const host = { context: { id: 1, iteration: 0 }, env: {}, random: () => 0.5, log() {} };
     parentPort.postMessage(await (async () => { ${body} })());`,
  );
  const outfile = made.path('thread.mjs');
  await build({
    entryPoints: [made.path('thread.entry.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
  });
  const { code, entry, scriptDir, esModules } = await made.bundle(script);
  const worker = new Worker(outfile, {
    workerData: { code, entry, scriptDir, esModules },
    stderr: true,
  });
  let stderr = '';
  worker.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  try {
    const answer = await new Promise((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
    expect(stderr).toBe('');
    return answer;
  } finally {
    await worker.terminate();
  }
}

test('error.stack, as the script itself reads it, shows the TypeScript', async () => {
  const made = project({
    'lib/deep.ts':
      'type A = {\n  b: 1;\n};\nexport const deep = (a?: A): string => {\n  return new Error("x" + a?.b).stack as string;\n};\n',
    'script.ts':
      'import { deep } from "./lib/deep";\nimport.meta.url;\nexport default (): string => deep();\n',
  });
  const stack = (await inThread(
    made,
    'script.ts',
    'return script.instantiate(host, () => ({})).default()',
  )) as string;
  expect(stack.split('\n').slice(0, 2)).toEqual([
    'Error: xundefined',
    `    at deep (${made.path('lib/deep.ts')}:5:10)`,
  ]);
  expect(stack.split('\n')[2]).toContain(`${made.path('script.ts')}:3:30`);
});

test("ES modules are the thread's own, loaded once and without a warning", async () => {
  const made = project({
    'node_modules/state/package.json':
      '{ "name": "state", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
    'node_modules/state/i.js':
      'let n = await 0; export const next = () => ++n; export default "the default";',
    'local/package.json': '{ "type": "module" }',
    'local/plain.js': 'export const plain = 1;',
    'script.mts': `import d, { next } from 'state';
      export default async (name: string) => [next(), d, (await import('state')).next(), (await import(name)).plain];`,
  });
  const body = `const [one, two] = [0, 0].map(() => script.instantiate(host, () => ({})).default);
    const name = ${JSON.stringify(made.path('local/plain.js'))};
    return [await one(name), await two(name)];`;
  const expected = [
    [1, 'the default', 2, 1],
    [3, 'the default', 4, 1],
  ];
  expect(await inThread(made, 'script.mts', body)).toEqual(expected);
  expect(await inThread(made, 'script.mts', body)).toEqual(expected);
});

test('5,000 VUs of a small script take less than 12 KB each', async () => {
  const made = project({
    'script.ts': `import { http, check, sleep } from 'brunt'; import fs from 'node:fs'; import * as path from 'node:path';
      export const options = { vus: 50, thresholds: { http_req_duration: ['p(95)<400'] } };
      let token: string | undefined;
      export function setup() { return [fs, path]; }
      export default async function () { token ??= 'x'; check(await http.get('/'), { ok: () => true }); await sleep(1); }`,
  });
  const perVu = (await inThread(
    made,
    'script.ts',
    `const api = { http: {}, check() {}, sleep() {} }; const make = () => script.instantiate(host, () => api);
     const kept = Array.from({ length: 100 }, make);
     gc(); const before = process.memoryUsage().heapUsed;
     for (let i = 0; i < 5000; i += 1) kept.push(make());
     gc(); return kept.length > 0 ? (process.memoryUsage().heapUsed - before) / 5000 : 0;`,
  )) as number;
  expect(perVu).toBeGreaterThan(100);
  expect(perVu).toBeLessThan(12 * 1024);
});
