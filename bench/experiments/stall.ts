/**
 * Experiment 7: 200 arrivals a second, service 1 ms; the generator's thread stands still for 500 ms every 5 s.
 *
 *     arrival while it stands still     starts when it goes on: the start lag is what was left of the stall
 *     any other                         starts on time
 *
 * The system is not to blame: its service time stays 1 ms, the response time shows the wait, and the run is invalid.
 */

import { runCommand, startServer } from './harness.ts';
import { count, type Experiment, type Overhead, overheadMs, time, trendRows } from './rows.ts';

const RATE = 200;
const SERVICE_MS = 1;
const EVERY_MS = 5000;
const BLOCK_MS = 500;
/** The second half of the first cycle; 3 ms after an arrival, whose answer is then back, and 2 ms before the next. */
const FIRST_MS = 2503;
const DURATION_MS = 60_000;

/** How late each arrival starts. */
export function startLags(durationMs: number): number[] {
  return Array.from({ length: (durationMs * RATE) / 1000 }, (_, n) => {
    const sinceStallMs = ((n * 1000) / RATE - FIRST_MS + EVERY_MS) % EVERY_MS;
    const stalled = (n * 1000) / RATE >= FIRST_MS && sinceStallMs < BLOCK_MS;
    return stalled ? BLOCK_MS - sinceStallMs : 0;
  });
}

/** What was due in a stall goes out at its end. p90 is the slowest of all that was not. */
const OVERHEAD: Overhead = { calmUpTo: 50, burst: (BLOCK_MS * RATE) / 1000 };

export const stall: Experiment = {
  name: 'stall',
  title: 'Generator stall (experiment 7)',
  async run({ bin, scale }) {
    // Whole cycles, two at least.
    const durationMs = Math.max(2, Math.round((DURATION_MS * scale) / EVERY_MS)) * EVERY_MS;
    const lags = startLags(durationMs);
    await using server = await startServer({ serviceMs: SERVICE_MS });
    const { code, values, summary } = await runCommand(bin, 'stall', {
      env: {
        ...{ BASE_URL: server.url, RATE, DURATION_MS: durationMs, VUS: 200 },
        ...{ EVERY_MS, BLOCK_MS, FIRST_MS },
      },
      flags: ['--workers', '1'],
      limitMs: durationMs + 30_000,
    });
    const response = lags.map((lag) => lag + SERVICE_MS);
    const lag = trendRows('start lag', lags, values('iteration_start_lag'), OVERHEAD);
    return [
      ...trendRows('response time', response, values('iteration_response_time'), OVERHEAD),
      ...lag.filter(({ what }) => /count|p\((?:50|99)\)/.test(what)),
      time(
        'service time p(50)',
        SERVICE_MS,
        values('http_req_duration')['p(50)'] ?? Number.NaN,
        overheadMs(OVERHEAD, 50),
      ),
      time(
        'service time p(99)',
        SERVICE_MS,
        values('http_req_duration')['p(99)'] ?? Number.NaN,
        overheadMs(OVERHEAD, 99),
      ),
      count('judged valid (1 yes, 0 no)', 0, Number(summary.generator.valid)),
      count('exit code', 96, code ?? -1),
    ];
  },
};
