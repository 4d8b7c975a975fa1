/** Every sample of the documentation does what it says: it compiles, runs, and ends as expected. Links lead somewhere. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parse as parseModule } from 'acorn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { EXIT } from '../../dsl/errors.ts';
import { startTarget, type Target } from '../../examples/target/server.ts';
import { BIN } from '../helpers/cli.ts';
import {
  anchorsOf,
  type Block,
  blocksOf,
  localLinks,
  ROOT,
  readPages,
  Samples,
  twoAtATime,
} from '../helpers/docs.ts';

const pages = readPages();
const folder = mkdtempSync(join(tmpdir(), 'brunt-docs-'));
const samples = new Samples(folder, resolve(dirname(BIN), '../..'));
let target: Target;

beforeAll(async () => {
  samples.write(pages);
  target = await startTarget();
  await target.ready;
});
afterAll(async () => {
  await target.close();
  rmSync(folder, { recursive: true, force: true });
});

function place(block: Block): string {
  return `${block.page}:${block.line}`;
}

test('every block says what it is', () => {
  const unknown = pages
    .flatMap(({ blocks }) => blocks)
    .filter((block) => block.treatment === undefined)
    .map((block) => `${place(block)}: \`\`\`${block.info}`);
  expect(unknown).toEqual([]);
});

test('blocks are found with their place, language and marks', () => {
  const text =
    'a\n```ts fragment\nlet x;\n```\n\n- b\n  ```sh exit=99\n  brunt\n  ```\n```ts what\n```\n```\n```\n';
  expect(
    blocksOf('p.md', text).map(({ line, code, exit, treatment }) => ({ line, code, exit, treatment })),
  ).toEqual([
    { line: 3, code: 'let x;\n', exit: 0, treatment: 'check' },
    { line: 8, code: 'brunt\n', exit: 99, treatment: 'command' },
    { line: 11, code: '\n', exit: 0, treatment: undefined },
    { line: 13, code: '\n', exit: 0, treatment: undefined },
  ]);
});

test('every sample compiles against the public types', { timeout: 60_000 }, async () => {
  expect(await samples.typeCheck(pages)).toEqual([]);
});

test('data and foreign code parse', () => {
  for (const block of pages.flatMap(({ blocks }) => blocks)) {
    if (block.treatment !== 'parse') continue;
    const parse = (): unknown => {
      if (block.language === 'json') return JSON.parse(block.code);
      if (block.language === 'yaml') return parseYaml(block.code);
      return parseModule(block.code, { ecmaVersion: 'latest', sourceType: 'module' });
    };
    expect(parse, place(block)).not.toThrow();
  }
});

test('links lead to files and headings that exist', () => {
  const broken: string[] = [];
  for (const { path, text } of pages) {
    for (const link of localLinks(text)) {
      const [file = '', anchor] = link.split('#');
      const found = file === '' ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
      if (!existsSync(found)) broken.push(`${path}: ${link}`);
      else if (anchor !== undefined && !anchorsOf(readFileSync(found, 'utf8')).has(anchor)) {
        broken.push(`${path}: ${link} (no such heading)`);
      }
    }
  }
  expect(broken).toEqual([]);
});

test('every page of docs/ can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const page = pages.find((each) => each.path === path);
    if (page === undefined || reached.has(path)) return;
    reached.add(path);
    for (const link of localLinks(page.text)) {
      visit(relative(ROOT, resolve(ROOT, dirname(path), link.split('#')[0] ?? '')));
    }
  };
  visit('README.md');
  expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

/** What a sample says of a system's speed is not about a busy test machine: an invalid result is no wrong sample. */
function isExpected(block: Block, code: number | null): boolean {
  return code === block.exit || (block.exit === EXIT.passed && code === EXIT.invalid);
}

describe('samples run', () => {
  const running = pages
    .map(({ path, blocks }) => ({
      path,
      scripts: blocks.filter((block) => block.treatment === 'run'),
      commands: blocks.filter((block) => block.treatment === 'command'),
    }))
    .filter(({ scripts, commands }) => scripts.length + commands.length > 0);

  test.each(running)('$path', { timeout: 90_000 }, async ({ scripts, commands }) => {
    const wrong: string[] = [];
    const perform = async (block: Block): Promise<void> => {
      const { code, output } = await samples.perform(block, target.url);
      if (!isExpected(block, code)) wrong.push(`${place(block)}: exit ${code}, not ${block.exit}\n${output}`);
    };
    // A script that a command of the page runs needs no run of its own.
    const alone = scripts.filter(
      ({ file }) => file === undefined || !commands.some(({ code }) => code.includes(file)),
    );
    await twoAtATime(alone, perform);
    for (const command of commands) await perform(command);
    expect(wrong).toEqual([]);
  });
});
