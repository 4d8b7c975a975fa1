/** Every file in examples/ runs against the demo system with the built command, and passes. A new one is found here by itself. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, spawnDemo } from '../../runner/commands/demo-process.ts';
import { BIN, brunt, folder, OURS } from '../helpers/cli.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));

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

test.each(names)(
  '%s passes',
  async (name) => {
    // Another folder than that of the scripts, so that nothing depends on where the command is given.
    const run = await brunt(
      ['run', join(EXAMPLES, name), '-e', `BASE_URL=${demo.url}`, '--summary-export', 'summary.json'],
      { cwd: folder() },
    );
    expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
    expect(run.output).not.toMatch(OURS);
    const { metrics, run: outcome } = JSON.parse(run.read('summary.json'));
    expect(outcome.verdict).toBe('passed');
    expect(metrics.http_reqs.values.count).toBeGreaterThan(0);
    expect(metrics.iterations.values.count).toBeGreaterThan(0);
    // handleSummary replaces the summary by a report of its own.
    expect(run.stdout).toMatch(name === 'handle-summary.ts' ? /20 requests, p95 .* ms: passed/ : /PASSED/);
  },
  60_000,
);
