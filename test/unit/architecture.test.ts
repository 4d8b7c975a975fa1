import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom. The process boundary is a folder boundary: what crosses it is message types, pure code and the
 * worker's file by URL.
 *
 *     dsl/              nothing of ours
 *     workers/          dsl/
 *     runner/           of dsl/ what both sides speak of; of workers/ messages, shared counters, plans, snapshots
 *     examples/target/  nothing of ours: the demo system is a system under test like any other
 *     examples/         the package by its public name
 */
const RUNNER_MAY: readonly RegExp[] = [
  /^dsl\/(?:options|network|errors|failure|code-frame|duration|metrics|package-root|request-trace)\.ts$/,
  /^dsl\/output\/(?:types|retryable-error)\.ts$/,
  /^workers\/(?:messages|control)\.ts$/,
  /^workers\/plan\//,
  /^workers\/output\/messages\.ts$/,
  /^workers\/record\/(?:types|snapshot|histogram|layout|best|sample-columns|measured)\.ts$/,
];

/** The files that are named to be started, not imported. */
const WORKER_FILES = ['workers/main.js', 'workers/output/main.js'];

interface Import {
  /** Path from the project's root for relative ones, else the package's name. */
  readonly target: string;
  readonly how: 'import' | 'url';
}

const STATEMENTS = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*'([^'\n]+)'/g;
const URLS = /new URL\(\s*'([^'\n]+)',\s*import\.meta\.url/g;

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function importsOf(file: string, source: string): Import[] {
  const code = withoutComments(source);
  const resolve = (specifier: string): string =>
    specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
  return [
    ...[...code.matchAll(STATEMENTS)].map((match) => ({
      target: resolve(match[1] as string),
      how: 'import' as const,
    })),
    ...[...code.matchAll(URLS)].map((match) => ({
      target: resolve(match[1] as string),
      how: 'url' as const,
    })),
  ];
}

function isOurs(target: string): boolean {
  return (
    /^(?:dsl|workers|runner|examples|test|bench)\//.test(target) ||
    target.startsWith('../') ||
    isPackage(target)
  );
}

function isPackage(target: string): boolean {
  return target === 'brunt' || target.startsWith('brunt/');
}

function isAllowed(file: string, { target, how }: Import): boolean {
  const inside = (folder: string): boolean => file.startsWith(folder) && target.startsWith(folder);
  if (!isOurs(target)) return true;
  if (file.startsWith('examples/target/')) return inside('examples/target/');
  if (file.startsWith('examples/')) return isPackage(target) || inside('examples/');
  if (inside('dsl/') || inside('workers/') || inside('runner/')) return true;
  if (file.startsWith('workers/')) return target.startsWith('dsl/');
  if (!file.startsWith('runner/')) return false;
  // Started as a process or a thread, or read as data: the name of a file is no dependency on its code.
  if (how === 'url') return WORKER_FILES.includes(target) || !target.startsWith('workers/');
  return RUNNER_MAY.some((pattern) => pattern.test(target));
}

/** `from -> to` for every import that the table does not allow. */
function wrongArrows(file: string, source: string): string[] {
  return importsOf(file, source)
    .filter((found) => !isAllowed(file, found))
    .map(({ target }) => `${file} -> ${target}`);
}

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name) && !/node_modules/.test(entry.parentPath),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

describe('the rule', () => {
  test.each([
    ['dsl/http/client.ts', "import { x } from '../../workers/vu/host.ts';", 'workers/vu/host.ts'],
    ['dsl/http/client.ts', "import type { x } from '../../runner/main.ts';", 'runner/main.ts'],
    ['dsl/a.ts', "import { x } from 'brunt';", 'brunt'],
    ['dsl/a.ts', "const x = await import('../workers/main.ts');", 'workers/main.ts'],
    ['workers/a.ts', "export * from '../runner/main.ts';", 'runner/main.ts'],
    ['workers/a.ts', "import '../examples/target/main.ts';", 'examples/target/main.ts'],
    ['runner/a/b.ts', "import {\n  x,\n} from '../../workers/vu/vu.ts';", 'workers/vu/vu.ts'],
    [
      'runner/a/b.ts',
      "import type { x } from '../../workers/record/recorder.ts';",
      'workers/record/recorder.ts',
    ],
    ['runner/a/b.ts', "import { x } from '../../dsl/http/client.ts';", 'dsl/http/client.ts'],
    ['runner/a/b.ts', "require('../../dsl/index.ts')", 'dsl/index.ts'],
    ['runner/a/b.ts', "import { x } from '../../examples/target/server.ts';", 'examples/target/server.ts'],
    ['runner/a/b.ts', "new URL('../../workers/thread.js', import.meta.url)", 'workers/thread.js'],
    ['examples/a.ts', "import { x } from '../dsl/index.ts';", 'dsl/index.ts'],
    ['examples/target/a.ts', "import { x } from 'brunt';", 'brunt'],
    ['examples/target/a.ts', "import { x } from '../../dsl/errors.ts';", 'dsl/errors.ts'],
  ])('refuses %s: %s', (file, source, target) => {
    expect(wrongArrows(file, source)).toEqual([`${file} -> ${target}`]);
  });

  test.each([
    [
      'dsl/http/client.ts',
      "import { x } from '../errors.ts'; import { y } from 'undici'; import z from 'node:fs';",
    ],
    ['dsl/a.ts', "/** import { x } from '../runner/main.ts'; */\n// from '../workers/main.ts'"],
    ['workers/a/b.ts', "import { x } from '../../dsl/http/client.ts'; import { y } from '../vu/vu.ts';"],
    [
      'runner/a/b.ts',
      "import type { x } from '../../workers/messages.ts'; import { y } from '../../workers/plan/plan.ts';",
    ],
    [
      'runner/a/b.ts',
      "import { x } from '../../workers/record/snapshot.ts'; import { y } from '../../dsl/errors.ts';",
    ],
    ['runner/a/b.ts', "new URL('../../workers/main.js', import.meta.url)"],
    ['examples/a.ts', "import { x } from 'brunt'; import { y } from './lib/y.ts';"],
  ])('allows %s: %s', (file, source) => {
    expect(wrongArrows(file, source)).toEqual([]);
  });
});

describe('the project', () => {
  test.each(['dsl', 'workers', 'runner', 'examples'])('%s/ imports only what it may', (folder) => {
    const files = sources(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((file) => wrongArrows(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });
});
