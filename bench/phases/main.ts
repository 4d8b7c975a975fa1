/**
 * Brunt's phases against a packet capture on loopback, in milliseconds, as a Markdown table. Needs tshark and the right
 * to capture:
 *
 *     npm run phases [-- --rounds 300]
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasTshark } from './capture.ts';
import { comparePhases } from './compare.ts';

/** Beyond this, what Brunt adds would show in results. */
const LIMIT_MS = 0.5;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '300' },
    body: { type: 'string', default: '1000' },
    bin: { type: 'string', default: fileURLToPath(new URL('../../dist/runner/bin.js', import.meta.url)) },
  },
});

if (!hasTshark()) {
  console.error('tshark is missing; install it with: apt-get install tshark');
  process.exit(1);
}

const rows = await comparePhases(values.bin, Number(values.rounds), Number(values.body));
console.log('| connection | phase | requests | capture | Brunt | difference p50 | p95 | within 0.5 ms |');
console.log('|---|---|---:|---:|---:|---:|---:|---|');
for (const { kind, phase, requests, wire, brunt, differenceMedian, differenceP95 } of rows) {
  const numbers = [wire, brunt, differenceMedian, differenceP95].map((ms) => ms.toFixed(3)).join(' | ');
  const verdict = differenceP95 <= LIMIT_MS ? 'yes' : differenceMedian <= LIMIT_MS ? 'median only' : 'no';
  console.log(`| ${kind.replace('-', ', ')} | ${phase} | ${requests} | ${numbers} | ${verdict} |`);
}
