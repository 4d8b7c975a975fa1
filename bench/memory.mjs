/**
 * Memory of many VUs, each with a connection of its own and one request every two seconds. After `npm run build`:
 *
 *     node bench/memory.mjs [--seconds 20] [--brunt PATH]
 *
 * Prints the peak of resident memory of Brunt's process (bundler's process not counted), what of it each VU adds to a
 * run with one VU, and how late the sleeps of the script ended. Needs 12,000 open files (`ulimit -n`).
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    brunt: { type: 'string', default: here('../dist/runner/bin.js') },
  },
});
const seconds = Number(values.seconds);
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
const nginx = await startNginx(1);

async function run(vus, workers) {
  const summary = join(folder, `${vus}.json`);
  const cost = await measure(
    [
      process.execPath,
      values.brunt,
      'run',
      here('scripts/sleepers.ts'),
      '-q',
      '--workers',
      String(workers),
      '-u',
      String(vus),
      '-d',
      `${seconds}s`,
      '-e',
      `BASE_URL=${nginx.url}`,
      '--summary-export',
      summary,
    ],
    { limitS: seconds + 60 },
  );
  if (cost.code !== 0) throw new Error(`brunt run ended with exit code ${cost.code}:\n${cost.stderr}`);
  const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
  return { ...cost, vus, workers, metrics };
}

try {
  const rows = [['VUs', 'workers', 'requests', 'peak MB', 'KB per VU', 'sleep overrun p99', 'max', 'CPU s']];
  const bases = new Map();
  for (const [vus, workers] of [
    [1, 1],
    [1, 2],
    [5000, 1],
    [10000, 2],
  ]) {
    const { metrics, maxRssMb, cpuS } = await run(vus, workers);
    if (vus === 1) bases.set(workers, maxRssMb);
    const overrun = metrics.sleep_overrun.values;
    rows.push([
      vus,
      workers,
      metrics.http_reqs.values.count,
      maxRssMb.toFixed(0),
      vus === 1 ? '' : (((maxRssMb - bases.get(workers)) * 1024) / vus).toFixed(1),
      `${overrun['p(99)'].toFixed(1)} ms`,
      `${overrun.max.toFixed(1)} ms`,
      cpuS.toFixed(1),
    ]);
  }
  console.log(table(rows));
} finally {
  await nginx.stop();
  await rm(folder, { recursive: true, force: true });
}
