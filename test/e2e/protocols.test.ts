/** gRPC, GraphQL, measure and protocol packages with the built command: as users have them, up to an interrupted run. */

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { BIN, brunt, folder, OURS, runScript, startScript } from '../helpers/cli.ts';
import { GRPC_FIXTURES, grpcServer } from '../helpers/grpc.ts';

const PACKAGE = fileURLToPath(new URL('../../examples/packages/brunt-line-protocol', import.meta.url));
const ROOT = resolve(BIN, '../../..');

/** A folder in which the package is installed, next to brunt. */
function withPackage(): string {
  const dir = folder();
  mkdirSync(join(dir, 'node_modules'));
  cpSync(PACKAGE, join(dir, 'node_modules', 'brunt-line-protocol'), { recursive: true });
  symlinkSync(ROOT, join(dir, 'node_modules', 'brunt'));
  return dir;
}

const KV = `
  import { connect } from 'brunt-line-protocol';
  const store = connect({ host: '127.0.0.1', port: Number(__ENV.PORT), timeout: '5s' });
`;

let startServer: typeof import('../../examples/packages/brunt-line-protocol/src/server.ts')['startServer'];
beforeAll(async () => {
  ({ startServer } = await import('../../examples/packages/brunt-line-protocol/src/server.ts'));
});

describe('an installed protocol package', () => {
  test('has a connection per VU, metrics that thresholds may name, and requests by name', async () => {
    let seen = 0;
    let most = 0;
    const server = await startServer((line) => {
      seen++;
      most = Math.max(most, server.connections);
      return line.startsWith('GET') ? (seen % 2 === 0 ? 'VALUE x' : 'NONE') : 'OK';
    });
    const run = await runScript(
      `${KV}
      export const options = { vus: 3, iterations: 30, thresholds: { 'kv_req_duration{name:SET}': ['p(95)<1000'], kv_hits: ['rate<=1'] } };
      export default async function () { await store.set('a', 'b'); await store.get('a'); }`,
      ['-e', `PORT=${server.port}`],
      { cwd: withPackage() },
    );
    await server.close();
    expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
    expect(run.value('kv_reqs', 'count')).toBe(60);
    expect(seen).toBe(60);
    expect(most).toBeLessThanOrEqual(3);
    expect(run.value('kv_req_duration{name:SET}', 'count')).toBe(30);
    expect(run.value('kv_hits', 'passes') + run.value('kv_hits', 'fails')).toBe(30);
    expect(run.value('data_sent', 'count')).toBe(30 * ('SET a b\n'.length + 'GET a\n'.length));
  });

  test('tells what failed, with numbers', async () => {
    const server = await startServer((line, socket) => {
      if (line === 'GET refused') return 'ERROR not for you';
      if (line === 'GET garbled') return '???';
      if (line === 'GET reset') socket.resetAndDestroy();
      return undefined;
    });
    const run = await runScript(
      `${KV}
      import { connect as other } from 'brunt-line-protocol';
      const nobody = other({ host: '127.0.0.1', port: 1 });
      const quick = other({ host: '127.0.0.1', port: Number(__ENV.PORT), timeout: 100 });
      export default async function () {
        for (const key of ['refused', 'garbled', 'reset']) await store.get(key).catch(() => {});
        await quick.get('silence').catch(() => {});
        await nobody.get('x').catch(() => {});
        await nobody.get('x').catch(() => {});
      }`,
      ['-i', '1', '-e', `PORT=${server.port}`],
      { cwd: withPackage() },
    );
    await server.close();
    expect(run.code).toBe(0);
    const errors = Object.fromEntries((run.summary.errors ?? []).map(({ code, count }) => [code, count]));
    expect(errors).toEqual({ 10001: 1, 10002: 1, 1220: 1, 1050: 1, 1212: 2 });
    expect(run.value('kv_req_failed', 'passes')).toBe(6);
    expect(run.value('kv_req_duration', 'count')).toBe(1);
  });

  test('is interrupted with its iteration, and leaves nothing behind', async () => {
    const server = await startServer(() => undefined);
    const run = await runScript(
      `${KV}
      export const options = { scenarios: { s: { executor: 'constant-vus', vus: 5, duration: '500ms', gracefulStop: '0s' } } };
      export default async function () { await store.get('silence'); }`,
      ['-e', `PORT=${server.port}`],
      { cwd: withPackage() },
    );
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 5 });
    expect(run.value('kv_reqs', 'count')).toBe(0);
    expect(run.durationMs).toBeLessThan(10_000);
    expect(run.orphans).toBe(false);
    expect(server.connections).toBe(0);
    await server.close();
  });
});

