/** The tables of the documentation against the tables of the code: neither has a row that the other lacks. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../dsl/errors.ts';
import { CODE } from '../../dsl/http/error-codes.ts';
import { BUILTIN_METRICS } from '../../dsl/metrics.ts';
import { EXECUTORS, SCENARIO_KEYS } from '../../runner/config/executors.ts';
import { OPTION_KEYS } from '../../runner/config/options.ts';
import { SETTINGS, type Setting } from '../../runner/config/settings.ts';
import { ROOT } from '../helpers/docs.ts';

const page = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');

/** Text under a heading, up to the next of its level or above. */
function section(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const length = lines
    .slice(start + 1)
    .findIndex((line) => (/^#+(?= )/.exec(line)?.[0].length ?? 9) <= level);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** Cells of every row of every table, the headings' rows left out. */
function rows(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter(
      (line, i, all) =>
        /^\|/.test(line) && !/^\|[-| ]+\|$/.test(line) && !/^\|[-| ]+\|$/.test(all[i + 1] ?? ''),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

const coded = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? '');

test('every flag and variable is listed, with what stands for it', () => {
  const listed = rows(section(page('command-line.md'), 'Flags of run'))
    .map(([flags, variable]) => {
      const spellings = coded(flags).map((flag) => flag.replace(/[ [=].*$/, ''));
      return `${spellings.join(' ')} ${coded(variable).join(' ')}`.trim();
    })
    .sort();
  const known = (SETTINGS as readonly Setting[]).map(({ short, flag, variable }) =>
    [short, flag, variable].filter((part) => part !== undefined).join(' '),
  );
  expect(listed).toEqual(known.sort());
});

test('every option is named', () => {
  const text = page('command-line.md');
  const camel = new Set(
    (SETTINGS as readonly Setting[])
      .filter((s) => s.to === 'option' && s.flag !== undefined)
      .map((s) => s.key),
  );
  const lost = OPTION_KEYS.filter((key) => !camel.has(key) && !text.includes(`\`${key}`));
  expect(lost).toEqual([]);
});

test('every exit code has a row', () => {
  const listed = rows(section(page('command-line.md'), 'Exit codes')).flatMap(([codes]) =>
    (codes ?? '').split(',').map(Number),
  );
  expect(listed.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});

const metricRows = (text: string): string[] =>
  rows(text).flatMap(([names, type]) => coded(names).map((name) => `${name} ${type}`));

test('every built-in metric has a row with its type, on some page', () => {
  const listed = new Set(
    readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? metricRows(page(name)) : [])),
  );
  // Reserved; scripts cannot feed them yet.
  const fed = BUILTIN_METRICS.filter(({ name }) => !name.startsWith('ws_'));
  expect(fed.map(({ name, type }) => `${name} ${type}`).filter((row) => !listed.has(row))).toEqual([]);
});

test('every metric with a row exists', () => {
  const known = new Set(BUILTIN_METRICS.map(({ name, type }) => `${name} ${type}`));
  const listed = metricRows(section(page('checks-and-metrics.md'), 'Built-in metrics'));
  expect(listed.filter((row) => !known.has(row))).toEqual([]);
});

test('every error code of HTTP has a row', () => {
  const listed = rows(section(page('http.md'), 'When a request fails')).flatMap(([codes]) =>
    (codes ?? '').split(',').map(Number),
  );
  expect(Object.values(CODE).filter((code) => !listed.includes(code))).toEqual([]);
});

describe('executors', () => {
  const text = page('executors.md');

  test.each(Object.entries(EXECUTORS))('%s: every field', (name, { keys }) => {
    const own = rows(section(text, name)).flatMap(([fields]) => coded(fields));
    expect(own.toSorted()).toEqual([...keys].toSorted());
  });

  test('every field of all', () => {
    const listed = rows(section(text, 'Several scenarios')).flatMap(([field]) => coded(field));
    expect(listed.toSorted()).toEqual(['executor', ...SCENARIO_KEYS].toSorted());
  });
});

test('messages under troubleshooting are those that the code has', () => {
  const sources = ['dsl', 'workers', 'runner']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((f) =>
        join(ROOT, folder, f),
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
    // Backticks of messages are escaped in templates; numbers and names stand in placeholders.
    .replaceAll('\\`', '`');
  const text = page('troubleshooting.md');
  const fragments = ['Before the start', 'While it runs', 'At the end']
    .flatMap((heading) => rows(section(text, heading)))
    .flatMap(([message]) => coded(message))
    .flatMap((message) => message.split(/…|\bN\b|1000|BRUNT_|setup/))
    .map((part) => part.trim())
    .filter((part) => part.length >= 6);
  expect(fragments.length).toBeGreaterThan(40);
  expect(fragments.filter((part) => !sources.includes(part))).toEqual([]);
});

test('files that the architecture names exist', () => {
  const files = ['dsl', 'workers', 'runner', 'test', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (file) => `/${folder}/${file}`,
    ),
  );
  const known = (path: string): boolean => files.some((file) => file.endsWith(`/${path.replace(/\/$/, '')}`));
  const named = coded(page('architecture.md').replaceAll(/^```[\s\S]*?^```/gm, '')).filter((text) =>
    /\.ts$|^(?:dsl|workers|runner|test)\/./.test(text),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !known(path))).toEqual([]);
});
