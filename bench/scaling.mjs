/**
 * Iterations per second with two workers against one, on a machine whose cores are free. What threads share (counters,
 * snapshots, merging) is all in it.
 *
 *     compute      iterations that compute and record, and ask nobody
 *     signed       a request each, with a token that the script signs
 *     catalogue    a request each, and a page's worth of work on its 10 KB, as a script that looks closely does it
 *
 * The server runs on the same two cores: what it needs (much for 10 KB, little for a signed request), the second worker
 * lacks. What a CPU second of Brunt's gives tells the two apart: with a core free for the server, two workers make twice
 * that. After `npm run build`:
 *
 *     node bench/scaling.mjs [--rounds 3] [--seconds 5] [--brunt PATH]
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    brunt: { type: 'string', default: here('../dist/runner/bin.js') },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
const nginx = await startNginx('0,1');

async function iterationsOf(script, workers) {
  const summary = join(folder, 'summary.json');
  const run = [process.execPath, values.brunt, 'run', here(`scripts/${script}.ts`), '-q', '-u', '20'];
  const flags = ['-d', `${values.seconds}s`, '--workers', String(workers), '-e', `BASE_URL=${nginx.url}`];
  const { code, stderr, cpuS } = await measure([...run, ...flags, '--summary-export', summary]);
  if (code !== 0) throw new Error(`brunt run ended with exit code ${code}:\n${stderr}`);
  const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
  const { rate, count } = metrics.iterations.values;
  return { perS: rate, perCpuS: count / cpuS };
}

try {
  const rows = [['iterations', 'one worker', 'two workers', 'two / one']];
  for (const script of ['compute', 'signed', 'catalogue']) {
    const seen = { 1: [], 2: [] };
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const workers of [1, 2]) seen[workers].push(await iterationsOf(script, workers));
    }
    for (const [of, unit] of [
      ['perS', 'per second'],
      ['perCpuS', 'per CPU second'],
    ]) {
      const [one, two] = [1, 2].map((workers) => median(seen[workers].map((run) => run[of])));
      rows.push([`${script} ${unit}`, Math.round(one), Math.round(two), (two / one).toFixed(2)]);
    }
  }
  console.log(table(rows));
} finally {
  await nginx.stop();
  await rm(folder, { recursive: true, force: true });
}
