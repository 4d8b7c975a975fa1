/**
 * Start-up: `brunt run` of an empty script, from the shell's view. After `npm run build`:
 *
 *     node bench/startup.mjs [--rounds 10] [--brunt PATH ...]
 *
 * Interleaved with `node -e 0`; prints medians and their ratio.
 */

import { parseArgs } from 'node:util';
import { BIN } from './lib/brunt.mjs';
import { startUp, wallS } from './lib/figures.mjs';
import { median, table } from './lib/measure.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    brunt: { type: 'string', multiple: true, default: [BIN] },
  },
});

const all = new Map([['node -e 0', () => wallS([process.execPath, '-e', '0'])]]);
for (const bin of values.brunt) {
  all.set(values.brunt.length === 1 ? 'brunt run' : bin, () => startUp({ bin }));
}
const seen = new Map([...all.keys()].map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, run] of all) seen.get(name).push(await run());
}
const of = (name, what) => seen.get(name).map((run) => run[what]);
const bare = median(of('node -e 0', 'wallS'));
console.log(
  table([
    ['', 'seconds', 'CPU seconds', 'of node -e 0', 'lowest..highest'],
    ...[...all.keys()].map((name) => [
      name,
      median(of(name, 'wallS')).toFixed(3),
      median(of(name, 'cpuS')).toFixed(2),
      `${(median(of(name, 'wallS')) / bare).toFixed(1)} x`,
      `${Math.min(...of(name, 'wallS')).toFixed(3)}..${Math.max(...of(name, 'wallS')).toFixed(3)}`,
    ]),
  ]),
);
