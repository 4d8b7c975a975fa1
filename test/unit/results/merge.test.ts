import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeHdr } from '../../../bench/lib/hdr.ts';
import { M } from '../../../dsl/metrics.ts';
import { parseArgv } from '../../../runner/cli/parse.ts';
import { randomFrom } from '../../../runner/compare/bootstrap.ts';
import { concerns } from '../../../runner/compare/guards.ts';
import { identityOf } from '../../../runner/compare/identity.ts';
import { mergeFiles } from '../../../runner/merge/merge.ts';
import type { StartLine } from '../../../runner/results/format.ts';
import { readLines } from '../../../runner/results/reader.ts';
import { toSnapshot } from '../../../runner/results/report-line.ts';
import { loadResult } from '../../../runner/results/result.ts';
import { ResultWriter } from '../../../runner/results/writer.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { ThreadRecorder } from '../../../workers/record/recorder.ts';
import { resultFolder } from '../../helpers/saved.ts';

const NO_WARNING = (text: string): void => expect.fail(text);
const SECONDS = 4;
const PER_SECOND = 500;

const OPTIONS = {
  scenarios: { buy: { executor: 'constant-arrival-rate', rate: 500 } },
  thresholds: { http_req_duration: ['p(99)<900'], http_reqs: ['count>=2000'] },
  seed: 7,
};

interface PartShape {
  readonly run?: Partial<Summary['run']>;
  readonly valid?: boolean;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly executor?: string;
  /** Leaves the file as a killed run does. */
  readonly killed?: boolean;
  readonly limits?: StartLine['limits'];
}

/** What one machine measured of a trace that is dealt to `machines` of them. */
async function part(
  file: string,
  trace: readonly number[],
  [machine, machines]: readonly [number, number],
  shape: PartShape = {},
): Promise<string> {
  const { executor = 'constant-arrival-rate', limits = [], options = OPTIONS, valid = true } = shape;
  const writer = new ResultWriter(file, 's.ts', NO_WARNING);
  const startedAt = '2026-06-01T10:00:00.000Z';
  writer.put({
    kind: 'start',
    startedAt,
    node: '20.20.0',
    workers: 1,
    options,
    scenarios: [{ name: 'buy', executor, endMs: SECONDS * 1000 }],
    metrics: [],
    limits,
    traceSlowest: 0,
  });
  const recorder = new ThreadRecorder();
  const tags = recorder.root.with('scenario', 'buy').with('method', 'GET').with('name', '/');
  const [duration, requests, vus] = [M.http_req_duration, M.http_reqs, M.vus].map((id) =>
    recorder.series(id, tags),
  );
  let iterations = 0;
  for (let second = 0; second < SECONDS; second++) {
    for (let i = second * PER_SECOND; i < (second + 1) * PER_SECOND; i++) {
      if (i % machines !== machine) continue;
      duration?.add(trace[i] as number);
      requests?.add(1);
      iterations++;
    }
    vus?.add(5);
    writer.add(recorder.flush('w0', second + 1, second * 1000, (second + 1) * 1000));
  }
  const { exitCode = 0, verdict = 'passed' } = shape.run ?? {};
  if (shape.killed === true) {
    await writer.written();
    return `${file}.partial`;
  }
  await writer.finish({
    schema: 'brunt/summary@1',
    run: {
      script: 's.ts',
      startedAt,
      durationMs: SECONDS * 1000,
      verdict,
      exitCode,
      reasons: [],
      seed: 7,
      version: '1.0.0',
      node: '20.20.0',
      workers: 1,
      ...shape.run,
    },
    options,
    scenarios: { buy: { executor, iterations, failed: 0, interrupted: 1, dropped: 2 } },
    metrics: {},
    checks: [],
    requests: [],
    errors: [],
    generator: { valid, startLagP99Ms: null, loopBusyMax: 0, memoryMaxBytes: 0, notes: ['slow clock'] },
  });
  return file;
}

function traceOf(seed: number): readonly number[] {
  const random = randomFrom(seed);
  // Quarters of a millisecond, so that sums are exact in whatever order they are added.
  return Array.from({ length: SECONDS * PER_SECOND }, () => Math.ceil(-160 * Math.log(1 - random())) / 4);
}

