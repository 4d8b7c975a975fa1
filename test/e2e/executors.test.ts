/**
 * Every executor with the built command, over one and two workers: how many iterations, by whom, and when, the last as
 * a server saw it.
 */

import { describe, expect, test } from 'vitest';
import { printed, runScript, type ScriptResult } from '../helpers/cli.ts';
import { httpServer } from '../helpers/servers.ts';

const BOTH = [1, 2] as const;

function passes(run: ScriptResult): ScriptResult {
  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  return run;
}

/** A script whose iterations say who they are; `body` runs in each. */
const script = (scenarios: string, body = ''): string => `
  import { sleep } from 'brunt';
  export const options = { scenarios: { ${scenarios} } };
  export default async function () { console.log('@' + JSON.stringify({ vu: __VU, iter: __ITER })); ${body} }
`;

interface Seen {
  readonly vu: number;
  readonly iter: number;
}

function byVu(run: ScriptResult): number[] {
  const counts = new Map<number, number>();
  for (const { vu } of printed<Seen>(run)) counts.set(vu, (counts.get(vu) ?? 0) + 1);
  return [...counts.values()];
}

describe.each(BOTH)('with %i workers', (workers) => {
  const flags = ['--workers', String(workers)];

  test('shared-iterations: exactly so many in all', async () => {
    const run = passes(
      await runScript(
        script("s: { executor: 'shared-iterations', vus: 5, iterations: 37 }", "await sleep('3ms');"),
        flags,
      ),
    );
    expect(run.summary.scenarios.s).toEqual({
      executor: 'shared-iterations',
      iterations: 37,
      failed: 0,
      interrupted: 0,
      dropped: 0,
    });
    expect(byVu(run).reduce((a, b) => a + b)).toBe(37);
    expect(byVu(run)).toHaveLength(5);
    expect(run.summary.run.workers).toBe(workers);
  });

  test('per-vu-iterations: exactly so many each', async () => {
    const run = passes(
      await runScript(script("s: { executor: 'per-vu-iterations', vus: 5, iterations: 7 }"), flags),
    );
    expect(byVu(run)).toEqual([7, 7, 7, 7, 7]);
    expect(run.value('iterations', 'count')).toBe(35);
  });

  test('constant-vus: all of them all the time', async () => {
    const run = passes(
      await runScript(
        script("s: { executor: 'constant-vus', vus: 4, duration: '1500ms' }", "await sleep('100ms');"),
        flags,
      ),
    );
    // 15 or so each; a busy machine may cost some.
    expect(byVu(run)).toHaveLength(4);
    for (const n of byVu(run)) {
      expect(n).toBeGreaterThanOrEqual(8);
      expect(n).toBeLessThanOrEqual(16);
    }
    expect(run.metric('vus').values.max).toBe(4);
    expect(run.metric('vus_max').values.max).toBe(4);
    expect(run.summary.run.durationMs).toBeGreaterThan(1490);
  });

  test('ramping-vus: up and down', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'ramping-vus', startVUs: 1, stages: [{ duration: '1s', target: 6 }, { duration: '1s', target: 6 }, { duration: '1s', target: 0 }] }",
          "await sleep('50ms');",
        ),
        flags,
      ),
    );
    expect(run.summary.scenarios.s).toMatchObject({ failed: 0, interrupted: 0, dropped: 0 });
    expect(byVu(run)).toHaveLength(6);
    // Area under the curve: 3.5 + 6 + 3 VU seconds, twenty iterations in each.
    const total = run.value('iterations', 'count');
    expect(total).toBeGreaterThan(150);
    expect(total).toBeLessThan(275);
    expect(run.metric('vus').values.max).toBe(6);
  });

  test('constant-arrival-rate: exactly rate times duration', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'constant-arrival-rate', rate: 60, duration: '2s', preAllocatedVUs: 10, maxVUs: 30 }",
          "await sleep('20ms');",
        ),
        flags,
      ),
    );
    const { iterations, dropped, interrupted } = run.summary.scenarios.s!;
    expect({ all: iterations + dropped, interrupted }).toEqual({ all: 120, interrupted: 0 });
    expect(dropped).toBe(0);
    expect(run.value('iteration_start_lag', 'count')).toBe(120);
    expect(run.value('iteration_response_time', 'count')).toBe(120);
    expect(run.summary.generator.startLagP99Ms).not.toBeNull();
  });

  test('ramping-arrival-rate: exactly the area under the curve', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'ramping-arrival-rate', startRate: 0, stages: [{ duration: '2s', target: 100 }, { duration: '1s', target: 100 }], preAllocatedVUs: 20 }",
        ),
        flags,
      ),
    );
    expect(run.value('iterations', 'count') + run.value('dropped_iterations', 'count')).toBe(200);
    expect(run.value('dropped_iterations', 'count')).toBe(0);
  });

  test('burst: so many at each instant', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'burst', size: 15, every: '500ms', count: 3, preAllocatedVUs: 15, maxVUs: 30 }",
          "await sleep('10ms');",
        ),
        flags,
      ),
    );
    expect(run.value('iterations', 'count')).toBe(45);
    expect(run.value('dropped_iterations', 'count')).toBe(0);
  });

  test('rates below one a second, and per other units', async () => {
    const run = passes(
      await runScript(
        script(
          `a: { executor: 'constant-arrival-rate', rate: 0.5, duration: '4s', preAllocatedVUs: 2 },
           b: { executor: 'constant-arrival-rate', rate: 90, timeUnit: '1m', duration: '4s', preAllocatedVUs: 2 }`,
        ),
        flags,
      ),
    );
    expect(run.summary.scenarios.a?.iterations).toBe(2);
    expect(run.summary.scenarios.b?.iterations).toBe(6);
  });

  test('drop: with every VU busy, arrivals are lost and counted', async () => {
    // Experiment 4: rate 10 over 950 ms with 5 VUs that block: 5 run, 5 are dropped.
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'constant-arrival-rate', rate: 10, duration: '950ms', preAllocatedVUs: 5 }",
          "await sleep('3s');",
        ),
        flags,
      ),
    );
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 5, dropped: 5 });
    expect(run.value('dropped_iterations', 'count')).toBe(5);
  });

  test('queue: none is lost, and the wait is in the response time', async () => {
    const run = await runScript(
      script(
        "s: { executor: 'constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 2, whenBusy: 'queue' }",
        "await sleep('200ms');",
      ),
      flags,
    );
    passes(run);
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 20, dropped: 0 });
    // Two VUs do ten a second: the last arrival waits for about a second; its own time is 200 ms.
    expect(run.metric('iteration_response_time').values.max).toBeGreaterThan(900);
    expect(run.metric('iteration_duration').values.max).toBeLessThan(700);
  });

  test('poisson: random spacing, the same for a seed however many workers', async () => {
    const source = script(
      "s: { executor: 'constant-arrival-rate', rate: 100, duration: '2s', preAllocatedVUs: 40, arrivals: 'poisson' }",
    );
    const run = passes(await runScript(source, [...flags, '--seed', '7']));
    const count = run.value('iterations', 'count') + run.value('dropped_iterations', 'count');
    // 200 +- 4 standard deviations of 14.1; exactly what the seed says.
    expect(Math.abs(count - 200)).toBeLessThan(57);
    expect(count).toBe(POISSON.of(7, count));
  });
});

