/** The search for capacity with the built command: what it says of systems with a limit, without one, and of itself. */

import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadResult } from '../../runner/results/result.ts';
import type { CapacitySummary } from '../../runner/summary/model.ts';
import { runScript, type ScriptResult, startScript } from '../helpers/cli.ts';

/** One request at a time, 4 ms each: 250/s. In virtual time, so that only its timer can be late. */
const SERVICE_MS = 4;
let url = '';
const server = createServer((request, response) => {
  if (request.url === '/fast') {
    response.end('ok');
    return;
  }
  const now = performance.now();
  lastEndMs = Math.max(now, lastEndMs) + SERVICE_MS;
  setTimeout(() => response.end('ok'), lastEndMs - now);
});
let lastEndMs = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const scenario = (rest: object): string =>
  JSON.stringify({
    executor: 'capacity',
    startRate: 120,
    maxRate: 1000,
    thresholds: { iteration_response_time: ['med<30'] },
    probe: '900ms',
    warmUp: '200ms',
    settle: '100ms',
    precision: 0.2,
    preAllocatedVUs: 20,
    maxVUs: 60,
    gracefulStop: '5s',
    ...rest,
  });

const script = (rest: object, body: string, options = ''): string => `
  import { http, sleep } from 'brunt';
  export const options = { scenarios: { limit: ${scenario(rest)} }, ${options} };
  let n = 0;
  export default async function () { ${body} }
`;

const SLOW = 'await http.get(__ENV.URL + "/slow");';
const FAST = 'await http.get(__ENV.URL + "/fast");';

const search = (source: string, flags: readonly string[] = []): Promise<ScriptResult> =>
  runScript(source, ['-e', `URL=${url}`, ...flags]);

const found = (run: ScriptResult): CapacitySummary =>
  run.summary.scenarios.limit?.capacity as CapacitySummary;

/** Iterations of every kind are arrivals of some probe; none is lost between two of them. */
function expectAccounted(run: ScriptResult): void {
  const { iterations = 0, failed = 0, interrupted = 0 } = run.summary.scenarios.limit ?? {};
  expect(run.value('iteration_start_lag', 'count')).toBe(iterations + failed + interrupted);
}

describe.each([1, 2])('with %d workers', (workers) => {
  test('finds the limit, and thresholds can ask for it', async () => {
    const run = await search(script({}, SLOW, "thresholds: { capacity_rate: ['value>=150'] }"), [
      '--workers',
      String(workers),
    ]);
    expect(run.code, run.output).toBe(0);
    const { rate, failedAt, end, limitedBy, probes, knee } = found(run);
    expect(end).toBe('found');
    expect(rate as number).toBeGreaterThanOrEqual(180);
    expect(rate as number).toBeLessThanOrEqual(275);
    expect(failedAt as number).toBeGreaterThan(rate as number);
    expect((failedAt as number) / (rate as number)).toBeLessThanOrEqual(1.2 + 1e-9);
    expect(limitedBy.join()).toMatch(/iteration_response_time med<30: \S+ ms|behind arrivals/);
    expect(knee as number).toBeLessThanOrEqual(failedAt as number);
    expect(probes.map((probe) => probe.number)).toEqual(probes.map((_, i) => i + 1));
    for (const probe of probes.filter(({ held }) => held)) {
      expect(probe.achieved / probe.rate).toBeGreaterThan(0.9);
      // All arrivals of the window, within one at its edges.
      expect(Math.abs((probe.responseTime?.count ?? 0) - (probe.rate * 900) / 1000)).toBeLessThanOrEqual(
        1 + (probe.rate * Math.abs(probe.windowMs - 900)) / 1000,
      );
    }
    for (const probe of probes) expect(probe.achieved).toBeLessThan(280);
    expect(run.metric('capacity_rate').values).toEqual({ value: rate, min: rate, max: rate });
    expect(run.stdout).toMatch(/CAPACITY limit {2}\S+\/s held, \S+\/s failed: /);
    expect(run.summary.scenarios.limit?.dropped).toBe(probes.reduce((sum, probe) => sum + probe.dropped, 0));
    expectAccounted(run);
  });
});

test('a threshold on the rate found can fail the run', async () => {
  const run = await search(script({ maxRate: 120 }, FAST, "thresholds: { capacity_rate: ['value>=500'] }"), [
    '--save',
    'r.brunt',
  ]);
  expect(run.code, run.output).toBe(99);
  expect(found(run).rate).toBe(120);
  // Only the main thread knows it; a saved result has it all the same.
  const saved = await loadResult(join(run.cwd, 'r.brunt'));
  const rate = saved.aggregate.track({ metric: 'capacity_rate', tags: [['scenario', 'limit']] });
  expect([rate.stat('value'), rate.stat('max')]).toEqual([120, 120]);
});

test('maxRate holds: passed, and said that the limit lies above', async () => {
  const run = await search(script({ maxRate: 200 }, FAST));
  expect(run.code, run.output).toBe(0);
  expect(found(run)).toMatchObject({ rate: 200, failedAt: null, end: 'above', limitedBy: [] });
  expect(found(run).probes.map((probe) => probe.rate)).toEqual([120, 200]);
  expect(run.stdout).toContain('the highest allowed (maxRate): the limit lies above');
});

