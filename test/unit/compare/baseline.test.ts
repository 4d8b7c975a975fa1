import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Baseline, loadBaseline } from '../../../runner/compare/baseline.ts';
import {
  compareRuns,
  DEFAULT_MARGIN,
  loadRun,
  subjectsOf,
  type Wanted,
} from '../../../runner/compare/compare.ts';
import { limitsFrom, subjectOfRule } from '../../../runner/compare/limits.ts';
import type { ThresholdRule } from '../../../runner/thresholds/rule.ts';
import { baselineRefusal, validateThresholds } from '../../../runner/thresholds/validate.ts';
import { type RunShape, resultFolder, saveRun } from '../../helpers/saved.ts';

const USUAL: Wanted = { usual: true, asked: [] };

/** A folder of runs, the n-th started on the n-th of June. */
function history(shapes: readonly RunShape[]): string {
  const path = join(resultFolder(), 'history');
  mkdirSync(path);
  shapes.forEach((shape, i) => {
    const startedAt = new Date(Date.UTC(2026, 5, i + 1)).toISOString();
    // Names run against time: what counts is when a run was, not how its file is called.
    const file = join(path, `${String(900 - i)}.brunt`);
    saveRun(file, { seed: i + 1, ...shape, run: { startedAt, ...shape.run } });
  });
  return path;
}

async function baselineOf(path: string, wanted: Wanted = USUAL): Promise<Baseline> {
  const like = await loadRun(saveRun(join(resultFolder(), 'like')), []);
  return loadBaseline({ name: 'given', path, candidate: like.identity, wanted });
}

const names = (baseline: Baseline) =>
  baseline.runs.map(({ identity }) => /(\d+)\.brunt$/.exec(identity.name)?.[1]);

test('of a folder the newest runs count that are like the run, and as many as the verdict needs', async () => {
  const path = history([
    ...Array.from({ length: 62 }, () => ({})),
    { rate: 200 },
    { valid: false },
    { run: { verdict: 'interrupted' as const } },
  ]);
  const baseline = await baselineOf(path);
  expect(names(baseline)).toHaveLength(60);
  expect(names(baseline).at(0)).toBe('898');
  expect(names(baseline).at(-1)).toBe('839');
  expect(baseline.warnings[0]).toMatch(
    /^3 results of the folder are left out: the runs have different loads.*; one is invalid/,
  );
});

test('a damaged file in the folder is left out, too', async () => {
  const path = history([{}, {}]);
  writeFileSync(join(path, 'damaged.brunt'), Buffer.from([0x1f, 0x8b, 1, 2, 3]));
  const baseline = await baselineOf(path);
  expect(names(baseline)).toEqual(['900', '899']);
  expect(baseline.warnings[0]).toContain('1 result of the folder is left out');
});

test('a single file that is unlike the run is refused, and a folder without one that is like it', async () => {
  const other = { run: { script: 'other.ts' } };
  const single = saveRun(join(resultFolder(), 'one'), other);
  await expect(baselineOf(single)).rejects.toMatchObject({
    exitCode: 104,
    problems: [
      { where: '--baseline', message: expect.stringContaining('different scripts: s.ts, other.ts') },
    ],
  });
  await expect(baselineOf(history([other, other]))).rejects.toMatchObject({
    problems: [{ message: expect.stringContaining('No result in given can be the baseline') }],
  });
  await expect(baselineOf(join(resultFolder(), 'none'))).rejects.toThrow('there is no such file');
});

async function judged(count: number, shape: RunShape) {
  const baseline = await baselineOf(history(Array.from({ length: count }, () => ({}))));
  const file = saveRun(join(resultFolder(), 'new'), { seed: 7777, ...shape });
  const candidate = await loadRun(file, subjectsOf(USUAL), { intervals: count === 1 });
  const sides = { baseline: baseline.runs, candidate: [candidate] };
  const { metrics, verdict } = compareRuns(sides, USUAL, { margin: DEFAULT_MARGIN, maxRatio: null });
  return { verdict, duration: metrics.find(({ metric }) => metric === 'http_req_duration') };
}

test('a history of 19 and more gives a verdict, fewer runs and one none', async () => {
  expect(await judged(19, { medianMs: 140 })).toMatchObject({
    verdict: 'regression',
    duration: { design: 'history' },
  });
  expect(await judged(19, {})).toMatchObject({ verdict: 'ok' });
  expect(await judged(18, { medianMs: 140 })).toMatchObject({
    verdict: 'inconclusive',
    duration: { design: 'runs', lower: null },
  });
  expect(await judged(1, { medianMs: 140, seconds: 30 })).toMatchObject({
    verdict: 'inconclusive',
    duration: { design: 'within-run' },
  });
});