describe('gRPC', () => {
  const CLIENT = `
    import grpc from 'brunt/grpc';
    const client = grpc.client(__ENV.ADDRESS, { proto: ${JSON.stringify(`${GRPC_FIXTURES}/echo.proto`)}, plaintext: true });
  `;

  test('calls and streams of several VUs over two workers', async () => {
    const server = await grpcServer();
    const run = await runScript(
      `${CLIENT}
      import { check } from 'brunt';
      export const options = { vus: 4, iterations: 40, workers: 2, thresholds: { 'grpc_req_duration{status:0}': ['p(95)<2000'], checks: ['rate==1'] } };
      export default async function () {
        const res = await client.invoke('echo.v1.Echo/Say', { text: 'hi' });
        await client.invoke('echo.v1.Echo/Say', { failWith: grpc.status.NOT_FOUND }, { expectedStatus: 'NOT_FOUND' });
        let n = 0;
        for await (const _ of client.stream('echo.v1.Echo/Count', { upTo: 10 })) n++;
        check(res, { ok: (r) => r.message.text === 'hi' && n === 10 });
      }`,
      ['-e', `ADDRESS=${server.address}`],
    );
    expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
    expect(run.value('grpc_reqs', 'count')).toBe(120);
    expect(run.value('grpc_req_duration', 'count')).toBe(80);
    expect(run.value('grpc_req_duration{status:0}', 'count')).toBe(40);
    expect(run.value('grpc_req_failed', 'passes')).toBe(0);
    expect(run.value('grpc_streams', 'count')).toBe(40);
    expect(run.value('grpc_streams_msgs_received', 'count')).toBe(400);
    expect(run.value('grpc_connecting', 'count')).toBe(4);
    const rows = (run.summary.calls ?? []).map(({ protocol, name, count, failed }) => [
      protocol,
      name,
      count,
      failed,
    ]);
    expect(rows).toEqual([
      ['grpc', 'echo.v1.Echo/Say', 80, 0],
      ['grpc', 'echo.v1.Echo/Count', 40, 0],
    ]);
    expect(run.stdout).toMatch(/GRPC +count +\/s +p50.*\n +all +120 .*\n +echo\.v1\.Echo\/Say +80 /);
  });

  test('ends with the run, by the clock and by Ctrl-C', async () => {
    const server = await grpcServer();
    const running = startScript(
      `${CLIENT}
      export const options = { vus: 3, duration: '1m' };
      export default async function () {
        console.log('calling');
        await Promise.all([client.invoke('echo.v1.Echo/Say', { delayMs: 60000 }), client.stream('echo.v1.Echo/Count', { upTo: -1 }).finish()]);
      }`,
      ['-e', `ADDRESS=${server.address}`],
    );
    await running.seen(/calling/);
    running.kill('SIGINT');
    await new Promise((done) => setTimeout(done, 1000));
    running.kill('SIGINT');
    const run = await running.done;
    expect(run.code).toBe(105);
    expect(run.orphans).toBe(false);
    expect(run.output).not.toMatch(OURS);
  });

  test('without its packages says what to install', async () => {
    // The bare package, as it is installed without the optional ones.
    const dir = folder({
      'script.ts':
        "import { client } from 'brunt/grpc';\nclient('a:1', { reflection: true });\nexport default () => {};",
    });
    const run = await brunt(['run', 'script.ts', '--once'], {
      cwd: dir,
      env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(HIDE)}` },
    });
    expect(run.code).toBe(107);
    expect(run.output).toContain('brunt/grpc needs the package @grpc/grpc-js, which is not installed');
    expect(run.output).toContain('npm install @grpc/grpc-js');
    expect(run.output).not.toMatch(OURS);
  });

  test('a .proto file that is not there', async () => {
    const run = await runScript(
      "import { client } from 'brunt/grpc';\nclient('a:1', { proto: 'none.proto' });\nexport default () => {};",
      ['--once'],
    );
    expect(run.code).toBe(107);
    expect(run.output).toMatch(/there is no file .*none\.proto/);
    expect(run.output).toContain('script.ts:2');
  });
});

/** Makes Node find no gRPC package, in every thread. */
const HIDE = `
  import Module from 'node:module';
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (name, ...rest) {
    if (name.startsWith('@grpc/')) throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
    return resolve.call(this, name, ...rest);
  };
`;

describe('measure', () => {
  test('interrupted work ends with its iteration; failed work is told', async () => {
    const run = await runScript(
      `import { measure } from 'brunt';
      export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '300ms', gracefulStop: '0s' } } };
      export default async function () {
        await measure('broken', () => { throw new Error('no') }).catch(() => {});
        await measure('deaf', () => new Promise(() => {}));
      }`,
    );
    expect(run.summary.scenarios.s).toMatchObject({ interrupted: 2 });
    expect(run.value('measure_failed', 'passes')).toBe(2);
    expect(run.value('measure_duration', 'count')).toBe(0);
    expect(run.output).toMatch(/measure 'broken'.*no/);
    expect(run.orphans).toBe(false);
  });
});
