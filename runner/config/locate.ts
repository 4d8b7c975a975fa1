/**
 * Finds where an option stands in the user's TypeScript. Only problems need it, so esbuild, acorn and the source map
 * reader are loaded at the first question: each file is turned into plain JavaScript with a map, searched there, and
 * the place is mapped back.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import type { TraceMap } from '@jridgewell/trace-mapping';
import type { Program } from 'acorn';
import type { SourceLocation } from '../../dsl/errors.ts';
import type { Path } from './path.ts';
import type { Part } from './problems.ts';
import { type Found, findOption, moduleScope, type Scope } from './syntax.ts';

/**
 * Place of the option at `path` (or of the nearest record around it that can be found), at its key or its value.
 * `offset` counts characters into a text value or key. Undefined where the script gives no hint, such as options
 * that a function computes.
 */
export type Locate = (path: Path, part?: Part, offset?: number) => SourceLocation | undefined;

/** How many bytes of a file are searched at most; larger ones are data or generated. */
const LARGEST_FILE = 2_000_000;

/** A file, parsed; `undefined` where it can't be (its problems are reported by the bundler). */
interface ParsedFile {
  readonly file: string;
  readonly lines: readonly string[];
  readonly scope: Scope;
  original(found: {
    readonly line: number;
    readonly column: number;
  }): { line: number; column: number } | undefined;
}

export function createLocate(entry: string, userFiles: readonly string[]): Locate {
  const files = [entry, ...userFiles.filter((file) => file !== entry)];
  const parsed = new Map<string, ParsedFile | undefined>();
  const parse = (file: string): ParsedFile | undefined => {
    if (!parsed.has(file)) parsed.set(file, parseFile(file));
    return parsed.get(file);
  };

  /** The scope that an import leads to: a file of the user's next to `from`, else any that exports the name. */
  const follow = (from: string, specifier: string, name: string): Scope | undefined => {
    if (specifier.startsWith('.') || specifier.startsWith('/')) {
      const target = resolve(dirname(from), specifier);
      const match = files.find(
        (file) =>
          file === target ||
          withoutExtension(file) === withoutExtension(target) ||
          file.startsWith(`${target}/index.`),
      );
      return match === undefined ? undefined : parse(match)?.scope;
    }
    return files
      .filter((file) => file !== from)
      .map((file) => parse(file)?.scope)
      .find((scope) => scope?.exports(name) === true);
  };

  return (path, part = 'value', offset = 0) => {
    for (let length = path.length; length >= 0; length--) {
      const found = search(entry, files, path.slice(0, length), parse, follow);
      if (found === undefined) continue;
      // A missing key is told at the key of the record that lacks it.
      const exact = length === path.length;
      return place(found, exact ? part : 'key', exact ? offset : 0, parse);
    }
    return undefined;
  };
}

function search(
  entry: string,
  files: readonly string[],
  path: Path,
  parse: (file: string) => ParsedFile | undefined,
  follow: (from: string, specifier: string, name: string) => Scope | undefined,
): Found | undefined {
  const scope = parse(entry)?.scope;
  const found = scope && findOption(scope, path, follow);
  if (found !== undefined || path.length === 0) return found;
  // The entry may re-export its options in a way that can't be followed: any file with an `options` export will do.
  for (const file of files) {
    if (file === entry) continue;
    const other = parse(file)?.scope;
    const there = other && findOption(other, path, follow);
    if (there !== undefined) return there;
  }
  return undefined;
}

function place(
  found: Found,
  part: Part,
  offset: number,
  parse: (file: string) => ParsedFile | undefined,
): SourceLocation | undefined {
  const parsed = parse(found.file);
  const at = parsed?.original((part === 'key' ? found.key : undefined) ?? found.value);
  if (parsed === undefined || at === undefined) return undefined;
  const first = parsed.lines[at.line - 1]?.[at.column];
  const quoted = first === "'" || first === '"' || first === '`' ? 1 : 0;
  return { file: parsed.file, line: at.line, column: at.column + 1 + (offset > 0 ? offset + quoted : 0) };
}

function withoutExtension(file: string): string {
  return file.replace(/\.[cm]?[jt]sx?$/, '');
}

const LOADERS: Readonly<Record<string, 'ts' | 'tsx' | 'js' | 'jsx'>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
};

function parseFile(file: string): ParsedFile | undefined {
  const extension = extname(file);
  const loader = LOADERS[extension];
  if (loader === undefined && extension !== '.json') return undefined;
  // Loaded here and not at the top: a run without problems never needs them.
  const require = createRequire(import.meta.url);
  const esbuild = require('esbuild') as typeof import('esbuild');
  const acorn = require('acorn') as typeof import('acorn');
  const mapping = require('@jridgewell/trace-mapping') as typeof import('@jridgewell/trace-mapping');
  try {
    const source = readFileSync(file, 'utf8');
    if (source.length > LARGEST_FILE) return undefined;
    if (loader === undefined) return parsedJson(file, source, acorn);
    const { code, map } = esbuild.transformSync(source, {
      loader,
      target: 'esnext',
      sourcemap: 'external',
      sourcefile: file,
      logLevel: 'silent',
    });
    const program: Program = acorn.parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
    });
    const trace: TraceMap = new mapping.TraceMap(map);
    return {
      file,
      lines: source.split(/\r?\n/),
      scope: moduleScope(file, program),
      original: (at) => {
        const { line, column } = mapping.originalPositionFor(trace, at);
        return line === null || column === null ? undefined : { line, column };
      },
    };
  } catch {
    return undefined;
  }
}

/** JSON is an expression; as a module's default export it needs no map, only the first line is moved. */
function parsedJson(file: string, source: string, acorn: typeof import('acorn')): ParsedFile {
  const prefix = 'export default ';
  const program = acorn.parse(prefix + source, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  });
  return {
    file,
    lines: source.split(/\r?\n/),
    scope: moduleScope(file, program),
    original: ({ line, column }) => ({ line, column: line === 1 ? column - prefix.length : column }),
  };
}