test('worse in one of two metrics that change needs a longer history, and says how long', async () => {
  const wavering = Array.from({ length: 20 }, (_, i) => ({ failed: i % 2 === 0 ? 0 : 0.01 }));
  const baseline = await baselineOf(history(wavering));
  const file = saveRun(join(resultFolder(), 'new'), { medianMs: 140, failed: 0.01 });
  const candidate = await loadRun(file, subjectsOf(USUAL));
  const { metrics } = compareRuns({ baseline: baseline.runs, candidate: [candidate] }, USUAL, {
    margin: DEFAULT_MARGIN,
    maxRatio: null,
  });
  expect(metrics[0]).toMatchObject({
    verdict: 'inconclusive',
    note: 'worse than all 20, but among 2 metrics only a history of 39 proves it',
  });
});

function rulesOf(metric: string, threshold: string): readonly ThresholdRule[] {
  const given = { metric, threshold, abortOnFail: false, delayAbortEvalMs: 0, noData: 'fail' } as const;
  const { problems, rules } = validateThresholds([given], [], ['default', 'buy'], baselineRefusal(true));
  expect(problems).toEqual([]);
  return rules;
}

async function limits(metric: string, threshold: string, shapes: readonly RunShape[]) {
  const rules = rulesOf(metric, threshold);
  const baseline = await baselineOf(history(shapes), { usual: false, asked: rules.map(subjectOfRule) });
  return limitsFrom(rules, baseline.runs);
}

/** Every run of the shape: p(95) and mean of the runs in the order of the history. */
test.each([
  ['rate<=baseline*1.1', 0.02 * 1.1],
  ['rate<=1.1*baseline', 0.02 * 1.1],
  ['rate<=baseline*110%', 0.02 * 1.1],
  ['rate<=baseline/2', 0.01],
  ['rate<=baseline+1%', 0.03],
  ['rate<=baseline - 0.01', 0.01],
  ['rate<=baseline*2+1%', 0.05],
  ['fails>=baseline*0.5', 147],
  ['rate<=baseline+1% over 5s', 0.03],
] as const)('%s becomes a number', async (threshold, expected) => {
  const { problems, rules } = await limits('http_req_failed', threshold, [{ failed: 0.02 }]);
  expect(problems).toEqual([]);
  expect(rules[0]?.limit).toBeCloseTo(expected, 10);
});

test('times take durations and percentages of the baseline, and of a history its median', async () => {
  const shapes = [{ medianMs: 50 }, { medianMs: 100 }, { medianMs: 200 }];
  const middle = await limits('http_req_duration', 'avg<=baseline', [{}, { medianMs: 100, seed: 2 }, {}]);
  const [exact] = (await limits('http_req_duration', 'avg<=baseline', shapes)).rules;
  expect(exact?.baseline).toEqual({ value: exact?.limit, runs: 3 });
  expect(exact?.limit).toBeCloseTo(middle.rules[0]?.limit as number, -1);
  const [more] = (await limits('http_req_duration', 'avg<=baseline+10%', shapes)).rules;
  expect(more?.limit).toBeCloseTo((exact?.limit as number) * 1.1, 6);
  const [later] = (await limits('http_req_duration', 'avg<=baseline+1.5s', shapes)).rules;
  expect(later?.limit).toBeCloseTo((exact?.limit as number) + 1500, 6);
});

test.each([
  ['http_reqs', 'count>=baseline', /has no http_reqs, only http_req_duration, http_req_failed/, /Save a new/],
  [
    'http_req_duration{scenario:buy}',
    'p(95)<baseline',
    /has http_req_duration by scenario, of which there is only default/,
    /Save a new/,
  ],
  ['http_req_duration{status:200}', 'p(95)<baseline', /but not by the tag `status`/, /Save a new/],
  [
    'http_req_duration',
    'p(99.9)<baseline',
    /p\(99.9\) needs at least 1000 samples, and .* has 300/,
    /longer/,
  ],
  [
    'http_req_failed',
    'rate<baseline*2',
    /can never hold: the baseline is 0, so the limit is 0/,
    /baseline\+0.01/,
  ],
])('%s %s is refused where the baseline cannot tell it', async (metric, threshold, message, hint) => {
  const { problems } = await limits(metric, threshold, [{}]);
  expect(problems).toMatchObject([
    {
      index: 0,
      part: 'threshold',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    },
  ]);
  expect(threshold.slice(problems[0]?.offset)).toMatch(/^baseline/);
});

test('without a baseline, and for the probes of a capacity search, a threshold cannot refer to one', () => {
  const given = {
    metric: 'http_req_duration',
    threshold: 'p(95) < baseline*1.1',
    abortOnFail: false,
    delayAbortEvalMs: 0,
    noData: 'fail',
  } as const;
  const without = validateThresholds([given], [], ['default']);
  expect(without.rules).toEqual([]);
  expect(without.problems).toMatchObject([
    { offset: 8, message: expect.stringContaining('this run has none') },
  ]);
  const probed = validateThresholds([given, given], [], ['default'], baselineRefusal(true, 1));
  expect(probed.rules).toHaveLength(1);
  expect(probed.problems).toMatchObject([
    { index: 1, message: expect.stringContaining('capacity scenario') },
  ]);
});
