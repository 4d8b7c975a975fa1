/**
 * Experiment 1: 100 arrivals a second, service 1 ms; for a tenth of the run, from 45 % on, the server does not answer
 * and then answers everything at once.
 *
 *     arrival at t in the pause     waits until its end, and is served then
 *     any other                     is served at once
 *
 * A closed loop of ten connections would send ten requests in the whole pause and report p99 = 1 ms.
 */

import { runCommand, startServer } from './harness.ts';
import { type Context, count, type Experiment, type Overhead, type Row, time, trendRows } from './rows.ts';

const RATE = 100;
const DURATION_MS = 100_000;
const SERVICE_MS = 1;

/** Milliseconds from each scheduled arrival to its answer. */
export function responseTimes(scale: number): number[] {
  const durationMs = DURATION_MS * scale;
  const pauseAtMs = 0.45 * durationMs;
  const pauseEndMs = 0.55 * durationMs;
  const arrivals = Array.from({ length: (durationMs * RATE) / 1000 }, (_, n) => (n * 1000) / RATE);
  return arrivals.map((t) => (t >= pauseAtMs && t < pauseEndMs ? pauseEndMs - t : 0) + SERVICE_MS);
}

const CLOSED_VUS = 10;
/** Its slowest percent on a machine that is not idle; a hundredth of what users waited. */
const CLOSED_TAIL_MS = 20;

/** The same pause as a closed loop sees it: ten slow requests among nine thousand, so p99 hides it. */
async function closedLoop({ bin, scale }: Context): Promise<readonly Row[]> {
  const durationMs = DURATION_MS * scale;
  await using server = await startServer({
    serviceMs: SERVICE_MS,
    pauseAtMs: 0.45 * durationMs,
    pauseMs: 0.1 * durationMs,
  });
  const { values } = await runCommand(bin, 'closed', {
    env: { BASE_URL: server.url, RATE, DURATION_MS: durationMs, VUS: CLOSED_VUS },
    limitMs: durationMs + 30_000,
  });
  const { count: requests = 0, 'p(99)': p99 = Number.NaN, max = Number.NaN } = values('http_req_duration');
  const expected = 0.9 * RATE * (durationMs / 1000) + CLOSED_VUS;
  return [
    // An iteration that a timer starts a little late moves all that follow it.
    count('closed loop of 10: requests', expected, requests, 0.02 * expected),
    time('closed loop of 10: p(99)', SERVICE_MS, p99, CLOSED_TAIL_MS),
    time('closed loop of 10: max', 0.1 * durationMs, max, (CLOSED_VUS * 1000) / RATE + CLOSED_TAIL_MS),
  ];
}

export const pause: Experiment = {
  name: 'pause',
  title: 'Server pause (experiment 1)',
  async run(context) {
    const { bin, scale } = context;
    const model = responseTimes(scale);
    const durationMs = DURATION_MS * scale;
    const held = model.length / 10;
    await using server = await startServer({
      serviceMs: SERVICE_MS,
      pauseAtMs: 0.45 * durationMs,
      pauseMs: 0.1 * durationMs,
    });
    // Every arrival of the pause has a VU: none is dropped.
    const { code, values, summary } = await runCommand(bin, 'rate', {
      env: { BASE_URL: server.url, RATE, DURATION_MS: durationMs, VUS: held + 50 },
      limitMs: durationMs + 30_000,
    });
    // p90 is the slowest of all that was not held: one hiccup shows in it.
    const overhead: Overhead = { calmUpTo: 50, burst: held };
    return [
      ...trendRows('response time', model, values('iteration_response_time'), overhead),
      count('requests seen by the server', model.length, (await server.log()).length),
      count('dropped', 0, summary.scenarios.arrivals?.dropped ?? 0),
      count('exit code', 0, code ?? -1),
      // With fewer requests ten are more than a percent.
      ...(scale >= 1 ? await closedLoop(context) : []),
    ];
  },
};
