/**
 * How late 2,000 arrivals a second start, with one worker on one core. After `npm run build`:
 *
 *     node bench/start-lag.mjs [--brunt PATH]
 */

import { parseArgs } from 'node:util';
import { BIN } from './lib/brunt.mjs';
import { startLag } from './lib/figures.mjs';

const { values } = parseArgs({ options: { brunt: { type: 'string', default: BIN } } });
const lag = await startLag({ bin: values.brunt });
console.log(
  `${lag.count} arrivals, start lag p50 ${lag['p(50)']} ms, p99 ${lag['p(99)']} ms, max ${lag.max.toFixed(2)} ms, ${lag.cpuS} CPU s`,
);
