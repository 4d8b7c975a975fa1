import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareExitCode } from '../../../runner/commands/compare.ts';
import { type CompareOptions, compareFiles } from '../../../runner/compare/compare.ts';
import { resultFiles } from '../../../runner/compare/files.ts';
import { markdownComparison } from '../../../runner/compare/markdown.ts';
import { parseSubject, type Subject } from '../../../runner/compare/metrics.ts';
import { describeAbort } from '../../../runner/summary/verdict.ts';
import { renderComparison } from '../../../runner/terminal/comparison.ts';
import { makeStyle } from '../../../runner/terminal/style.ts';
import { resultFolder as dir, type RunShape, saveRun } from '../../helpers/saved.ts';

function several(path: string, name: string, shapes: readonly RunShape[]): string[] {
  return shapes.map((shape, i) =>
    saveRun(join(path, `${name}${i}`), { seed: name.charCodeAt(0) * 100 + i, ...shape }),
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

test.each<[string, RunShape, string]>([
  ['script', { run: { script: 'other.ts' } }, 'different scripts'],
  ['executor', { executor: 'constant-vus' }, 'different scenarios'],
  ['load', { rate: 200 }, 'different loads'],
  ['validity', { valid: false }, 'is invalid'],
  ['end', { run: { verdict: 'interrupted' } }, 'did not run to its end'],
  [
    'length',
    { run: { verdict: 'failed', reasons: [describeAbort({ metric: 'a', threshold: 'b' }, 5123)] } },
    'was stopped before its end',
  ],
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
