import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BUILTIN_METRICS } from '../../../dsl/metrics.ts';
import { compareExitCode } from '../../../runner/commands/compare.ts';
import { randomFrom } from '../../../runner/compare/bootstrap.ts';
import { type CompareOptions, compareFiles } from '../../../runner/compare/compare.ts';
import { resultFiles } from '../../../runner/compare/files.ts';
import { markdownComparison } from '../../../runner/compare/markdown.ts';
import { parseSubject, type Subject } from '../../../runner/compare/metrics.ts';
import { ResultWriter } from '../../../runner/results/writer.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { renderComparison } from '../../../runner/terminal/comparison.ts';
import { makeStyle } from '../../../runner/terminal/style.ts';
import { Histogram } from '../../../workers/record/histogram.ts';
import { encodeSnapshot } from '../../../workers/record/snapshot.ts';

const DEFS = ['http_req_duration', 'http_req_failed'].map((name) => {
  const def = BUILTIN_METRICS.find((metric) => metric.name === name);
  if (def === undefined) throw new Error(name);
  return def;
});

interface Shape {
  readonly medianMs?: number;
  readonly failed?: number;
  readonly seconds?: number;
  readonly perSecond?: number;
  readonly seed?: number;
  readonly run?: Partial<Summary['run']>;
  readonly executor?: string;
  readonly rate?: number;
  readonly valid?: boolean;
}