/** Counts of earlier runs by seed: one and two workers must agree. */
const POISSON = {
  counts: new Map<number, number>(),
  of(seed: number, count: number): number {
    const known = this.counts.get(seed) ?? count;
    this.counts.set(seed, known);
    return known;
  },
};

describe('several scenarios', () => {
  test('start when they say, run side by side, and do not share VUs', async () => {
    const run = passes(
      await runScript(`
        import { sleep, vu, test } from 'brunt';
        const say = () => console.log('@' + JSON.stringify({ vu: vu.id, scenario: vu.scenario, at: test.elapsed() }));
        export const options = { workers: 2, scenarios: {
          early: { executor: 'constant-vus', vus: 2, duration: '1500ms', exec: 'slow' },
          late: { executor: 'per-vu-iterations', vus: 3, iterations: 2, startTime: '1s', exec: 'quick' },
        } };
        export async function slow() { say(); await sleep('100ms'); }
        export function quick() { say(); }
      `),
    );
    const seen = printed<{ vu: number; scenario: string; at: number }>(run);
    const late = seen.filter((s) => s.scenario === 'late');
    const early = seen.filter((s) => s.scenario === 'early');
    expect(late).toHaveLength(6);
    expect(Math.min(...late.map((s) => s.at))).toBeGreaterThanOrEqual(999);
    expect(Math.min(...early.map((s) => s.at))).toBeLessThan(500);
    const vus = (list: typeof seen): Set<number> => new Set(list.map((s) => s.vu));
    expect(vus(early)).toEqual(new Set([1, 2]));
    expect(vus(late)).toEqual(new Set([3, 4, 5]));
  });

  test('--scenario runs the named ones only', async () => {
    const source = `
      export const options = { scenarios: {
        a: { executor: 'per-vu-iterations', iterations: 1, exec: 'a' },
        b: { executor: 'per-vu-iterations', iterations: 2, exec: 'b', startTime: '1h' },
        c: { executor: 'per-vu-iterations', iterations: 3, exec: 'c' } } };
      export function a() {}\nexport function b() {}\nexport function c() {}
    `;
    const run = passes(await runScript(source, ['--scenario', 'a,c']));
    expect(Object.entries(run.summary.scenarios).map(([k, v]) => [k, v.iterations])).toEqual([
      ['a', 1],
      ['c', 3],
    ]);
    const wrong = await runScript(source, ['--scenario', 'a,d']);
    expect(wrong.code).toBe(104);
    expect(wrong.stderr).toMatch(/`?d`?/);
  });
});

