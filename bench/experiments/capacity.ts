/**
 * The capacity executor against a single server whose service always takes the same time, 2 ms: it can serve 500/s.
 *
 *     arrivals   queue    limit, else on p(95)     known answer
 *     even       D/D/1    20 ms, on the median     500/s: below it nobody waits, above it the queue grows for ever
 *     random     M/D/1    that of M/D/1 at 450/s   450/s: by a million simulated arrivals with a fixed seed
 *
 * Random arrivals are the hard case: near the limit, waiting times of two windows at one rate differ by a fifth.
 *
 * On a machine that does other work, server and generator are late themselves. The server says by how much, the generator
 * too; the tolerance is 5 % and the difference that such lateness makes to the known answer.
 */

import { runCommand, startServer } from './harness.ts';
import { md1, percentile } from './md1.ts';
import { count, type Experiment, type Row } from './rows.ts';

const SERVICE_MS = 2;
const FULL = 1000 / SERVICE_MS;
/** Of the server's time, at the rate to be found with random arrivals. */
const UTILIZATION = 0.9;
/** Of the rate found, either way. */
const TOLERANCE = 0.05;
const PROBE_MS = 20_000;
const SIMULATED = 1_000_000;
/** A simulated queue begins empty, so its first arrivals wait less. */
const SETTLED = 10_000;

/** What the connection, two processes and their timers add to a response time, measured at a tenth of the load. */
async function overheadMs(bin: string, url: string): Promise<number> {
  const { values } = await runCommand(bin, 'rate', {
    env: { BASE_URL: url, RATE: FULL / 10, DURATION_MS: 2000, VUS: 20 },
    limitMs: 30_000,
  });
  return Math.max(0, (values('iteration_response_time')['p(50)'] ?? SERVICE_MS) - SERVICE_MS);
}

/** The rate at which p(95) of M/D/1 is this. */
function rateAt(p95Ms: number): number {
  let [low, high] = [0.1 * FULL, 0.99 * FULL];
  for (let step = 0; step < 10; step++) {
    const rate = (low + high) / 2;
    if (percentile(md1(rate, SERVICE_MS, SIMULATED / 5, 5, SETTLED), 95) > p95Ms) high = rate;
    else low = rate;
  }
  return low;
}

async function search(
  bin: string,
  scale: number,
  arrivals: 'uniform' | 'poisson',
  stat: string,
  limitMs: number,
  expected: number,
): Promise<Row[]> {
  await using server = await startServer({ serviceMs: SERVICE_MS, oneAtATime: true });
  const probeMs = PROBE_MS * scale;
  const overhead = await overheadMs(bin, server.url);
  const { code, summary, values } = await runCommand(bin, 'capacity', {
    env: {
      BASE_URL: server.url,
      ARRIVALS: arrivals,
      LIMIT: `${stat}<${limitMs + overhead}`,
      START_RATE: expected * 0.7,
      PROBE_MS: probeMs,
    },
    // Some ten probes; three at most for one rate.
    limitMs: 40 * (probeMs + 1500),
  });
  // A server that is late to answer was as late to see the request.
  const lateMs = 2 * (await server.late()).p95 + (values('generator_start_lag')['p(95)'] ?? 0);
  const lateness = arrivals === 'poisson' ? expected - Math.min(expected, rateAt(limitMs - lateMs)) : 0;
  const tolerance = TOLERANCE * expected + lateness;
  const found = summary.scenarios.search?.capacity;
  const label = arrivals === 'poisson' ? 'M/D/1' : 'D/D/1';
  return [
    count(`${label} capacity, per second`, expected, found?.rate ?? 0, tolerance),
    count(
      `${label} lowest rate that failed`,
      expected,
      found?.failedAt ?? 0,
      TOLERANCE * expected + tolerance,
    ),
    count(`${label} exit code`, 0, code ?? -1),
  ];
}

export const capacity: Experiment = {
  name: 'capacity',
  title: 'Capacity of a server of known capacity',
  async run({ bin, scale }) {
    const rate = FULL * UTILIZATION;
    const limitMs = percentile(md1(rate, SERVICE_MS, SIMULATED, 5, SETTLED), 95);
    const random = await search(bin, scale, 'poisson', 'p(95)', limitMs, rate);
    // Without chance in it, a short search says as much as a long one; a short experiment leaves out the easy case.
    return scale < 0.5 ? random : [...random, ...(await search(bin, 0.1, 'uniform', 'med', 20, FULL))];
  },
};
