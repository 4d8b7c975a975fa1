/**
 * Memory of many VUs, each with a connection of its own and one request every two seconds. After `npm run build`:
 *
 *     node bench/memory.mjs [--seconds 20] [--brunt PATH]
 *
 * Prints the peak of resident memory of Brunt's process (bundler's process not counted), what of it each VU adds to a
 * run with one VU, and how late the sleeps of the script ended. Needs 12,000 open files (`ulimit -n`).
 */

import { parseArgs } from 'node:util';
import { BIN } from './lib/brunt.mjs';
import { kbPerVu, sleepers } from './lib/figures.mjs';
import { table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, brunt: { type: 'string', default: BIN } },
});
const nginx = await startNginx(1);

try {
  const rows = [['VUs', 'workers', 'requests', 'peak MB', 'KB per VU', 'sleep overrun p99', 'max', 'CPU s']];
  const bases = new Map();
  for (const [vus, workers] of [
    [1, 1],
    [1, 2],
    [5000, 1],
    [10000, 2],
  ]) {
    const seconds = Number(values.seconds);
    const run = await sleepers({ bin: values.brunt, vus, workers, seconds, url: nginx.url });
    if (vus === 1) bases.set(workers, run);
    rows.push([
      vus,
      workers,
      run.requests,
      run.maxRssMb.toFixed(0),
      vus === 1 ? '' : kbPerVu(run, bases.get(workers), vus).toFixed(1),
      `${run.overrun['p(99)'].toFixed(1)} ms`,
      `${run.overrun.max.toFixed(1)} ms`,
      run.cpuS.toFixed(1),
    ]);
  }
  console.log(table(rows));
} finally {
  await nginx.stop();
}
