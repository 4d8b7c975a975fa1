import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../dsl/errors.ts';
import { markdownSummary } from '../../../runner/ci/markdown.ts';
import { code, table } from '../../../runner/ci/markdown-text.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { expectGolden } from '../terminal/golden.ts';
import {
  BROKEN,
  CAPACITY,
  EMPTY,
  FAILED,
  INTERRUPTED,
  INVALID,
  OPEN,
  PASSED,
  PROTOCOLS,
  request,
  trend,
} from '../terminal/summaries.ts';
import { EVIL, ended, HOSTILE, unstarted } from './reports.ts';

const ALL: readonly (readonly [string, Summary])[] = [
  ['empty', EMPTY],
  ['protocols', PROTOCOLS],
  ['passed', PASSED],
  ['failed', FAILED],
  ['open', OPEN],
  ['capacity', CAPACITY],
  ['broken', BROKEN],
  ['invalid', INVALID],
  ['interrupted', INTERRUPTED],
];

test.each(['failed', 'broken', 'invalid', 'capacity', 'protocols'])('page of a run: %s', (name) => {
  const summary = ALL.find(([known]) => known === name)?.[1] as Summary;
  expectGolden(`markdown-${name}`, markdownSummary(ended(summary)).trimEnd().split('\n'));
});

/** Cells of a row as GitHub divides it: a bar divides unless a backslash stands before it. */
const cells = (line: string): number => line.slice(1, -1).split(/(?<!\\)\|/).length;

test.each([...ALL, ['hostile', HOSTILE] as const])(
  '%s: rows have as many cells as their head',
  (_, summary) => {
    const lines = markdownSummary(ended(summary)).split('\n');
    let head = 0;
    for (const line of lines) {
      if (!line.startsWith('|')) head = 0;
      else if (head === 0) head = cells(line);
      else expect(cells(line), line).toBe(head);
    }
  },
);

/** What is left for Markdown to read once code is taken out. */
const outsideCode = (text: string): string =>
  text.replaceAll(/`[^`\n]*`/g, '').replaceAll(/<code>[^<\n]*<\/code>/g, '');

test('nothing of the system under test stands outside of code', () => {
  const rest = outsideCode(markdownSummary(ended(HOSTILE)));
  for (const part of ['@joe', '<img', 'onerror', '::error', 'add-mask', '`', '\\', '\u001b', '\u0000'])
    expect(rest).not.toContain(part);
});

describe('code', () => {
  test.each([
    ['plain', '`plain`'],
    ['  two\nlines ', '`two lines`'],
    ['<b>@joe #1 *x*', '`<b>@joe #1 *x*`'],
    ['a|b', '<code>a&#124;b</code>'],
    ['a`b', '<code>a&#96;b</code>'],
    ['a\\', '<code>a&#92;</code>'],
    ['</code><script>`', '<code>&#60;&#47;code&#62;&#60;script&#62;&#96;</code>'],
    ['', ''],
    [' \u0000 ', ''],
  ])('%j', (text, written) => {
    expect(code(text)).toBe(written);
  });

  test('is cut between characters', () => {
    expect(code('😀'.repeat(10), 4)).toBe('`😀😀😀…`');
  });
});

test('a table without rows is none', () => {
  expect(table(['a'], 'l', [])).toEqual([]);
  expect(table(['a', 'b'], 'lr', [['1', '2']])).toEqual(['| a | b |', '| --- | ---: |', '| 1 | 2 |']);
});

test('the longest fits into a comment', () => {
  const many = <T>(make: (i: number) => T): T[] => Array.from({ length: 500 }, (_, i) => make(i));
  const long = EVIL.repeat(20);
  const failed = { threshold: 'p(95)<1', ok: false, value: 2, limit: 1 };
  const text = markdownSummary(
    ended({
      ...HOSTILE,
      scenarios: Object.fromEntries(many((i) => [`${long}${i}`, FAILED.scenarios.buy as never])),
      metrics: Object.fromEntries([
        ...Object.entries(HOSTILE.metrics),
        ...many((i) => [`http_req_duration{name:${i}${long}}`, trend(1, 2, 3, 4, 10, [failed])] as const),
      ]),
      requests: many((i) => request('GET', `${i}${long}`, 10, 1)),
      checks: many((i) => ({ name: `${i}${long}`, group: '', passes: 1, fails: 1 })),
      errors: many((i) => ({ label: `${i}${long}`, code: 1, message: long, count: 1 })),
    }),
  );
  expect(text.length).toBeLessThan(65_536);
  expect(text.split('\n')).toContain('and 472 more that failed');
  expect(text.split('\n')).toContain('and 490 more kinds of error');
});

test('a run that did not start', () => {
  const location = { file: '/a/b/checkout.ts', line: 2, column: 5 };
  const problems = [
    { message: '`vuss` is not an option.', location, hint: 'Did you mean vus?' },
    { message: 'bad', where: '--vus' },
  ];
  expect(markdownSummary(unstarted(new ConfigError(problems)))).toBe(
    '## ❌ `checkout.ts` did not start\n\n' +
      '- `checkout.ts:2:5` <code>&#96;vuss&#96; is not an option&#46; → Did you mean vus&#63;</code>\n' +
      '- `--vus` `bad`\n',
  );
  expect(markdownSummary(unstarted(new Error('no')))).toContain('- `no`');
});