test('no rate holds: exit 99, and why', async () => {
  const rest = { thresholds: { iteration_response_time: ['min<2'] }, probe: '100ms', warmUp: '0s' };
  const run = await search(script({ ...rest, startRate: 500, maxRate: 500 }, SLOW));
  expect(run.code, run.output).toBe(99);
  expect(found(run)).toMatchObject({ rate: null, end: 'below', failedAt: 500 / 64 });
  expect(run.summary.run.reasons.join()).toMatch(
    /capacity of limit: no rate held, not even 7\.813\/s: iteration/,
  );
  expect(run.summary.metrics).not.toHaveProperty('capacity_rate');
});

test('thrown iterations fail probes, not the run', async () => {
  const run = await search(
    script(
      { thresholds: { iteration_response_time: ['med<5000'] } },
      'const t = Date.now(); await http.get(__ENV.URL + "/slow"); if (Date.now() - t > 100) throw new Error("too slow");',
    ),
  );
  expect(run.code, run.output).toBe(0);
  expect(run.summary.scenarios.limit?.failed).toBeGreaterThan(0);
  expect(found(run).rate as number).toBeLessThan(300);
  expectAccounted(run);
});

test('the generator is the limit: exit 96 with advice, and no capacity above what held', async () => {
  // 5 ms of computing per iteration: no thread can do more than 200/s.
  const run = await search(
    script(
      { startRate: 100, maxRate: 2000, thresholds: { iteration_response_time: ['p(90)<50'] } },
      'const until = performance.now() + 5; while (performance.now() < until);',
    ),
    ['--workers', '1'],
  );
  expect(run.code, run.output).toBe(96);
  expect(run.summary.run.verdict).toBe('invalid');
  expect(found(run).end).toBe('generator');
  expect(run.output).toMatch(
    /the generator was the limit, not the system: (it started arrivals late|its event loops)/,
  );
  expect(run.output).toMatch(/Give it more\s+workers \(there was 1\)/);
});

test('too few VUs: said', async () => {
  // Two VUs of 20 ms: 100/s, whatever the system could take.
  const run = await search(
    script(
      { startRate: 70, preAllocatedVUs: 2, maxVUs: 2, thresholds: { iteration_response_time: ['med<60'] } },
      "await sleep('20ms');",
    ),
  );
  expect(run.code, run.output).toBe(0);
  expect(found(run).rate as number).toBeLessThan(125);
  expect(run.output).toMatch(/arrivals\s+waited\s+longer\s+for\s+a\s+VU.*raise\s+maxVUs/s);
});

test('maxDuration ends the search with what is known', async () => {
  const run = await search(script({ maxDuration: '3s' }, FAST));
  expect(run.code, run.output).toBe(0);
  expect(found(run)).toMatchObject({ end: 'time', failedAt: null });
  expect(found(run).rate as number).toBeGreaterThanOrEqual(120);
  expect(run.output).toContain('allow it more time');
  expect(run.durationMs).toBeLessThan(9000);
});

test('percentiles get the samples that they need: the window is longer at low rates', async () => {
  const rest = { startRate: 150, maxRate: 150, thresholds: { iteration_response_time: ['p(95)<500'] } };
  const run = await search(script(rest, FAST));
  const [probe] = found(run).probes;
  // 200 samples at 150/s, and a tenth.
  expect(probe?.windowMs as number).toBeGreaterThan(1420);
  expect(probe?.windowMs as number).toBeLessThan(1800);
  expect(probe?.responseTime?.count as number).toBeGreaterThanOrEqual(200);
});

test('data that is used up ends the search', async () => {
  const run = await search(
    script({}, 'await rows.next();', '').replace(
      'let n = 0;',
      "import { feed } from 'brunt'; const rows = feed(Array.from({ length: 30 }, (_, i) => i), { order: 'unique', onEnd: 'stop' });",
    ),
  );
  expect(found(run)).toMatchObject({ end: 'data', rate: null });
  expect(run.output).toContain('data was used up');
  expect(run.durationMs).toBeLessThan(12_000);
});

test('Ctrl-C: what is known so far, exit 105', async () => {
  const running = startScript(script({}, FAST), ['-e', `URL=${url}`]);
  await running.seen(/running \d/);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  running.kill('SIGINT');
  const run = await running.done;
  expect(run.code, run.output).toBe(105);
  expect(found(run).end).toBe('stopped');
  expect(run.orphans).toBe(false);
});

test('beside another scenario: only the search has probes', async () => {
  const source = script({ maxRate: 200 }, FAST).replace(
    'scenarios: {',
    "scenarios: { other: { executor: 'constant-vus', vus: 1, duration: '2s', exec: 'other' }, ",
  );
  const run = await search(`${source}\nexport async function other() { await sleep('50ms'); }\n`);
  expect(run.code, run.output).toBe(0);
  expect(run.summary.scenarios.other).not.toHaveProperty('capacity');
  expect(run.summary.scenarios.other?.iterations).toBeGreaterThan(20);
  expect(found(run).rate).toBe(200);
});
