/**
 * Memory of a long run: resident memory each second, as the median of each minute, and its slope after the first
 * minute (Theil-Sen over the minutes: the median of all pairwise slopes, which no single collection moves). After
 * `npm run build`:
 *
 *     node bench/soak.mjs [--minutes 30] [--vus 100] [--brunt PATH]
 *
 * Bounded by `--minutes`; about 1,000 requests per second.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    vus: { type: 'string', default: '100' },
    brunt: { type: 'string', default: here('../dist/runner/bin.js') },
  },
});
const minutes = Number(values.minutes);
const nginx = await startNginx(1);

/** Resident memory of a process, MB; undefined once it is gone. */
function residentMb(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}

try {
  const flags = ['-q', '-u', values.vus, '-d', `${minutes}m`, '-e', `BASE_URL=${nginx.url}`];
  const child = spawn(process.execPath, [values.brunt, 'run', here('scripts/soak.ts'), ...flags], {
    stdio: 'inherit',
  });
  const startedMs = performance.now();
  const byMinute = [];
  const sampler = setInterval(() => {
    const mb = residentMb(child.pid);
    if (mb === undefined) return;
    const minute = Math.floor((performance.now() - startedMs) / 60_000);
    byMinute[minute] ??= [];
    byMinute[minute].push(mb);
  }, 1000);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(sampler);
  if (code !== 0) throw new Error(`brunt run ended with exit code ${code}`);
  const medians = byMinute.filter((minute) => minute.length >= 30).map(median);
  console.log(table([['minute', 'MB'], ...medians.map((mb, i) => [i + 1, mb.toFixed(1)])]));
  const settled = medians.slice(1);
  const slopes = settled.flatMap((a, i) => settled.slice(i + 1).map((b, j) => (b - a) / (j + 1)));
  if (slopes.length > 0) {
    console.log(
      `after the first minute: ${median(slopes).toFixed(2)} MB per minute, from ${settled[0].toFixed(1)} to ${settled.at(-1).toFixed(1)} MB`,
    );
  }
} finally {
  await nginx.stop();
}
