/**
 * Experiment 5 over real sockets, k6's vector: VUs tell the server twenty times a step that they are there. A step's
 * VUs are those that it hears between two moments inside the step; the last iterations of the step before are over by
 * the first of them.
 */

import { runCommand, startServer } from './harness.ts';
import { count, type Experiment } from './rows.ts';

const START = 4;
const STAGES = [
  [6, 2000],
  [1, 5000],
  [5, 4000],
  [1, 4000],
  [4, 3000],
  [4, 2000],
  [1, 0],
  [1, 3000],
] as const;
/** VUs in each second of the 23. */
const VUS = [4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 4, 5, 4, 3, 2, 1, 2, 3, 4, 4, 1, 1, 1];
const STEP_MS = 1000;

export const rampingVus: Experiment = {
  name: 'ramping-vus',
  title: 'Ramping VUs, as heard by the server (experiment 5)',
  async run({ bin, scale }) {
    const stepMs = STEP_MS * scale;
    await using server = await startServer({});
    await runCommand(bin, 'ramping-vus', {
      env: {
        ...{ BASE_URL: server.url, START_VUS: START, PACE_MS: stepMs / 20 },
        STAGES: STAGES.map(([vus, ms]) => `${vus}:${ms * scale}`).join(' '),
      },
      limitMs: 23_000 * scale + 30_000,
    });
    const log = (await server.log()).map(({ id, atMs }) => {
      const [user, sentMs] = id.split('@');
      return { id: user, atMs, sentMs: Number(sentMs) };
    });
    // The run's start on the server's clock, by the request that was fastest on its way.
    const startMs = Math.min(...log.map(({ atMs, sentMs }) => atMs - sentMs));
    return VUS.map((vus, step) => {
      const fromMs = startMs + (step + 0.25) * stepMs;
      const heard = log.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 0.65 * stepMs);
      return count(`VUs in second ${step}`, vus, new Set(heard.map(({ id }) => id)).size);
    });
  },
};
