/**
 * Iterations per CPU second over Redis (a SET and a GET) and PostgreSQL (a select through a pool of 10), beside the same
 * loop over the bare client. After `npm run build`:
 *
 *     node --import ./bench/lib/typescript.mjs bench/stores.mjs [--rounds 3] [--seconds 8] [--brunt PATH]…
 *
 * The servers, which it starts itself, have core 1, and the generators, in turn, core 0; 50 users.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startPostgres, startRedis } from '../test/helpers/services.ts';
import { BIN, runBrunt } from './lib/brunt.mjs';
import { measure, median, table } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    brunt: { type: 'string', multiple: true, default: [BIN] },
  },
});
const VUS = 50;
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const loops = fileURLToPath(new URL('loops/stores.mjs', import.meta.url));

async function bare(store, url) {
  const command = [process.execPath, loops, store, url, String(VUS), String(seconds)];
  const { code, stdout, stderr, cpuS } = await measure(command, { core: 0 });
  if (code !== 0) throw new Error(`the bare loop ended with exit code ${code}:\n${stderr}`);
  return JSON.parse(stdout).iterations / cpuS;
}

async function scripted(store, url, bin) {
  const flags = ['-e', `URL=${url}`];
  const { summary, cpuS } = await runBrunt(store, { bin, workers: 1, vus: VUS, seconds, flags, core: 0 });
  return summary.metrics.iterations.values.count / cpuS;
}

const stops = [];
/** What services need of a test. */
const here = {
  skip(reason) {
    throw new Error(reason);
  },
  onTestFinished: (stop) => stops.push(stop),
};

try {
  const rows = [['iterations per CPU second', 'median', 'lowest', 'highest', 'of the bare client']];
  for (const store of ['redis', 'sql']) {
    const { url, pid } = await (store === 'redis' ? startRedis(here) : startPostgres(here));
    execFileSync('taskset', ['-a', '-c', '-p', '1', String(pid)], { stdio: 'ignore' });
    const names = ['bare', ...values.brunt];
    const seen = new Map(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of names) {
        seen.get(name).push(await (name === 'bare' ? bare(store, url) : scripted(store, url, name)));
      }
    }
    const base = median(seen.get('bare'));
    for (const [name, numbers] of seen) {
      const cells = [median(numbers), Math.min(...numbers), Math.max(...numbers)].map(Math.round);
      rows.push([`${store}, ${name}`, ...cells, (median(numbers) / base).toFixed(2)]);
    }
  }
  console.log(table(rows));
} finally {
  for (const stop of stops) await stop();
}
