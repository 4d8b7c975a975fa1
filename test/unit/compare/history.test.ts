import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseArgv } from '../../../runner/cli/parse.ts';
import { DEFAULT_MARGIN } from '../../../runner/compare/compare.ts';
import { resultFiles } from '../../../runner/compare/files.ts';
import { type History, readHistory } from '../../../runner/compare/history.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { renderHistory } from '../../../runner/terminal/history.ts';
import { PLAIN_STYLE } from '../../../runner/terminal/style.ts';
import { type RunShape, resultFolder, saveRun } from '../../helpers/saved.ts';

function timesOf(p95: number): Summary['metrics'] {
  return {
    http_req_duration: {
      type: 'trend',
      unit: 'ms',
      values: { count: 300, 'p(50)': p95 / 2, 'p(95)': p95, 'p(99)': p95 * 1.2, max: p95 * 2 },
    },
    http_reqs: { type: 'counter', unit: 'count', values: { count: 300, rate: 100 } },
    http_req_failed: { type: 'rate', unit: 'ratio', values: { rate: 0.01, passes: 3, fails: 297 } },
  };
}

/** The n-th is of the n-th minute, and the files' names run against time. */
async function historyOf(runs: readonly (RunShape & { readonly p95: number })[]): Promise<History> {
  const path = resultFolder();
  runs.forEach(({ p95, ...shape }, i) => {
    const startedAt = new Date(Date.UTC(2026, 5, 1, 10, i)).toISOString();
    const file = join(path, `${900 - i}.brunt`);
    saveRun(file, { ...shape, metrics: timesOf(p95), run: { startedAt, ...shape.run } });
  });
  writeFileSync(join(path, 'broken.brunt'), Buffer.from([0x1f, 0x8b, 9]));
  return readHistory(await resultFiles([path]), DEFAULT_MARGIN);
}

test('runs stand in the order of time, each beside those before it that are like it', async () => {
  const { metric, rows, unread } = await historyOf([
    { p95: 100 },
    { p95: 110 },
    { p95: 50, rate: 999 },
    { p95: 400, valid: false },
    { p95: 99 },
  ]);
  expect(metric).toBe('http_req_duration');
  expect(rows.map(({ p95 }) => p95)).toEqual([100, 110, 50, 400, 99]);
  expect(rows[0]).toMatchObject({
    p50: 50,
    p99: 120,
    perSecond: 100,
    failed: 0.01,
    effect: null,
    judged: null,
  });
  expect(rows[1]?.effect).toBeCloseTo(0.1, 9);
  expect(rows[2]?.effect).toBeNull();
  expect(rows[3]).toMatchObject({ effect: null, apart: expect.stringContaining('is invalid') });
  // Against the median of 100 and 110.
  expect(rows[4]?.effect).toBeCloseTo(Math.exp((Math.log(99 / 100) + Math.log(99 / 110)) / 2) - 1, 9);
  expect(unread).toMatchObject([{ reason: expect.stringContaining('broken.brunt cannot be read') }]);
});

test('from the twentieth run on each gets a verdict, by the 19 before it', async () => {
  const steady = Array.from({ length: 19 }, (_, i) => ({ p95: 100 + (i % 5) }));
  const { rows } = await historyOf([{ p95: 1000 }, ...steady, { p95: 130 }, { p95: 101 }]);
  expect(rows.map(({ judged }) => judged)).toEqual([
    ...Array.from({ length: 19 }, () => null),
    'ok',
    'regression',
    'ok',
  ]);
});

test('the table fits its width, shows the newest, and says what it leaves out', async () => {
  const steady = Array.from({ length: 20 }, (_, i) => ({ p95: 100 + (i % 5) }));
  const history = await historyOf([...steady, { p95: 150 }]);
  for (const width of [60, 80, 120]) {
    const lines = renderHistory(history, 3, width, PLAIN_STYLE);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.join('\n')).toContain('18 older');
  }
  expect(renderHistory(history, 3, 120, PLAIN_STYLE).slice(1, -2).join('\n')).toMatchInlineSnapshot(`
    "  HISTORY  http_req_duration; each run beside those before it that are like it
      18 older
      started (UTC)     file            p50     p95     p99   /s  failed  p95, before  verdict
      2026-06-01 10:18  882.brunt   51.5 ms  103 ms  124 ms  100   1.0 %       +1.0 %  passed
      2026-06-01 10:19  881.brunt     52 ms  104 ms  125 ms  100   1.0 %       +2.0 %  passed
      2026-06-01 10:20  880.brunt     75 ms  150 ms  180 ms  100   1.0 %      +47.1 %  passed, REGRESSION"
  `);
});

test('its flags are read, and wrong ones refused', () => {
  expect(parseArgv(['history', 'a', 'b', '--last', '5'], {})).toEqual({
    kind: 'history',
    flags: { results: ['a', 'b'], last: 5, json: undefined },
  });
  expect(() => parseArgv(['history', '--last', 'x', '--jsn'], {})).toThrow('--jsn');
  expect(() => parseArgv(['history', '--last', 'x'], {})).toThrow(/needs saved results.*--last is 'x'/s);
});
