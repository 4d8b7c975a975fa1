/**
 * The samples of README.md, docs/ and examples/README.md. What becomes of a fenced block is said by its info string;
 * one that says nothing known is a mistake:
 *
 *     ts                    a whole script: type-checked, then run against the demo system
 *     ts fragment           part of one: type-checked; names of brunt, `BASE_URL` and `res` are there
 *     ts module             a file that samples import: type-checked
 *     sh                    run, with `brunt` and `npx brunt` being the built command and BASE_URL the demo system
 *     sh no-run: WHY        not run
 *     js other: WHY         code of another tool: it has to parse
 *     json, yaml            has to parse
 *     csv, groovy, jsonc, text   shown as it is
 *
 * `file=NAME` writes the block into the folder of its page, so that others of the page may use it; `exit=N` is the exit
 * code to expect, 0 without. Blocks of a page are in one folder, commands run in their order after all files are there.
 */

import { type ExecFileException, execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export type Treatment = 'run' | 'check' | 'command' | 'parse' | 'show';

export interface Block {
  /** Path of the page from the project's root. */
  readonly page: string;
  /** Line of the first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly info: string;
  readonly code: string;
  readonly file: string | undefined;
  readonly exit: number;
  /** Undefined for a block that nobody knows how to treat. */
  readonly treatment: Treatment | undefined;
}

export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^( *)(`{3,}|~{3,})(.*)$/;

function treatmentOf(language: string, words: string): Treatment | undefined {
  const rest = words.replaceAll(/\b(?:file|exit)=\S+/g, '').trim();
  switch (language) {
    case 'ts':
      if (rest === '') return 'run';
      return rest === 'fragment' || rest === 'module' ? 'check' : undefined;
    case 'sh':
      if (rest === '') return 'command';
      return /^no-run: \S/.test(rest) ? 'show' : undefined;
    case 'js':
      return /^other: \S/.test(rest) ? 'parse' : undefined;
    case 'json':
    case 'yaml':
      return rest === '' ? 'parse' : undefined;
    case 'csv':
    case 'groovy':
    case 'text':
    case 'jsonc':
      return rest === '' ? 'show' : undefined;
    default:
      return undefined;
  }
}

export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { indent: number; fence: string; info: string; line: number; lines: string[] } | undefined;
  text.split('\n').forEach((line, index) => {
    const match = FENCE.exec(line);
    if (open === undefined) {
      if (match !== null) {
        const [, indent = '', fence = '', info = ''] = match;
        open = { indent: indent.length, fence, info: info.trim(), line: index + 2, lines: [] };
      }
      return;
    }
    if (match === null || match[3]?.trim() !== '' || !match[2]?.startsWith(open.fence)) {
      open.lines.push(line.slice(open.indent));
      return;
    }
    const { info } = open;
    const language = /^\S*/.exec(info)?.[0] ?? '';
    const words = info.slice(language.length);
    blocks.push({
      page,
      line: open.line,
      language,
      info,
      code: `${open.lines.join('\n')}\n`,
      file: /\bfile=(\S+)/.exec(words)?.[1],
      exit: Number(/\bexit=(\d+)/.exec(words)?.[1] ?? 0),
      treatment: treatmentOf(language, words),
    });
    open = undefined;
  });
  if (open !== undefined) throw new Error(`${page}:${open.line - 1}: this fence is not closed`);
  return blocks;
}

export function readPages(): readonly Page[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'examples/README.md', ...docs.sort().map((name) => `docs/${name}`)].map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, blocks: blocksOf(path, text) };
  });
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** Prose alone: fenced blocks are emptied, so that what looks like a link or heading in them is none. */
function proseOf(text: string): string {
  return text.replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\2 *$/gm, '');
}

export function anchorsOf(text: string): ReadonlySet<string> {
  return new Set([...proseOf(text).matchAll(/^#{1,6} +(.*)$/gm)].map((match) => anchorOf(match[1] ?? '')));
}

/** Targets of the page's links that do not lead to the web. */
export function localLinks(text: string): readonly string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^(?:https?|mailto):/.test(target));
}

const NAMES_FROM_BRUNT =
  'Counter Gauge Rate Trend check counter csv defineOptions env fail feed group http json randomSeed shared sleep sse test vu ws'.split(
    ' ',
  );

function isUsed(code: string, name: string): boolean {
  return new RegExp(`(?<![.\\w'/-])${name}\\b(?!['\\w-]|:\\s)`).test(code);
}

function isDeclared(code: string, name: string): boolean {
  return new RegExp(
    `(?:\\b(?:const|let|var|function|class)\\s+|\\bimport\\b[^;]*\\b)${name}\\b|[({,]\\s*${name}\\s*[,})]\\s*(?:=>|:)`,
  ).test(code);
}

/** What a fragment takes for granted, on one line. */
function preludeOf(code: string): string {
  const names = NAMES_FROM_BRUNT.filter((name) => isUsed(code, name) && !isDeclared(code, name));
  const parts = [names.length === 0 ? "import 'brunt';" : `import { ${names.join(', ')} } from 'brunt';`];
  if (isUsed(code, 'BASE_URL') && !isDeclared(code, 'BASE_URL'))
    parts.push('declare const BASE_URL: string;');
  if (isUsed(code, 'res') && !isDeclared(code, 'res')) {
    parts.push("import type { Response as PageResponse } from 'brunt'; declare const res: PageResponse;");
  }
  return parts.join(' ');
}

/** Every sample as a file, in one folder per page; lines of code keep their numbers in the page. */
export class Samples {
  readonly folder: string;
  readonly #shims: string;

  /** `packageRoot` holds the built package that samples import and commands run. */
  constructor(folder: string, packageRoot: string) {
    this.folder = folder;
    this.#shims = join(folder, 'bin');
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
    symlinkSync(packageRoot, join(folder, 'node_modules', 'brunt'));
    for (const name of ['zod', 'axios', 'openapi-fetch', '@types/node', 'undici-types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    this.#writeShim('brunt', `exec "${process.execPath}" "${join(packageRoot, 'dist/runner/bin.js')}" "$@"`);
    this.#writeShim('npx', '[ "$1" = brunt ] || { echo "npx $1 is not run here" >&2; exit 1; }\nexec "$@"');
  }

  #writeShim(name: string, script: string): void {
    mkdirSync(this.#shims, { recursive: true });
    writeFileSync(join(this.#shims, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.#shims, name), 0o755);
  }

  folderOf(page: string): string {
    return join(this.folder, 'pages', page.replace(/\.md$/, '').replaceAll('/', '-'));
  }

  /** Name of a block's file within its page's folder. */
  nameOf(block: Block): string {
    return block.file ?? `line-${block.line}.ts`;
  }

  write(pages: readonly Page[]): void {
    for (const { path, blocks } of pages) {
      mkdirSync(this.folderOf(path), { recursive: true });
      for (const block of blocks) {
        if (block.language !== 'ts' && block.file === undefined) continue;
        const target = join(this.folderOf(path), this.nameOf(block));
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, this.#textOf(block));
      }
    }
    writeFileSync(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2023',
          lib: ['es2023'],
          module: 'preserve',
          moduleResolution: 'bundler',
          moduleDetection: 'force',
          types: ['node'],
          strict: true,
          noUncheckedIndexedAccess: true,
          noEmit: true,
          resolveJsonModule: true,
          allowImportingTsExtensions: true,
        },
        include: ['pages'],
      }),
    );
  }

  #textOf(block: Block): string {
    if (block.language !== 'ts') return block.code;
    const prelude = block.info.includes('fragment') ? preludeOf(block.code) : '';
    return `${prelude}${'\n'.repeat(block.line - 1)}${block.code}`;
  }

  /** Complaints of the compiler, with pages and their lines in place of files. */
  async typeCheck(pages: readonly Page[]): Promise<readonly string[]> {
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    const { output } = await execute(tsc, ['-p', this.folder, '--pretty', 'false'], this.folder, {}, 60_000);
    const pageOf = new Map(pages.map(({ path }) => [relative(this.folder, this.folderOf(path)), path]));
    return output
      .split('\n')
      .filter((line) => line.includes('error TS'))
      .map((line) => {
        const match = /^(pages\/[^/]+)\/([^(]+)\((\d+),\d+\): (.*)$/.exec(line);
        const page = match === null ? undefined : pageOf.get(match[1] ?? '');
        return page === undefined ? line : `${page}:${match?.[3]} (${match?.[2]}): ${match?.[4]}`;
      });
  }

  /** Runs a script or a shell block. */
  perform(block: Block, baseUrl: string): Promise<Performed> {
    const command = block.treatment === 'run' ? `brunt run ${this.nameOf(block)} --quiet` : block.code;
    const env = { BASE_URL: baseUrl, PATH: `${this.#shims}:${process.env.PATH ?? ''}` };
    return execute('/bin/sh', ['-e', '-c', command], this.folderOf(block.page), env, 30_000);
  }
}

export interface Performed {
  /** Null after a signal, such as that of the time limit. */
  readonly code: number | null;
  readonly output: string;
}

function execute(
  file: string,
  args: readonly string[],
  cwd: string,
  extra: Readonly<Record<string, string>>,
  timeout: number,
): Promise<Performed> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...process.env, ...extra })) {
    if (value !== undefined && !/^(?:BRUNT_|GITHUB_|VITEST|NODE_OPTIONS$|FORCE_COLOR$|CI$)/.test(key))
      env[key] = value;
  }
  return new Promise((resolve) => {
    const options = { cwd, env, timeout, maxBuffer: 16 * 2 ** 20 };
    execFile(file, args, options, (error: ExecFileException | null, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** Calls `work` for each item, two at a time: the machine of a test has two cores. */
export async function twoAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all([lane(), lane()]);
}
