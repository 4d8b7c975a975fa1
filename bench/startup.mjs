/**
 * Start-up: `brunt run` of an empty script, from the shell's view. After `npm run build`:
 *
 *     node bench/startup.mjs [--rounds 10] [--brunt PATH ...]
 *
 * Interleaved with `node -e 0`; prints medians and their ratio.
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median, table } from './lib/measure.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    brunt: { type: 'string', multiple: true, default: [here('../dist/runner/bin.js')] },
  },
});

const commands = new Map([['node -e 0', [process.execPath, '-e', '0']]]);
for (const bin of values.brunt) {
  commands.set(values.brunt.length === 1 ? 'brunt run' : bin, [
    process.execPath,
    bin,
    'run',
    here('scripts/empty.ts'),
    '-q',
  ]);
}
const seen = new Map([...commands.keys()].map((name) => [name, { wallS: [], cpuS: [] }]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, command] of commands) {
    const from = performance.now();
    const { cpuS, code, stderr } = await measure(command);
    if (code !== 0) throw new Error(`${name} ended with exit code ${code}:\n${stderr}`);
    seen.get(name).wallS.push((performance.now() - from) / 1000);
    seen.get(name).cpuS.push(cpuS);
  }
}
const bare = median(seen.get('node -e 0').wallS);
console.log(
  table([
    ['', 'seconds', 'CPU seconds', 'of node -e 0', 'lowest..highest'],
    ...[...seen].map(([name, { wallS, cpuS }]) => [
      name,
      median(wallS).toFixed(3),
      median(cpuS).toFixed(2),
      `${(median(wallS) / bare).toFixed(1)} x`,
      `${Math.min(...wallS).toFixed(3)}..${Math.max(...wallS).toFixed(3)}`,
    ]),
  ]),
);
