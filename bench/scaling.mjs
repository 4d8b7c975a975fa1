/**
 * Iterations per second with two workers against one, on a machine whose cores are free. A server on the same two
 * cores would take from the second worker what it needs itself, so the iterations compute and record instead; what is
 * shared between threads (arrival counters, snapshots, merging) is all in it. After `npm run build`:
 *
 *     node bench/scaling.mjs [--rounds 3] [--seconds 5] [--brunt PATH]
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, table } from './lib/measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    brunt: { type: 'string', default: here('../dist/runner/bin.js') },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
const rates = { 1: [], 2: [] };

try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const workers of [1, 2]) {
      const summary = join(folder, 'summary.json');
      const flags = ['-q', '-u', '20', '-d', `${values.seconds}s`, '--workers', String(workers)];
      const run = [process.execPath, values.brunt, 'run', here('scripts/compute.ts')];
      const { code, stderr } = await measure([...run, ...flags, '--summary-export', summary]);
      if (code !== 0) throw new Error(`brunt run ended with exit code ${code}:\n${stderr}`);
      const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
      rates[workers].push(metrics.iterations.values.rate);
    }
  }
  const rows = [1, 2].map((workers) => [workers, Math.round(median(rates[workers]))]);
  console.log(table([['workers', 'iterations/s'], ...rows]));
  console.log(`two against one: ${(median(rates[2]) / median(rates[1])).toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
