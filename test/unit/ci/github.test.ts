import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BruntError, ConfigError, EXIT } from '../../../dsl/errors.ts';
import {
  annotationCommand,
  annotationLines,
  appendJobSummary,
  commandFence,
  isGitHub,
} from '../../../runner/ci/github.ts';
import type { Summary } from '../../../runner/summary/model.ts';
import { BROKEN, EMPTY, FAILED, INVALID, PASSED, trend } from '../terminal/summaries.ts';
import { ended, HOSTILE, unstarted } from './reports.ts';

const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/home/ann/shop' };
const place = { file: '/home/ann/shop/load/checkout.ts', line: 7, column: 3 };

/** As GitHub reads a line. */
function read(line: string): { name: string; properties: Record<string, string>; message: string } {
  const match = /^::(\w+) ([^\n]*?)::(.*)$/.exec(line);
  if (match === null) throw new Error(`no command: ${line}`);
  const [, name = '', properties = '', message = ''] = match;
  const data = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const property = (text: string): string => data(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
  const pairs = properties.split(',').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    return [pair.slice(0, equals), property(pair.slice(equals + 1))];
  });
  return { name, properties: Object.fromEntries(pairs), message: data(message) };
}

test('a failed threshold, at its place', () => {
  const lines = annotationLines(ended(FAILED, place), env, '/elsewhere');
  expect(lines.map(read)).toEqual([
    {
      name: 'error',
      properties: { title: 'checks rate>0.995 failed', file: 'load/checkout.ts', line: '7', col: '3' },
      message: '99.0 %, 0.5 points under the limit of 99.5 %',
    },
    {
      name: 'error',
      properties: {
        title: 'http_req_duration{scenario:buy} p(99)<500 failed',
        file: 'load/checkout.ts',
        line: '7',
        col: '3',
      },
      message: '812 ms, 62 % over the limit of 500 ms',
    },
  ]);
});

test('a passed run has none', () => {
  expect(annotationLines(ended(PASSED), env, '/')).toEqual([]);
});

test('an invalid run', () => {
  const [first] = annotationLines(ended(INVALID), env, '/').map(read);
  expect(first).toEqual({
    name: 'error',
    properties: { title: 'Load test invalid' },
    message: INVALID.run.reasons[0],
  });
});

test('thrown errors lead to the frame of the script that threw', () => {
  const summary: Summary = {
    ...BROKEN,
    run: { ...BROKEN.run, script: 'load/checkout.ts', reasons: ['3 iterations threw an error'] },
    errors: [
      { label: 'GET /', code: 1212, message: 'refused', count: 9 },
      {
        label: 'default',
        code: 0,
        message: 'Error: x',
        stack:
          'at node:internal/a:1:2\nat f (/x/node_modules/axios/index.js:1:1)\nat pay (lib/cart.ts:41:19)\nat default (checkout.ts:3:1)',
        count: 3,
      },
    ],
  };
  const found = annotationLines(ended(summary), env, '/home/ann/shop').map(read)[0];
  expect(found?.properties).toMatchObject({ file: 'load/lib/cart.ts', line: '41', col: '19' });
});

test('an error of a phase, with its hint and place', () => {
  const error = new BruntError('setup() failed: no', {
    code: 'X',
    exitCode: EXIT.scriptError,
    location: place,
    hint: 'look',
  });
  const summary: Summary = {
    ...EMPTY,
    run: { ...EMPTY.run, verdict: 'error', exitCode: EXIT.scriptError, reasons: [error.message] },
  };
  expect(annotationLines(ended(summary, undefined, [error]), env, '/').map(read)).toMatchObject([
    { properties: { title: 'Load test error', line: '7' }, message: 'setup() failed: no → look' },
  ]);
});

test('problems of a run that did not start, each at its place', () => {
  const error = new ConfigError([
    { message: 'no option', location: place, hint: 'vus' },
    { message: 'bad', where: '--x' },
  ]);
  expect(annotationLines(unstarted(error), env, '/').map(read)).toMatchObject([
    { properties: { file: 'load/checkout.ts', line: '7' }, message: 'no option → vus' },
    { properties: { title: 'Load test did not start' }, message: 'bad' },
  ]);
});

test('a place outside of the repository is left out', () => {
  const command = annotationCommand({ title: 't', message: 'm', place }, '/home/ann/other');
  expect(command).toBe('::error title=t::m');
});

test('text cannot leave its place', () => {
  expect(annotationCommand({ title: 'a,file=x:b%2C\n::', message: '100 % \n::error::x\r%0A' }, '/')).toBe(
    '::error title=a%2Cfile=x%3Ab%252C %3A%3A::100 %25 ::error::x %250A',
  );
  for (const line of annotationLines(ended(HOSTILE, place), env, '/')) {
    expect(line).toMatch(/^::error title=[^:,]*(?:,file=[^:,]*,line=\d+,col=\d+)?::/);
    for (const char of ['\n', '\r', '\u001b']) expect(line).not.toContain(char);
  }
});

test('at most ten are shown: the tenth counts the others', () => {
  const bad = { threshold: 'p(95)<1', ok: false, value: 2, limit: 1 };
  const metrics = (count: number) => ({ http_req_duration: trend(1, 2, 3, 4, 9, Array(count).fill(bad)) });
  const lines = (count: number) =>
    annotationLines(
      ended({ ...FAILED, run: { ...FAILED.run, reasons: [] }, metrics: metrics(count) }),
      env,
      '/',
    );
  expect(lines(10)).toHaveLength(10);
  expect(lines(10).join()).not.toContain('more');
  expect(lines(14)).toHaveLength(10);
  expect(read(lines(14)[9] as string).message).toBe('and 5 more, see the summary');
});

test('text that would be a command is fenced', () => {
  for (const text of ['::error::x', 'a\n  ::add-mask::x', 'x ##[group]y']) {
    const [before, after] = commandFence(text) ?? [];
    expect(before).toMatch(/^::stop-commands::[\w-]{36}$/);
    expect(after).toBe(`::${before?.slice('::stop-commands::'.length)}::`);
  }
  expect(commandFence('http_reqs{group:::cart} a::b')).toBeUndefined();
});

test('only GitHub is GitHub', () => {
  expect([isGitHub(env), isGitHub({}), isGitHub({ GITHUB_ACTIONS: '' })]).toEqual([true, false, false]);
});

test('a job summary is appended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'brunt-ci-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'summary.md');
  appendJobSummary({ GITHUB_STEP_SUMMARY: file }, 'a\n');
  appendJobSummary({ GITHUB_STEP_SUMMARY: file }, 'b\n');
  expect(readFileSync(file, 'utf8')).toBe('a\n\nb\n\n');
  appendJobSummary({}, 'nowhere');
  expect(() => appendJobSummary({ GITHUB_STEP_SUMMARY: folder }, 'x')).toThrow();
});
