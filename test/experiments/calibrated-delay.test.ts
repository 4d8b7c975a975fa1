/**
 * Experiment 3, end to end: a server that waits a known time for each request, and the built command that measures it.
 *
 *     request i waits 200 ms if i % 10 == 9, else 10 ms
 *     p50 = p90 = 10   p91 = p95 = p99 = 200   mean 29.0
 *
 * Each wait is measured at the server too, from the request's arrival to the end of its answer: a busy machine makes the
 * server late, which the tool has to report and is not its error. What is left is the generator's own overhead.
 */

import { expect, test } from 'vitest';
import { runScript } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

const SHORT_MS = 10;
const LONG_MS = 200;

/** Value at rank ceil(p/100 * n). */
function rank(sorted: readonly number[], p: number): number {
  return sorted[Math.ceil((p / 100) * sorted.length - 1e-9) - 1] as number;
}

test.each([1, 2])('a known delay is what is reported, with %i workers', async (workers) => {
  const waits: number[] = [];
  let requests = 0;
  const server = await httpServer((_, res) => {
    const arrivedMs = performance.now();
    const delayMs = requests++ % 10 === 9 ? LONG_MS : SHORT_MS;
    // A timer may fire up to a millisecond early.
    const answer = (): void => {
      const leftMs = arrivedMs + delayMs - performance.now();
      if (leftMs > 0) {
        setTimeout(answer, leftMs);
        return;
      }
      res.end('ok');
      waits.push(performance.now() - arrivedMs);
    };
    setTimeout(answer, delayMs);
  });
  try {
    const run = await runScript(
      `
      import { http } from 'brunt';
      export const options = {
        vus: 4, iterations: 400, summaryTrendStats: ['avg', 'min', 'max', 'p(50)', 'p(89)', 'p(90)', 'p(91)', 'p(95)', 'p(99)'],
      };
      export default () => http.get(__ENV.URL);
      `,
      ['--workers', String(workers), '-e', `URL=${server.url}`],
    );
    expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
    const { count, avg, min, ...stats } = run.metric('http_req_duration').values;
    expect(count).toBe(400);

    // The shape has one right answer: the step stands behind rank 360, which p90 is. One short request that the
    // machine holds up stands at that rank, so the lower side is held to p89, four requests before the step.
    expect(min).toBeGreaterThanOrEqual(SHORT_MS - 0.5);
    for (const p of [50, 89]) expect(stats[`p(${p})`]).toBeLessThan(LONG_MS / 2);
    expect(stats['p(90)']).toBeLessThan(LONG_MS * 0.999);
    for (const p of [91, 95, 99]) expect(stats[`p(${p})`]).toBeGreaterThanOrEqual(LONG_MS * 0.999);

    const sorted = waits.toSorted((a, b) => a - b);
    const mean = waits.reduce((sum, ms) => sum + ms, 0) / waits.length;
    expect(mean).toBeGreaterThanOrEqual(29);
    // 2 ms of overhead on an idle machine; four times that beside the other tests.
    const overheadMs = 8;
    expect(avg! - mean).toBeGreaterThan(-1);
    expect(avg! - mean).toBeLessThan(overheadMs);
    for (const p of [50, 91, 95]) {
      const truth = rank(sorted, p);
      expect(stats[`p(${p})`]).toBeGreaterThan(truth * 0.999 - 1);
      expect(stats[`p(${p})`]).toBeLessThan(truth * 1.001 + overheadMs);
    }
  } finally {
    await server.close();
  }
});
