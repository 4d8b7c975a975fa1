/** Experiment 3: every tenth request takes 200 ms, the others 10 ms. */

import { runCommand, startServer } from './harness.ts';
import { count, type Experiment, trendRows } from './rows.ts';

const REQUESTS = 10_000;
const FAST_MS = 10;
const SLOW_MS = 200;
const SLOW_EVERY = 10;
const RATE = 200;

export const delay: Experiment = {
  name: 'delay',
  title: 'Calibrated delay (experiment 3)',
  async run({ bin, scale }) {
    const requests = REQUESTS * scale;
    const model = Array.from({ length: requests }, (_, i) =>
      i % SLOW_EVERY === SLOW_EVERY - 1 ? SLOW_MS : FAST_MS,
    );
    await using server = await startServer({ serviceMs: FAST_MS, slowMs: SLOW_MS, slowEvery: SLOW_EVERY });
    const durationMs = (requests / RATE) * 1000;
    const { code, values } = await runCommand(bin, 'rate', {
      env: { BASE_URL: server.url, RATE, DURATION_MS: durationMs, VUS: 60 },
      limitMs: durationMs + 30_000,
    });
    // A server that is late to answer may have been as late to see the request.
    const machineMs = 2 * (await server.late()).max;
    const overhead = { calmUpTo: 50, burst: 10, machineMs };
    return [
      // No bursts; p90 is the slowest of the fast ones.
      ...trendRows('http_req_duration', model, values('http_req_duration'), overhead),
      count('exit code', 0, code ?? -1),
    ];
  },
};
