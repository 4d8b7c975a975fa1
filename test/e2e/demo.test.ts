/** The demo system as a process: how it starts, says what is wrong, stops, and never outlives who started it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { BruntError } from '../../dsl/errors.ts';
import { spawnDemo } from '../../runner/commands/demo-process.ts';
import { BIN, brunt, folder } from '../helpers/cli.ts';
import { freePort } from '../helpers/services.ts';

const ENTRY = fileURLToPath(new URL('../examples/target/main.js', pathToFileURL(BIN)));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether nothing listens at the address any more within five seconds. */
async function falls(url: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (!answered) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Resolves to what the pattern captured once it stands in the output. */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const look = (part: Buffer): void => {
      output += part.toString();
      const found = pattern.exec(output);
      if (found !== null) resolve(found[1] ?? found[0]);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`ended without ${pattern}:\n${output}`)));
  });
}

function start(args: readonly string[], stdin: 'pipe' | 'ignore' = 'ignore'): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: [stdin, 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('spawnDemo gives a system that is ready, in a process of its own, and stops it', async () => {
  const demo = await spawnDemo({ entry: ENTRY });
  try {
    expect(demo.pid).not.toBe(process.pid);
    expect(await (await fetch(`${demo.url}/health`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${demo.url}/db/query?id=1`)).status).toBe(200);
  } finally {
    await demo.stop();
  }
  expect(isAlive(demo.pid)).toBe(false);
  expect((await demo.ended).exitCode).toBe(0);
  await demo.stop();
});

test('a request under way is answered before the system stops', async () => {
  const demo = await spawnDemo({ entry: ENTRY });
  const slow = fetch(`${demo.url}/slow?ms=500`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await Promise.all([demo.stop(), slow.then((res) => expect(res.status).toBe(200))]);
});

async function refusal(starting: Promise<unknown>): Promise<BruntError> {
  const error = await starting.then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  );
  if (error instanceof BruntError) return error;
  throw error;
}

test('a port that is taken is named, with a way out', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const error = await refusal(spawnDemo({ entry: ENTRY, port }));
  blocker.close();
  expect(error.code).toBe('PORT_IN_USE');
  expect(error.message).toContain(`port ${port} is taken`);
  expect(error.hint).toContain('--port');
});

test('a database that cannot be reached, or a bad variable, stands in the error', async () => {
  const port = await freePort();
  const unreachable = await refusal(
    spawnDemo({ entry: ENTRY, env: { DATABASE_URL: `postgres://u:secret@127.0.0.1:${port}/db` } }),
  );
  expect(unreachable.code).toBe('DEMO_FAILED');
  expect(unreachable.message).toContain(`127.0.0.1:${port}`);
  expect(unreachable.message).not.toContain('secret');
  const variable = await refusal(spawnDemo({ entry: ENTRY, env: { TARGET_POOL_SIZE: 'many' } }));
  expect(variable.message).toContain("TARGET_POOL_SIZE is 'many'");
});

test('a package that is missing is named, with what to install', async () => {
  // The compiled demo in a folder where only `ws` can be found.
  const root = folder({ 'package.json': '{ "type": "module" }' });
  cpSync(dirname(ENTRY), join(root, 'target'), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(
    fileURLToPath(new URL('../../node_modules/ws', import.meta.url)),
    join(root, 'node_modules/ws'),
  );
  const entry = join(root, 'target/main.js');
  const cases = [
    [{ DATABASE_URL: '', REDIS_URL: '' }, 'npm install @electric-sql/pglite, or set DATABASE_URL'],
    [{ DATABASE_URL: 'postgres://127.0.0.1/db', REDIS_URL: '' }, 'npm install pg'],
    [{ REDIS_URL: 'redis://127.0.0.1' }, 'npm install @redis/client'],
  ] as const;
  for (const [env, hint] of cases) {
    const error = await refusal(spawnDemo({ entry, env }));
    expect(error.message).toContain(hint);
    expect(error.message).not.toContain('    at ');
  }
});

test('a system that is not built, or not ready in time, is no endless wait', async () => {
  expect((await refusal(spawnDemo({ entry: '/nowhere/main.js' }))).hint).toContain('npm run build');
  const late = await refusal(spawnDemo({ entry: ENTRY, readyTimeoutMs: 1 }));
  expect(late.code).toBe('DEMO_TIMEOUT');
});

test('its own process prints its address as JSON and ends with 0 on SIGTERM and SIGINT', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = start([ENTRY]);
    const line = await said(child, /^(\{.*\})\n/);
    expect(JSON.parse(line)).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  }
});

test('it does not outlive a command that is killed', async () => {
  const command = start([BIN, 'demo', '--port', '0']);
  const url = await said(command, /The demo system is at (\S+)/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  command.kill('SIGKILL');
  expect(await falls(url)).toBe(true);
});

test('with --exit-with-stdin it ends when standard input does', async () => {
  const child = start([ENTRY, '--exit-with-stdin'], 'pipe');
  await said(child, /\{"url"/);
  child.stdin?.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('brunt demo says where it is and what it offers, and stops at Ctrl-C', async () => {
  const command = start([BIN, 'demo', '--port', '0']);
  const url = await said(command, /The demo system is at (\S+)[\s\S]*POST {3}\/chat[\s\S]*BASE_URL=\1/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  command.kill('SIGINT');
  expect(await once(command, 'exit')).toEqual([0, null]);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

test('brunt demo --try runs a script against it and passes its exit code on', async () => {
  const files = (limit: number): Record<string, string> => ({
    'try.ts': `
      import { http } from 'brunt';
      export const options = { iterations: 3, thresholds: { http_reqs: ['count<${limit}'], http_req_failed: ['rate==0'] } };
      export default async function () { await http.get(__ENV.BASE_URL + '/products'); }
    `,
  });
  const passed = await brunt(['demo', '--try', 'try.ts'], { cwd: folder(files(10)) });
  expect({ code: passed.code, said: passed.code === 0 ? '' : passed.output }).toEqual({ code: 0, said: '' });
  expect(passed.stdout).toContain('GET /products');
  const failed = await brunt(['demo', '--try', 'try.ts'], { cwd: folder(files(2)) });
  expect(failed.code).toBe(99);
});

test('Ctrl-C during brunt demo --try lets iterations under way finish against a system that is still there', async () => {
  const cwd = folder({
    'try.ts': `
      import { http } from 'brunt';
      export const options = { vus: 2, duration: '60s', thresholds: { http_req_failed: ['rate==0'] } };
      let said = false;
      export default async function () {
        if (!said) console.log('demo at ' + __ENV.BASE_URL);
        said = true;
        await http.get(__ENV.BASE_URL + '/slow?ms=300');
      }
    `,
  });
  const command = spawn(process.execPath, [BIN, 'demo', '--try', 'try.ts'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => void command.kill('SIGKILL'));
  const summary = said(command, /\b(0 failed), 0 interrupted/);
  const url = await said(command, /demo at (http:\S+)/);
  // As a terminal does it: to the whole process group.
  process.kill(-(command.pid as number), 'SIGINT');
  expect(await once(command, 'exit')).toEqual([105, null]);
  expect(await summary).toBe('0 failed');
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});
