/**
 * The experiments at full length, expected and measured side by side:
 *
 *     npm run experiments [-- [--scale 0.1] [--bin PATH] [name …]]
 *
 * One after the other, each bounded in time; about seventeen minutes for all. Exit code 1 if a number is off.
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { arrivals } from './arrivals.ts';
import { cache } from './cache.ts';
import { capacity } from './capacity.ts';
import { correction } from './correction.ts';
import { delay } from './delay.ts';
import { merge } from './merge.ts';
import { pause } from './pause.ts';
import { pool } from './pool.ts';
import { rampingVus } from './ramping-vus.ts';
import { agrees, type Experiment, type Row } from './rows.ts';
import { stall } from './stall.ts';

const EXPERIMENTS: readonly Experiment[] = [
  pause,
  correction,
  delay,
  arrivals,
  rampingVus,
  merge,
  stall,
  capacity,
  pool,
  cache,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    bin: { type: 'string', default: fileURLToPath(new URL('../../dist/runner/bin.js', import.meta.url)) },
  },
});

const unknown = positionals.filter((name) => !EXPERIMENTS.some((experiment) => experiment.name === name));
if (unknown.length > 0) {
  console.error(
    `no experiment ${unknown.join(', ')}; there are ${EXPERIMENTS.map((e) => e.name).join(', ')}`,
  );
  process.exit(104);
}

function shown(value: number, unit: Row['unit']): string {
  const digits = Math.abs(value) >= 100 ? 1 : 3;
  const text = Number.isInteger(value) ? String(value) : value.toFixed(digits);
  return unit === '' ? text : `${text} ${unit}`;
}

let off = 0;
for (const experiment of EXPERIMENTS) {
  if (positionals.length > 0 && !positionals.includes(experiment.name)) continue;
  console.log(`\n${experiment.title}`);
  console.log(`${''.padEnd(38)}${['expected', 'measured', 'tolerance'].map((h) => h.padStart(14)).join('')}`);
  for (const row of await experiment.run({ bin: values.bin, scale: Number(values.scale) })) {
    const cells = [
      shown(row.expected, row.unit),
      shown(row.measured, row.unit),
      `± ${shown(row.tolerance, row.unit)}`,
    ];
    const good = agrees(row);
    if (!good) off++;
    console.log(
      `${row.what.padEnd(38)}${cells.map((c) => c.padStart(14)).join('')}   ${good ? 'agrees' : 'OFF'}`,
    );
  }
}
if (off > 0) {
  console.error(`\n${off} numbers are off`);
  process.exitCode = 1;
}
