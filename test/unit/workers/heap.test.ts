import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'brunt-heap-'));
const program = join(folder, 'heap-growth.mjs');

beforeAll(() => {
  const entry = fileURLToPath(new URL('../../fixtures/heap-growth.ts', import.meta.url));
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: program });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** By how many bytes the old generation had grown at each full collection. */
function growths(msSinceLast: number): number[] {
  const output = execFileSync(process.execPath, ['--expose-gc', program, String(msSinceLast)], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as number[];
}

test('a heap that was not collected for a minute is collected sooner than V8 would', () => {
  const usual = growths(59_999);
  const early = growths(60_000);
  // The garbage is the same 70 MB. How much of it is there when a collection ends depends on the pace of the machine, too.
  expect(usual.length).toBeGreaterThan(1);
  expect(early.length).toBeGreaterThan(usual.length);
});