async function split(trace: readonly number[], machines: number, shapes: readonly PartShape[] = []) {
  const path = resultFolder();
  const files: string[] = [];
  for (let i = 0; i < machines; i++) {
    files.push(await part(join(path, `m${i}.brunt`), trace, [i, machines], shapes[i]));
  }
  return { files, output: join(path, 'all.brunt') };
}

/** Of the whole metric, as other tools would read it. */
async function encoded(file: string): Promise<string> {
  const histogram = new Histogram(3, 1000);
  for await (const line of readLines(file)) {
    if (line.kind !== 'report') continue;
    for (const delta of toSnapshot(line).deltas) if (delta.type === 'trend') histogram.mergeDelta(delta);
  }
  return encodeHdr(histogram);
}

/** Everything but the names of the parts. */
function told(summary: Summary): object {
  return { ...summary, merged: undefined };
}

test('one trace over 1, 2 and 4 machines: byte-identical histograms, and the same summary but for the VUs', async () => {
  const trace = traceOf(1);
  const whole = await part(join(resultFolder(), 'one.brunt'), trace, [0, 1]);
  const expected = await encoded(whole);
  const alone = await split(trace, 2, [{}, {}]);
  const two = await mergeFiles(alone.files, alone.output, { force: false, warn: NO_WARNING });
  expect(await encoded(alone.output)).toBe(expected);
  const four = await split(trace, 4);
  const ofFour = await mergeFiles(four.files, four.output, { force: false, warn: NO_WARNING });
  expect(await encoded(four.output)).toBe(expected);

  const { http_req_duration: ofTwo, http_reqs: counted, vus } = two.metrics;
  expect(ofFour.metrics.http_req_duration).toEqual(ofTwo);
  const sorted = trace.toSorted((a, b) => a - b);
  expect(ofTwo?.values).toMatchObject({ count: 2000, min: sorted[0], max: sorted.at(-1) });
  expect(ofTwo?.thresholds).toMatchObject([{ threshold: 'p(99)<900', ok: true }]);
  expect(counted?.values).toEqual({ count: 2000, rate: 500 });
  expect(counted?.thresholds).toMatchObject([{ ok: true, value: 2000 }]);
  expect(vus?.values).toMatchObject({ value: 10, max: 10 });
  expect(ofFour.metrics.vus?.values).toMatchObject({ value: 20, max: 20 });
  expect(two.requests).toMatchObject([{ method: 'GET', name: '/', count: 2000 }]);
  expect(two.scenarios.buy).toMatchObject({ iterations: 2000, interrupted: 2, dropped: 4 });
  expect(two.run).toMatchObject({ verdict: 'passed', exitCode: 0, workers: 2, durationMs: 4000, seed: 7 });
  expect(two.generator.notes).toEqual(['slow clock']);
  expect(two.merged).toEqual(['m0.brunt', 'm1.brunt']);
});

test('the merged result reads as any other, and merging may go on', async () => {
  const trace = traceOf(2);
  const { files, output } = await split(trace, 4);
  const path = resultFolder();
  const quiet = { force: false, warn: NO_WARNING };
  const whole = await mergeFiles(files, output, quiet);
  const saved = await loadResult(output);
  expect(saved.summary).toEqual(JSON.parse(JSON.stringify(whole)));
  expect(saved.aggregate.track({ metric: 'http_req_duration', tags: [] }).stat('p(95)')).toBe(
    whole.metrics.http_req_duration?.values['p(95)'],
  );
  const [a, b, c, d] = files as [string, string, string, string];
  const left = join(path, 'left.brunt');
  const right = join(path, 'right.brunt');
  await mergeFiles([a, b], left, quiet);
  await mergeFiles([c, d], right, quiet);
  const inSteps = await mergeFiles([left, right], join(path, 'all.brunt'), quiet);
  expect(told(inSteps)).toEqual(told(whole));
  // Two machines make another load than four, though each has the same options.
  const four = identityOf('four', saved.summary);
  const two = identityOf('two', inSteps);
  expect(concerns([identityOf('in memory', whole), four])).toEqual([]);
  expect(concerns([four, two])).toMatchObject([
    { severity: 'refuse', message: 'the runs are of different numbers of machines: 4, 2' },
  ]);
});

