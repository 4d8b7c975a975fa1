/**
 * How late 2,000 arrivals a second start, with one worker on one core. After `npm run build`:
 *
 *     node bench/start-lag.mjs [--brunt PATH]
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from './lib/measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: { brunt: { type: 'string', default: here('../dist/runner/bin.js') } },
});
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));

try {
  const summary = join(folder, 'summary.json');
  const run = [process.execPath, values.brunt, 'run', here('scripts/arrivals.ts'), '-q', '--workers', '1'];
  const { code, stderr, cpuS } = await measure([...run, '--summary-export', summary], { core: 0 });
  if (code !== 0) throw new Error(`brunt run ended with exit code ${code}:\n${stderr}`);
  const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
  const lag = metrics.iteration_start_lag.values;
  console.log(
    `${lag.count} arrivals, start lag p50 ${lag['p(50)']} ms, p99 ${lag['p(99)']} ms, max ${lag.max.toFixed(2)} ms, ${cpuS} CPU s`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
