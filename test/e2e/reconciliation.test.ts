/**
 * What the server saw, what the script was told and what Brunt counted agree, request by request. Every request carries
 * an id of its own; the server and the script each write down what they know of it, and the summary is held against
 * both.
 *
 *     the script was told    the server wrote
 *     ---------------------  --------------------------------  ------------------------------------------------------
 *     status N               seen, answer N                    strictly: an answer is written down before it is sent
 *     1220 reset, by order   seen, reset
 *     1050 timeout           seen, hang; or nothing at all     a request in the queue of a server that was killed
 *     1200, 1220 broken      seen or not, answered or not      the server was killed: what was under way on the wire is
 *                                                              known to nobody
 *     1212 refused           nothing                           no server was there
 *     nothing (interrupted)  seen or not                       the run ended first; counted in http_reqs only
 */

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { folder, type ScriptResult, startScript } from '../helpers/cli.ts';

const SERVER = fileURLToPath(new URL('../fixtures/recording-server.mjs', import.meta.url));

/** A server that can be killed and started again on its port; its record goes on in the same file. */
class RecordingServer {
  readonly file: string;
  #port = 0;
  #child: ChildProcess | undefined;

  constructor(dir: string) {
    this.file = join(dir, 'server.log');
    onTestFinished(() => this.kill());
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const child = fork(SERVER, [String(this.#port), this.file], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#child = child;
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
      child.once('exit', () => reject(new Error('the server did not start')));
    });
    this.#port = Number(line);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}

/** GET and POST in turn, on every path by a fixed order; what came of each goes into OUTCOMES, of each iteration into ENDS. */
const SCRIPT = `
import { http, vu } from 'brunt';
import { appendFileSync } from 'node:fs';

const paths = __ENV.PATHS.split(',');
let n = 0;

export default async function () {
  appendFileSync(__ENV.OUTCOMES, 'start ' + vu.id + ':' + vu.iteration + '\\n');
  for (let i = 0; i < 2; i++) {
    const id = vu.id + '-' + n;
    const path = paths[(vu.id + n) % paths.length];
    n++;
    appendFileSync(__ENV.OUTCOMES, 'call ' + id + ' ' + path + '\\n');
    const url = __ENV.BASE_URL + path;
    const params = { headers: { 'x-id': id }, timeout: path === '/hang' ? 400 : 5000 };
    const res = n % 2 === 0 ? await http.get(url, params) : await http.post(url, 'x', params);
    appendFileSync(__ENV.OUTCOMES, 'outcome ' + id + ' ' + res.status + ' ' + res.errorCode + '\\n');
    if (res.status === 500) throw new Error('the iteration fails');
  }
  appendFileSync(__ENV.OUTCOMES, 'end ' + vu.id + ':' + vu.iteration + '\\n');
}
`;

interface Told {
  readonly path: string;
  readonly status: number;
  readonly errorCode: number;
}

interface Records {
  /** Ids that the script called, with what it was told; undefined where the call was interrupted. */
  readonly calls: ReadonlyMap<string, Told | undefined>;
  /** Lines of the server's record by id: `seen`, `answer 200`, … in their order. */
  readonly server: ReadonlyMap<string, readonly string[]>;
  readonly iterationsStarted: number;
  readonly iterationsEnded: number;
}

const linesOf = (file: string): string[][] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '))
    : [];

function read(outcomes: string, serverLog: string): Records {
  const calls = new Map<string, Told | undefined>();
  const paths = new Map<string, string>();
  let iterationsStarted = 0;
  let iterationsEnded = 0;
  for (const [what = '', id = '', first = '', second = ''] of linesOf(outcomes)) {
    if (what === 'start') iterationsStarted++;
    else if (what === 'end') iterationsEnded++;
    else if (what === 'call') {
      expect(calls.has(id)).toBe(false);
      calls.set(id, undefined);
      paths.set(id, first);
    } else calls.set(id, { path: paths.get(id) as string, status: Number(first), errorCode: Number(second) });
  }
  const server = new Map<string, string[]>();
  for (const [what = '', id = '', ...rest] of linesOf(serverLog)) {
    const lines = server.get(id) ?? [];
    lines.push([what, ...rest].join(' '));
    server.set(id, lines);
  }
  return { calls, server, iterationsStarted, iterationsEnded };
}

/** Allowed server lines for what the script was told; `killed`: a server died during the run. */
function explains({ path, status, errorCode }: Told, lines: string, killed: boolean): boolean {
  if (status > 0) return lines === `seen, answer ${status}`;
  switch (errorCode) {
    case 1050:
      return (path === '/hang' && lines === 'seen, hang') || (killed && /^(seen)?$/.test(lines));
    case 1212:
      return killed && lines === '';
    case 1200:
    case 1201:
    case 1220:
      return (
        (path === '/reset' && lines === 'seen, reset') ||
        (killed && /^(seen(, (hang|answer \d+))?)?$/.test(lines))
      );
    default:
      return false;
  }
}

function unexplained({ calls, server }: Records, killed: boolean): string[] {
  return [...calls].flatMap(([id, told]) => {
    const lines = (server.get(id) ?? []).join(', ');
    // Interrupted: the server may have been told, once.
    if (told === undefined) return lines.split('seen').length <= 2 ? [] : [`${id} interrupted: ${lines}`];
    return explains(told, lines, killed)
      ? []
      : [`${id} ${told.path} told ${told.status} ${told.errorCode}, server: ${lines || 'nothing'}`];
  });
}

/** Calls by a key, as the script saw them. */
function tally(calls: Records['calls'], keyOf: (told: Told) => string | undefined): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const told of calls.values()) {
    const key = told === undefined ? undefined : keyOf(told);
    if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Sub-metrics of http_reqs by one tag, as Brunt counted them. */
function counted(result: ScriptResult, tag: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, { values }] of Object.entries(result.summary.metrics)) {
    const value = new RegExp(`^http_reqs\\{${tag}:(.*)\\}$`).exec(key)?.[1];
    if (value !== undefined) counts[value] = values.count ?? 0;
  }
  return counts;
}

function agree(result: ScriptResult, records: Records, killed: boolean): void {
  const { calls } = records;
  const told = [...calls.values()].filter((one) => one !== undefined);
  const interrupted = calls.size - told.length;

  expect(unexplained(records, killed)).toEqual([]);
  // Nothing reached the server that nobody sent.
  expect([...records.server.keys()].filter((id) => !calls.has(id))).toEqual([]);

  // An interrupted call that was still opening its connection sent nothing and is not counted.
  const requests = result.value('http_reqs', 'count');
  const seenInterrupted = [...calls].filter(
    ([id, one]) => one === undefined && records.server.has(id),
  ).length;
  expect(requests).toBeGreaterThanOrEqual(told.length + seenInterrupted);
  expect(requests).toBeLessThanOrEqual(calls.size);
  const uncounted = calls.size - requests;

  const byStatus = counted(result, 'status');
  const withoutResponse = (byStatus['0'] ?? 0) - (interrupted - uncounted);
  expect({ ...byStatus, 0: withoutResponse }).toEqual({
    0: 0,
    ...tally(calls, ({ status }) => String(status)),
  });
  const { 1051: cut = 0, ...byError } = counted(result, 'error_code');
  expect(byError).toEqual(tally(calls, ({ errorCode }) => (errorCode > 0 ? String(errorCode) : undefined)));
  expect(cut).toBe(interrupted - uncounted);

  const failed = told.filter(({ status }) => status === 0 || status >= 400).length;
  const { passes = 0, fails = 0 } = result.metric('http_req_failed').values;
  expect([passes, passes + fails]).toEqual([failed, told.length]);
  expect(result.value('http_req_duration', 'count')).toBe(told.filter(({ status }) => status > 0).length);

  // Every iteration that the script began is complete, failed or interrupted.
  const scenario = Object.values(result.summary.scenarios)[0];
  expect(scenario).toBeDefined();
  const { iterations = 0, failed: threw = 0, interrupted: cutShort = 0 } = scenario ?? {};
  expect(iterations + threw + cutShort).toBe(records.iterationsStarted);
  expect(iterations).toBe(records.iterationsEnded);
  expect(threw).toBe(told.filter(({ status }) => status === 500).length);
  expect(result.value('iterations', 'count')).toBe(iterations);
  expect(result.value('iteration_errors', 'count')).toBe(threw);
}

interface Case {
  readonly paths: readonly string[];
  readonly flags: readonly string[];
  readonly options?: object;
  /** What happens meanwhile; the run is up when it begins. */
  readonly meanwhile?: (run: ReturnType<typeof startScript>, server: RecordingServer) => Promise<void>;
}

async function reconcile({
  paths,
  flags,
  options: more = {},
  meanwhile,
}: Case): Promise<{ result: ScriptResult; records: Records }> {
  const dir = folder();
  const server = new RecordingServer(dir);
  await server.start();
  const outcomes = join(dir, 'outcomes.log');
  const options = JSON.stringify({
    breakdown: ['status', 'error_code'],
    thresholds: { iteration_errors: ['count>=0'] },
    ...more,
  });
  const run = startScript(
    `${SCRIPT}\nexport const options = ${options};`,
    [
      ...flags,
      '-e',
      `BASE_URL=${server.url}`,
      '-e',
      `OUTCOMES=${outcomes}`,
      '-e',
      `PATHS=${paths.join(',')}`,
    ],
    { cwd: dir },
  );
  while (linesOf(outcomes).length === 0) {
    await Promise.race([wait(20), run.done]);
  }
  await meanwhile?.(run, server);
  const result = await run.done;
  return { result, records: read(outcomes, server.file) };
}

const ALL = ['/ok', '/404', '/reset', '/slow', '/500', '/ok', '/hang', '/ok'];

test('answers, errors, resets and timeouts, two workers', async () => {
  const { result, records } = await reconcile({
    paths: ALL,
    flags: ['-u', '16', '-i', '400', '--workers', '2'],
  });
  expect(result.code).toBe(0);
  agree(result, records, false);
  expect(records.iterationsStarted).toBe(400);
  // Each kind came up, so the agreement says something.
  const kinds = tally(records.calls, ({ status, errorCode }) => `${status} ${errorCode}`);
  for (const kind of ['200 0', '404 1404', '500 1500', '0 1050', '0 1220'])
    expect(kinds[kind] ?? 0).toBeGreaterThan(10);
});

test('the server is killed and started again, twice', async () => {
  const { result, records } = await reconcile({
    paths: ['/ok', '/slow', '/404', '/ok'],
    flags: ['-u', '12', '-d', '3s', '--workers', '2', '--min-iteration-duration', '20ms'],
    meanwhile: async (_run, server) => {
      for (let time = 0; time < 2; time++) {
        await wait(600);
        await server.kill();
        await wait(300);
        await server.start();
      }
    },
  });
  expect(result.code).toBe(0);
  agree(result, records, true);
  const codes = tally(records.calls, ({ status, errorCode }) =>
    status > 0 ? 'answered' : String(errorCode),
  );
  expect(codes['1212'] ?? 0).toBeGreaterThan(20);
  // The twelve that were under way when a server died.
  expect((codes['1200'] ?? 0) + (codes['1220'] ?? 0)).toBeGreaterThan(0);
  expect(codes.answered ?? 0).toBeGreaterThan(100);
});

test('Ctrl-C: what is under way ends, nothing new begins', async () => {
  const { result, records } = await reconcile({
    paths: ['/ok', '/slow'],
    flags: ['-u', '10', '-d', '30s', '--workers', '2'],
    meanwhile: async (run) => {
      await wait(700);
      run.kill('SIGINT');
    },
  });
  expect(result.code).toBe(105);
  agree(result, records, false);
  expect([...records.calls.values()].filter((told) => told === undefined)).toEqual([]);
});

test('a run that ends in the middle of requests: these are counted too', async () => {
  const { result, records } = await reconcile({
    paths: ['/slow', '/hang'],
    flags: ['--workers', '2'],
    options: {
      scenarios: { cut: { executor: 'constant-vus', vus: 10, duration: '1s', gracefulStop: '0s' } },
    },
  });
  expect(result.code).toBe(0);
  agree(result, records, false);
  const scenario = result.summary.scenarios.cut;
  expect(scenario?.interrupted).toBe(10);
  expect([...records.calls.values()].filter((told) => told === undefined).length).toBe(10);
});

test('an open model that cannot keep up: every arrival is started or dropped', async () => {
  const { result, records } = await reconcile({
    paths: ['/slow', '/reset', '/ok', '/404'],
    flags: ['--workers', '2'],
    options: {
      connections: 'shared',
      validity: { maxStartLag: '10s' },
      scenarios: {
        open: {
          executor: 'constant-arrival-rate',
          rate: 200,
          duration: '2s',
          preAllocatedVUs: 4,
          maxVUs: 10,
          gracefulStop: '5s',
        },
      },
    },
  });
  expect(result.code).toBe(0);
  agree(result, records, false);
  const scenario = result.summary.scenarios.open;
  expect(scenario?.dropped).toBeGreaterThan(50);
  expect(scenario?.dropped).toBe(result.value('dropped_iterations', 'count'));
  expect(records.iterationsStarted + (scenario?.dropped ?? 0)).toBe(400);
  expect(result.value('iteration_response_time', 'count')).toBe(scenario?.iterations);
  expect(result.value('iteration_start_lag', 'count')).toBe(records.iterationsStarted);
});
