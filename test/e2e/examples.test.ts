/** Every file in examples/ runs against the demo system with the built command, and passes. A new one is found here by itself. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, spawnDemo } from '../../runner/commands/demo-process.ts';
import { BIN, brunt, folder, OURS } from '../helpers/cli.ts';
import { type Service, type ServiceTest, startPostgres, startRedis } from '../helpers/services.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));

/** Examples of what the demo system has not: they do nothing without the variable that names a server. */
const SERVICES: Readonly<
  Record<string, { variable: string; start(test: ServiceTest): Promise<Service>; metric: string }>
> = {
  'sql.ts': { variable: 'DATABASE_URL', start: startPostgres, metric: 'sql_queries' },
  'redis.ts': { variable: 'REDIS_URL', start: startRedis, metric: 'redis_reqs' },
};

/** Where an example's traffic is counted, for those that send something else than HTTP. */
const TRAFFIC: Readonly<Record<string, string>> = {
  'grpc.ts': 'grpc_reqs',
  'measure.ts': 'measure_duration',
  'raw-tcp.ts': 'kv_reqs',
};

let demo: Demo;

beforeAll(async () => {
  demo = await spawnDemo({ entry: fileURLToPath(new URL('../examples/target/main.js', pathToFileURL(BIN))) });
});
afterAll(() => demo.stop());

test('the table of examples has them all, and no other', () => {
  const table = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  const listed = Array.from(table.matchAll(/^\| \[([\w-]+\.ts)\]/gm), (row) => row[1]);
  expect(new Set(listed)).toEqual(new Set(names));
});

test.for(names)('%s passes', { timeout: 60_000 }, async (name, context) => {
  const needed = SERVICES[name];
  const service = await needed?.start(context);
  const variable =
    service === undefined ? `BASE_URL=${demo.url}` : `${needed?.variable ?? ''}=${service.url}`;
  // Another folder than that of the scripts, so that nothing depends on where the command is given.
  const run = await brunt(['run', join(EXAMPLES, name), '-e', variable, '--summary-export', 'summary.json'], {
    cwd: folder(),
  });
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).not.toMatch(OURS);
  const { metrics, run: outcome } = JSON.parse(run.read('summary.json'));
  expect(outcome.verdict).toBe('passed');
  expect(metrics[needed?.metric ?? TRAFFIC[name] ?? 'http_reqs'].values.count).toBeGreaterThan(0);
  expect(metrics.iterations.values.count).toBeGreaterThan(0);
  // handleSummary replaces the summary by a report of its own.
  expect(run.stdout).toMatch(name === 'handle-summary.ts' ? /20 requests, p95 .* ms: passed/ : /PASSED/);
});

test.each(Object.entries(SERVICES))('%s says what it needs, and passes', async (name, { variable }) => {
  const run = await brunt(['run', join(EXAMPLES, name)], { cwd: folder(), env: { [variable]: undefined } });
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  expect(run.output).toContain(`${variable} is not set`);
});