describe('graceful stop', () => {
  test('lets iterations under way finish', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'constant-vus', vus: 3, duration: '500ms', gracefulStop: '10s' }",
          "await sleep('900ms');",
        ),
      ),
    );
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 3, interrupted: 0 });
  });

  test('of zero interrupts them: neither done nor an error', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'constant-vus', vus: 3, duration: '500ms', gracefulStop: '0s' }",
          "await sleep('30s');",
        ),
      ),
    );
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, failed: 0, interrupted: 3 });
    expect(run.value('iteration_errors', 'count')).toBe(0);
    expect(run.summary.run.durationMs).toBeLessThan(3000);
  });

  test('maxDuration ends counted iterations; what was not started is told', async () => {
    const run = await runScript(
      script(
        "s: { executor: 'shared-iterations', vus: 2, iterations: 100, maxDuration: '700ms', gracefulStop: '100ms' }",
        "await sleep('200ms');",
      ),
    );
    expect(run.code).toBe(0);
    const { iterations, interrupted } = run.summary.scenarios.s!;
    expect(iterations).toBeGreaterThan(2);
    expect(iterations).toBeLessThan(9);
    expect(interrupted).toBeLessThanOrEqual(2);
    expect(run.value('dropped_iterations', 'count')).toBe(100 - iterations - interrupted);
  });

  test('gracefulRampDown of zero interrupts what is ramped down', async () => {
    const run = passes(
      await runScript(
        script(
          "s: { executor: 'ramping-vus', startVUs: 4, stages: [{ duration: '300ms', target: 4 }, { duration: '0s', target: 1 }, { duration: '700ms', target: 1 }], gracefulRampDown: '0s', gracefulStop: '0s' }",
          "await sleep('20s');",
        ),
      ),
    );
    expect(run.summary.scenarios.s).toMatchObject({ iterations: 0, interrupted: 4 });
  });
});

describe('arrivals as a server sees them', () => {
  /** Instants of requests, ms since the first. */
  async function instants(scenario: string, workers: number): Promise<number[]> {
    const times: number[] = [];
    const server = await httpServer((_, res) => {
      times.push(performance.now());
      res.end('ok');
    });
    try {
      passes(
        await runScript(
          `import { http } from 'brunt';
           export const options = { workers: ${workers}, validity: { maxStartLag: '2s' }, scenarios: { s: ${scenario} } };
           export default () => http.get(__ENV.URL);`,
          ['-e', `URL=${server.url}`],
        ),
      );
    } finally {
      await server.close();
    }
    return times.map((t) => t - (times[0] as number));
  }

  /** The middle of the distances, which one late request does not move. */
  function medianDeviation(seen: readonly number[], planned: readonly number[]): number {
    expect(seen).toHaveLength(planned.length);
    const offsets = seen.map((t, i) => t - (planned[i] as number)).sort((a, b) => a - b);
    const middle = offsets[offsets.length >> 1] as number;
    const deviations = offsets.map((o) => Math.abs(o - middle)).sort((a, b) => a - b);
    return deviations[Math.floor(deviations.length * 0.75)] as number;
  }

  test.each([2])("k6's vector, %i workers", async (workers) => {
    // Experiment 4: startRate 0, stages 1/5s 1/1s 0/5s gives starts at 3162 4472 5500 6527 7837 11000 ms.
    const seen = await instants(
      `{ executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: 4, stages: [
         { duration: '5s', target: 1 }, { duration: '1s', target: 1 }, { duration: '5s', target: 0 } ] }`,
      workers,
    );
    const planned = [3162, 4472, 5500, 6527, 7837, 11_000].map((t) => t - 3162);
    // The sixth stands exactly at the end, where rounding decides.
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen.length).toBeLessThanOrEqual(6);
    seen.forEach((t, i) => {
      expect(Math.abs(t - (planned[i] as number))).toBeLessThan(250);
    });
  });

  test.each(BOTH)('a ramp follows t = sqrt(2k/slope), %i workers', async (workers) => {
    const seen = await instants(
      `{ executor: 'ramping-arrival-rate', startRate: 0, preAllocatedVUs: 20, stages: [{ duration: '3s', target: 60 }] }`,
      workers,
    );
    // 90 arrivals at slope 20/s per second.
    const planned = Array.from({ length: seen.length }, (_, k) => Math.sqrt((2 * (k + 1)) / 20) * 1000);
    expect(seen.length).toBeGreaterThanOrEqual(89);
    expect(seen.length).toBeLessThanOrEqual(90);
    expect(medianDeviation(seen, planned)).toBeLessThan(40);
  });

  test.each(BOTH)('a constant rate is evenly spaced, %i workers', async (workers) => {
    const seen = await instants(
      `{ executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 10 }`,
      workers,
    );
    expect(
      medianDeviation(
        seen,
        Array.from({ length: 100 }, (_, k) => k * 20),
      ),
    ).toBeLessThan(20);
  });
});