test('thresholds are judged over all parts: what each of them held may fail, and the other way round', async () => {
  const trace = traceOf(3);
  const options = { ...OPTIONS, thresholds: { http_reqs: ['count<1500'] } };
  const both = await split(trace, 2, [{ options }, { options }]);
  const failed = await mergeFiles(both.files, both.output, { force: false, warn: NO_WARNING });
  expect(failed.run).toMatchObject({ verdict: 'failed', exitCode: 99 });
  const relative = { ...OPTIONS, thresholds: { http_req_duration: ['p(95)<baseline*1.1'] } };
  const baseline = { value: 1, runs: 1 };
  const limits = [{ metric: 'http_req_duration', threshold: 'p(95)<baseline*1.1', limit: 1.1, baseline }];
  const slow = await split(trace, 2, [
    { options: relative, limits, run: { exitCode: 99, verdict: 'failed' } },
    { options: relative, limits },
  ]);
  const judged = await mergeFiles(slow.files, slow.output, { force: false, warn: NO_WARNING });
  expect(judged.metrics.http_req_duration?.thresholds).toMatchObject([{ ok: false, limit: 1.1, baseline }]);
  const better = await split(trace, 2, [{ run: { exitCode: 99, verdict: 'failed' } }, {}]);
  expect(
    (await mergeFiles(better.files, better.output, { force: false, warn: NO_WARNING })).run.exitCode,
  ).toBe(0);
});

test.each<[string, PartShape, number, RegExp]>([
  [
    'invalid',
    { valid: false, run: { exitCode: 96, verdict: 'invalid', reasons: ['late'] } },
    96,
    /^m1.brunt: late$/,
  ],
  ['aborted', { run: { exitCode: 108, verdict: 'aborted', reasons: ['stop'] } }, 108, /^m1.brunt: stop$/],
  ['partial', { killed: true }, 96, /^m1.brunt.partial is partial/],
])('a part that is %s makes the whole so', async (_, shape, exitCode, reason) => {
  const { files, output } = await split(traceOf(4), 2, [{}, shape]);
  const { run } = await mergeFiles(files, output, { force: false, warn: NO_WARNING });
  expect(run).toMatchObject({ exitCode, reasons: [expect.stringMatching(reason)] });
});

test.each<[string, PartShape, RegExp]>([
  ['script', { run: { script: 'other.ts' } }, /different scripts/],
  ['time', { run: { startedAt: '2026-06-01T11:00:00.000Z' } }, /did not run at the same time/],
  [
    'load',
    { options: { scenarios: { buy: { executor: 'constant-arrival-rate', rate: 1 } } } },
    /different loads/,
  ],
])('parts of another %s are refused, unless forced', async (_, shape, message) => {
  const { files, output } = await split(traceOf(5), 2, [{}, shape]);
  await expect(mergeFiles(files, output, { force: false, warn: NO_WARNING })).rejects.toThrow(message);
  const warnings: string[] = [];
  const forced = await mergeFiles(files, output, { force: true, warn: (text) => warnings.push(text) });
  expect(forced.metrics.http_req_duration?.values.count).toBe(2000);
  expect(warnings.join()).toMatch(message);
});

test('searches for the capacity are not merged', async () => {
  const { files, output } = await split(traceOf(6), 2, [{ executor: 'capacity' }, { executor: 'capacity' }]);
  await expect(mergeFiles(files, output, { force: true, warn: NO_WARNING })).rejects.toThrow(
    /cannot be merged/,
  );
});

test('its flags are read, and what is missing is told at once', () => {
  expect(parseArgv(['merge', 'a', 'b', '-O', 'all'], {})).toEqual({
    kind: 'merge',
    flags: { results: ['a', 'b'], output: 'all', force: false },
  });
  expect(() => parseArgv(['merge'], {})).toThrow(/needs saved results.*needs a file to write/s);
});
