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
 *     node bench/scaling.mjs [--rounds 3] [--seconds 12] [--brunt PATH]
 */

import { parseArgs } from 'node:util';
import { BIN } from './lib/brunt.mjs';
import { iterations } from './lib/figures.mjs';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '12' },
    brunt: { type: 'string', default: BIN },
  },
});
const nginx = await startNginx('0,1');
const world = { bin: values.brunt, seconds: Number(values.seconds), url: nginx.url };

try {
  const rows = [['iterations', 'one worker', 'two workers', 'two / one']];
  for (const script of ['compute', 'signed', 'catalogue']) {
    const seen = { 1: [], 2: [] };
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const workers of [1, 2]) seen[workers].push(await iterations(script, { ...world, workers }));
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
}
