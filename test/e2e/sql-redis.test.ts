/** `brunt/sql` and `brunt/redis` in the built command: shared pools, interruption, what is missing. */

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { requirePackage } from '../../dsl/optional-package.ts';
import { folder, OURS, runScript, startScript } from '../helpers/cli.ts';
import { startPostgres, startRedis } from '../helpers/services.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** A folder whose scripts find this project's packages. */
function withPackages(): string {
  const dir = folder();
  symlinkSync(MODULES, join(dir, 'node_modules'));
  return dir;
}

async function activeStatements(url: string): Promise<number> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where application_name = 'brunt'",
  );
  await client.end();
  return rows[0]?.n ?? -1;
}

test('a pool of the run is one pool, over all threads, setup and teardown', {
  timeout: 60_000,
}, async (context) => {
  const { url } = await startPostgres(context);
  const run = await runScript(
    `
    import { check } from 'brunt';
    import sql from 'brunt/sql';
    export const options = {
      vus: 12, iterations: 240, workers: 2,
      thresholds: {
        'sql_query_duration{name:work}': ['count==240'],
        sql_pool_size: ['max<=5'],
        sql_query_failed: ['rate==0'],
        checks: ['rate==1'],
      },
    };
    const db = sql.pool(__ENV.DATABASE_URL, { size: 5 });
    export async function setup() { await db.exec('create table t (n serial)'); }
    export default async function () {
      await db.query('select pg_sleep(0.005)', [], { name: 'work' });
      const [row] = await db.query\`select count(*)::int as n from pg_stat_activity where application_name = 'brunt'\`;
      check(row, { 'never more than five': (r) => r.n <= 5 });
      await db.exec('insert into t default values');
    }
    export async function teardown() {
      console.log('rows ' + (await db.query('select count(*)::int as n from t'))[0].n);
      await db.exec('drop table t');
    }
    `,
    [],
    { cwd: withPackages(), env: { DATABASE_URL: url } },
  );
  expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
  expect(run.output).toContain('rows 240');
  expect(run.value('sql_queries', 'count')).toBeGreaterThanOrEqual(720);
  expect(run.value('sql_acquire_duration', 'p(95)')).toBeGreaterThan(0);
  expect(run.stdout).toContain('PROTOCOLS');
  expect(run.orphans).toBe(false);
  expect(await activeStatements(url)).toBe(0);
});

test('Ctrl-C cancels what runs and leaves no connection', { timeout: 60_000 }, async (context) => {
  const [postgres, redis] = [await startPostgres(context), await startRedis(context)];
  const running = startScript(
    `
    import sql from 'brunt/sql';
    import redis from 'brunt/redis';
    export const options = { scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '30s', gracefulStop: '200ms' } } };
    const db = sql.pool(__ENV.DATABASE_URL, { scope: 'vu' });
    const cache = redis.connect(__ENV.REDIS_URL);
    export default async function () {
      await cache.ping();
      console.log('under way');
      await Promise.all([db.query('select pg_sleep(60)'), cache.command(['BLPOP', 'nothing', 60])]);
    }
    `,
    [],
    { cwd: withPackages(), env: { DATABASE_URL: postgres.url, REDIS_URL: redis.url } },
  );
  await running.seen(/under way/);
  await expect.poll(() => activeStatements(postgres.url), { timeout: 5000 }).toBe(4);
  running.kill('SIGINT');
  const run = await running.done;
  expect(run.code).toBe(105);
  expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 4 });
  expect(run.value('sql_query_failed', 'passes')).toBe(0);
  expect(run.orphans).toBe(false);
  expect(await activeStatements(postgres.url)).toBe(0);
});

test('a server that goes away in the middle: errors with codes, no hang', {
  timeout: 60_000,
}, async (context) => {
  const [postgres, redis] = [await startPostgres(context), await startRedis(context)];
  const running = startScript(
    `
    import { sleep } from 'brunt';
    import sql, { SqlError } from 'brunt/sql';
    import redis, { RedisError } from 'brunt/redis';
    export const options = { vus: 3, duration: '3s' };
    const db = sql.pool(__ENV.DATABASE_URL, { size: 3 });
    const cache = redis.connect(__ENV.REDIS_URL, { scope: 'worker' });
    export default async function () {
      await sleep('20ms');
      await db.query('select 1').catch((error) => { if (!(error instanceof SqlError)) throw error; });
      await cache.get('k').catch((error) => { if (!(error instanceof RedisError)) throw error; });
      if (__ITER === 10) console.log('well under way');
    }
    `,
    [],
    { cwd: withPackages(), env: { DATABASE_URL: postgres.url, REDIS_URL: redis.url } },
  );
  await running.seen(/well under way/);
  await postgres.stop();
  await redis.stop();
  const run = await running.done;
  expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
  const codes = new Set(run.summary.errors.map(({ code }) => code));
  expect(codes).toContain(1212);
  expect([...codes].every((code) => [1212, 1220, 2013, 2020, 2120].includes(code))).toBe(true);
  expect(run.value('sql_query_failed', 'rate')).toBeGreaterThan(0);
  expect(run.value('redis_req_failed', 'rate')).toBeGreaterThan(0);
  expect(run.durationMs).toBeLessThan(15_000);
});

test('mistakes are told before anything runs', async () => {
  const say = async (line: string): Promise<string> => {
    const run = await runScript(
      `import sql from 'brunt/sql'; import redis from 'brunt/redis';\n${line}\nexport default function () {}`,
      ['-i', '1'],
      { cwd: withPackages() },
    );
    expect(run.code).toBe(107);
    expect(run.output).not.toMatch(OURS);
    expect(run.output).toContain('script.ts:2:');
    return run.output;
  };
  expect(await say("sql.pool('mysql://x/y');")).toContain('there is no driver for mysql:');
  expect(await say("sql.pool('postgres://x/y', { sise: 3 });")).toContain('did you mean size?');
  expect(await say("redis.connect('redis://x', { scope: 'run' });")).toContain("'vu' or 'worker'");
});

test('a missing package is named with the command that installs it', async () => {
  const error = await Promise.resolve()
    .then(() => requirePackage('no-such-package-at-all', folder(), 'brunt/sql'))
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'PACKAGE_MISSING',
    exitCode: 107,
    hint: 'npm install no-such-package-at-all',
  });
});
