import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'brunt-heap-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program among the fixtures prints, run in a process of its own. */
function run(fixture: string, ...args: string[]): unknown {
  const entry = fileURLToPath(new URL(`../../fixtures/${fixture}.ts`, import.meta.url));
  const program = join(folder, `${fixture}.mjs`);
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: program });
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', program, ...args], { encoding: 'utf8' }));
}

test('a heap that was not collected for a minute is collected sooner than V8 would', () => {
  // Growths at each full collection, of one minute less a millisecond and of one minute.
  const usual = run('heap-growth', '59999') as readonly number[];
  const early = run('heap-growth', '60000') as readonly number[];
  // The garbage is the same 70 MB. How much of it is there when a collection ends depends on the pace of the machine, too.
  expect(usual.length).toBeGreaterThan(1);
  expect(early.length).toBeGreaterThan(usual.length);
});

test('30,000 sleeps leave nothing in the old generation', () => {
  // Entered in a Set they left 3.6 MB.
  expect(run('sleep-garbage')).toBeLessThan(1e6);
});
