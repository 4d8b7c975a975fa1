/** Where an option stands in the user's files, in the ways in which people write options. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLocate } from '../../../runner/config/locate.ts';
import type { Path } from '../../../runner/config/path.ts';
import { folderWith, problemsOf } from './helpers.ts';

/** `file:line:column` of a path whose right place is marked in the sources by `«`, which is taken out first. */
function check(files: Readonly<Record<string, string>>, path: Path, part: 'key' | 'value' = 'value') {
  const clean = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, text.replace('«', '')]),
  );
  const folder = folderWith(clean);
  const names = Object.keys(files);
  const locate = createLocate(
    join(folder, names[0] as string),
    names.map((name) => join(folder, name)),
  );
  const found = locate(path, part);
  const [file, text] = Object.entries(files).find(([, t]) => t.includes('«')) ?? ['', ''];
  const before = text.slice(0, text.indexOf('«')).split('\n');
  const wanted =
    text === ''
      ? undefined
      : { file: join(folder, file), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  expect(found).toEqual(wanted);
}

const TYPES = 'type Loose = Record<string, unknown>;\ninterface Unused { a: number }\n';

test('a plain literal, after types that vanish', () => {
  check({ 's.ts': `${TYPES}export const options: Loose = {\n  vus: «-1,\n};` }, ['vus']);
  check(
    { 's.ts': `${TYPES}export const options = {\n  'vus': 1,\n  «thresold: {},\n} as const;` },
    ['thresold'],
    'key',
  );
});

test('defineOptions, satisfies, as const', () => {
  check(
    {
      's.ts': `import { defineOptions } from 'brunt';\nexport const options = defineOptions({\n  scenarios: {\n    buy: { rate: «-1 as number },\n  },\n} satisfies object);`,
    },
    ['scenarios', 'buy', 'rate'],
  );
});

test('a const that is exported later, under another name', () => {
  check(
    { 's.ts': `export { mine as options };\nconst mine = { stages: [{ target: 1 }, { target: «-3 }] };` },
    ['stages', 1, 'target'],
  );
});

test('spread of local consts, where the later one wins', () => {
  const source = 'const base = { vus: 1, seed: «-2 };\nexport const options = { ...base, vus: 3 };';
  check({ 's.ts': source }, ['seed']);
  check({ 's.ts': 'const base = { vus: 1 };\nexport const options = { ...base, vus: «3 };' }, ['vus']);
  check({ 's.ts': 'const base = { vus: «1 };\nexport const options = { vus: 3, ...base };' }, ['vus']);
});

test('a member of another const, a shorthand and a computed key', () => {
  check(
    { 's.ts': 'const all = { buy: { vus: «0 } };\nexport const options = { scenarios: { x: all.buy } };' },
    ['scenarios', 'x', 'vus'],
  );
  check({ 's.ts': 'const vus = 0;\nexport const options = { «vus };' }, ['vus']);
  check({ 's.ts': "const name = 'buy';\nexport const options = { scenarios: { [name]: { vus: «0 } } };" }, [
    'scenarios',
    'buy',
    'vus',
  ]);
});

test('a choice between two literals finds the one that has the key', () => {
  check({ 's.ts': 'export const options = process.env.CI ? { vus: 1 } : { seed: «-1 };' }, ['seed']);
});

test('options that another file holds', () => {
  check({ 's.ts': "export { options } from './opts';", 'opts.ts': 'export const options = { vus: «0 };' }, [
    'vus',
  ]);
  check({ 's.ts': "export * from './opts.js';", 'opts.ts': 'export const options = { vus: «0 };' }, ['vus']);
  check(
    {
      's.ts': "import { buy } from './load.ts';\nexport const options = { scenarios: { buy } };",
      'load.ts': 'export const buy = { vus: «0 };',
    },
    ['scenarios', 'buy', 'vus'],
  );
  check(
    {
      's.ts': "import { common } from '@shared/load';\nexport const options = { ...common };",
      'load.ts': 'export const common = { vus: «0 };',
    },
    ['vus'],
  );
  check(
    { 's.ts': "import c from './c.json';\nexport const options = { ...c };", 'c.json': '{\n  "vus": «0\n}' },
    ['vus'],
  );
});

test('CommonJS', () => {
  check({ 's.js': 'exports.options = { vus: «0 };' }, ['vus']);
  check({ 's.js': 'module.exports = { options: { vus: «0 } };' }, ['vus']);
});

test('what cannot be found falls back to the nearest record around it, at its key', () => {
  check(
    { 's.ts': 'export const options = { scenarios: { «buy: make() } };\nfunction make() { return {}; }' },
    ['scenarios', 'buy', 'rate'],
  );
  check({ 's.ts': 'export const «options = make();\nfunction make() { return {}; }' }, ['vus']);
});

test('no options, no file, no JavaScript: no place', () => {
  check({ 's.ts': 'export default function () {}' }, ['vus']);
  check({ 's.ts': 'export const options = {' }, ['vus']);
  expect(createLocate('/nowhere/s.ts', [])(['vus'])).toBeUndefined();
});

test('names that lead to each other end', () => {
  check({ 's.ts': "export * from './t';", 't.ts': "export * from './s';" }, ['vus']);
  check({ 's.ts': 'const a = { ...b };\nconst b = { ...a };\nexport const «options = a;' }, ['vus']);
});

test('an offset counts inside the quotes', () => {
  const text = "export const options = { thresholds: { 'a{b:c}': 'p(95)<4', checks: 'rate>1' } };";
  const folder = folderWith({ 's.ts': text });
  const locate = createLocate(join(folder, 's.ts'), []);
  expect(locate(['thresholds', 'a{b:c}'], 'key', 2)?.column).toBe(text.indexOf('b:c') + 1);
  expect(locate(['thresholds', 'checks'], 'key', 2)?.column).toBe(text.indexOf('ecks:') + 1);
  expect(locate(['thresholds', 'checks'], 'value', 4)?.column).toBe(text.indexOf('>1') + 1);
});

test('problems come in the order of the file, each at its key or value', async () => {
  const folder = folderWith({
    's.ts': `import { defineOptions } from 'brunt';
export const options = defineOptions({
  sed: 1,
  scenarios: {
    buy: { executor: 'constant-vus', vus: 0 },
  },
  batch: 'many',
});
`,
  });
  const problems = await problemsOf(
    { batch: 'many', sed: 1, scenarios: { buy: { executor: 'constant-vus', vus: 0 } } },
    { entry: join(folder, 's.ts'), argv: ['--seed', 'x'] },
  );
  expect(problems.map((p) => p.where ?? `${p.location?.line}:${p.location?.column}`)).toEqual([
    '--seed',
    '3:3',
    '5:5',
    '5:43',
    '7:10',
  ]);
});

test('without a place in the script, a problem names its file', async () => {
  const [problem] = await problemsOf({ vus: -1, duration: '1s' }, { entry: '/nowhere/script.ts' });
  expect(problem?.location).toBeUndefined();
  expect(problem?.where).toMatch(/script\.ts$/);
});