function dir(): string {
  const path = mkdtempSync(join(tmpdir(), 'brunt-compare-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A run whose response times lie around a median, saved as `--save` would. */
function save(file: string, shape: Shape = {}): string {
  const { medianMs = 100, failed = 0, seconds = 3, perSecond = 100, seed = 1 } = shape;
  const random = randomFrom(seed);
  const writer = new ResultWriter(file, 's.ts', (text) => expect.fail(text));
  for (let second = 0; second < seconds; second++) {
    const histogram = new Histogram(3, 1000);
    for (let i = 0; i < perSecond; i++) histogram.add(medianMs * (0.8 + 0.4 * random()));
    const pairs: number[] = [];
    histogram.forEachBucket((bucket, count) => pairs.push(bucket, count));
    const { count, sum, sumOfSquares, min, max } = histogram;
    const fails = Math.round(perSecond * failed);
    writer.add(
      encodeSnapshot({
        version: 1,
        source: 'w0',
        seq: second + 1,
        fromMs: second * 1000,
        toMs: (second + 1) * 1000,
        metrics: second === 0 ? DEFS : [],
        series: second === 0 ? DEFS.map(({ name }, id) => ({ id, metric: name, tags: [] })) : [],
        deltas: [
          { id: 0, type: 'trend', count, sum, sumOfSquares, min, max, buckets: Uint32Array.from(pairs) },
          { id: 1, type: 'rate', passes: fails, fails: perSecond - fails },
        ],
        errors: [],
        warnings: [],
      }),
    );
  }
  const { executor = 'constant-arrival-rate', rate = 100, run = {}, valid = true } = shape;
  writer.finish({
    schema: 'brunt/summary@1',
    run: {
      script: 's.ts',
      durationMs: seconds * 1000,
      verdict: 'passed',
      version: '1.0.0',
      node: '20.20.0',
      workers: 2,
      ...run,
    },
    options: { scenarios: { default: { executor, rate } } },
    scenarios: { default: { executor, iterations: 1, failed: 0, interrupted: 0, dropped: 0 } },
    generator: { valid },
  } as unknown as Summary);
  return file;
}

function several(path: string, name: string, shapes: readonly Shape[]): string[] {
  return shapes.map((shape, i) =>
    save(join(path, `${name}${i}`), { seed: name.charCodeAt(0) * 100 + i, ...shape }),
  );
}

const OPTIONS: CompareOptions = { subjects: [], margin: 0.05, maxRatio: null, force: false };

function subject(text: string): Subject {
  const read = parseSubject(text);
  if (!read.ok) throw new Error(read.message);
  return read.subject;
}

test('five slower runs against five: a regression, told in every form', async () => {
  const path = dir();
  const a = several(path, 'a', [{}, {}, {}, {}, {}]);
  const b = several(
    path,
    'b',
    [1, 2, 3, 4, 5].map(() => ({ medianMs: 130 })),
  );
  const comparison = await compareFiles(a, b, OPTIONS);
  expect(comparison.verdict).toBe('regression');
  const [duration, failed] = comparison.metrics;
  expect(duration).toMatchObject({
    metric: 'http_req_duration',
    stat: 'p(95)',
    verdict: 'regression',
    design: 'runs',
  });
  expect(duration?.effect).toBeCloseTo(0.3, 1);
  expect(failed).toMatchObject({ metric: 'http_req_failed', verdict: 'ok', effect: 0 });
  expect(compareExitCode(comparison, false)).toBe(99);
  const lines = renderComparison(comparison, 100, makeStyle({ color: false, unicode: true }));
  expect(lines.join('\n')).toContain('REGRESSION');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(markdownComparison(comparison)).toContain('| http\\_req\\_duration p\\(95\\) |');
});

test('the same system: ok, and 0', async () => {
  const path = dir();
  const comparison = await compareFiles(
    several(path, 'a', [{}, {}, {}, {}]),
    several(path, 'b', [{}, {}, {}, {}]),
    OPTIONS,
  );
  expect(comparison.verdict).toBe('ok');
  expect(compareExitCode(comparison, true)).toBe(0);
});

test('failures that appear are a regression, whatever the times say', async () => {
  const path = dir();
  const a = several(path, 'a', [{}, {}, {}, {}]);
  const b = several(path, 'b', [{ failed: 0.02 }, { failed: 0.03 }, { failed: 0.02 }, { failed: 0.04 }]);
  const comparison = await compareFiles(a, b, OPTIONS);
  expect(comparison.metrics.find(({ metric }) => metric === 'http_req_failed')?.verdict).toBe('regression');
});

test('one run of each side: bounds from its seconds, and no failure by them', async () => {
  const path = dir();
  const a = several(path, 'a', [{ seconds: 40 }]);
  const b = several(path, 'b', [{ seconds: 40, medianMs: 150 }]);
  const comparison = await compareFiles(a, b, OPTIONS);
  const [duration] = comparison.metrics;
  expect(duration).toMatchObject({ design: 'within-run', verdict: 'inconclusive', p: null });
  expect(duration?.effect).toBeCloseTo(0.5, 1);
  expect(duration?.lower as number).toBeGreaterThan(0.4);
  expect(duration?.upper as number).toBeLessThan(0.6);
  expect(compareExitCode(comparison, false)).toBe(0);
  expect(compareExitCode(comparison, true)).toBe(99);
  const limited = await compareFiles(a, b, { ...OPTIONS, maxRatio: 1.2 });
  expect(limited.overMaxRatio).toEqual(['http_req_duration p(95)']);
  expect(compareExitCode(limited, false)).toBe(99);
});

test('fewer than 20 seconds of one run give no bounds', async () => {
  const path = dir();
  const comparison = await compareFiles(several(path, 'a', [{}]), several(path, 'b', [{}]), OPTIONS);
  expect(comparison.metrics[0]).toMatchObject({ lower: null, upper: null, verdict: 'inconclusive' });
});

test('p99.9 of under 1,000 samples is refused', async () => {
  const path = dir();
  const options = {
    ...OPTIONS,
    subjects: [subject('http_req_duration:p(99.9)'), subject('http_req_duration:p(50)')],
  };
  const comparison = await compareFiles(
    several(path, 'a', [{}, {}, {}]),
    several(path, 'b', [{}, {}, {}]),
    options,
  );
  expect(comparison.metrics.map(({ stat }) => stat)).toEqual(['p(50)']);
  expect(comparison.skipped[0]?.reason).toContain('p(99.9) needs at least 1000 samples');
  await expect(
    compareFiles(several(path, 'c', [{}]), several(path, 'd', [{}]), {
      ...OPTIONS,
      subjects: [subject('http_req_duration:p(99.99)')],
    }),
  ).rejects.toThrow('there is nothing to compare');
});

test.each<[string, Shape, string]>([
  ['script', { run: { script: 'other.ts' } }, 'different scripts'],
  ['executor', { executor: 'constant-vus' }, 'different scenarios'],
  ['load', { rate: 200 }, 'different loads'],
  ['validity', { valid: false }, 'is invalid'],
  ['end', { run: { verdict: 'interrupted' } }, 'did not run to its end'],
])('runs that differ in their %s are refused, unless forced', async (_, shape, message) => {
  const path = dir();
  const a = several(path, 'a', [{}, {}, {}]);
  const b = several(path, 'b', [shape, shape, shape]);
  await expect(compareFiles(a, b, OPTIONS)).rejects.toThrow(message);
  const forced = await compareFiles(a, b, { ...OPTIONS, force: true });
  expect(forced.warnings.join()).toContain(message);
});

test('another number of workers or version of Brunt is a warning', async () => {
  const path = dir();
  const other = { run: { workers: 4, version: '2.0.0' } };
  const comparison = await compareFiles(several(path, 'a', [{}]), several(path, 'b', [other]), OPTIONS);
  expect(comparison.warnings).toHaveLength(2);
});

test('a folder is the history of the results in it', async () => {
  const path = dir();
  mkdirSync(join(path, 'history'));
  several(
    join(path, 'history'),
    'h',
    Array.from({ length: 19 }, () => ({})),
  );
  writeFileSync(join(path, 'history', 'notes.txt'), 'not a result');
  const files = await resultFiles([join(path, 'history')]);
  expect(files).toHaveLength(19);
  const worse = await compareFiles(files, several(path, 'b', [{ medianMs: 140 }]), OPTIONS);
  expect(worse.metrics[0]).toMatchObject({ design: 'history', verdict: 'regression' });
  await expect(resultFiles([join(path, 'none')])).rejects.toThrow('no such file');
  mkdirSync(join(path, 'empty'));
  await expect(resultFiles([join(path, 'empty')])).rejects.toThrow('holds no saved result');
});

test.each([
  ['http_req_duration', 'http_req_duration', [], undefined],
  ['http_req_duration:p(99)', 'http_req_duration', [], 'p(99)'],
  ['http_req_duration{name:GET /a}:avg', 'http_req_duration', [['name', 'GET /a']], 'avg'],
  ['http_req_duration{group:::cart}', 'http_req_duration', [['group', '::cart']], undefined],
  ['my_trend max', 'my_trend', [], 'max'],
] as const)('%s names what is compared', (text, metric, tags, stat) => {
  expect(subject(text)).toEqual({ selector: { metric, tags }, stat });
});

test('a statistic that does not fit is refused with the right one', () => {
  expect(parseSubject('http_req_duration:p95')).toMatchObject({ ok: false, hint: 'Did you mean `p(95)`?' });
});
