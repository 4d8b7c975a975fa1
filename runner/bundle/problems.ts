/** Turns what esbuild reports into sentences with a place, a code frame and a hint. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Message } from 'esbuild';
import { codeFrame } from '../../dsl/code-frame.ts';
import { BruntError, EXIT, type Problem, type SourceLocation } from '../../dsl/errors.ts';
import { nearest } from '../config/nearest.ts';
import { packageName } from './packages.ts';

/** What esbuild tries for an import without extension, in this order. */
export const RESOLVE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'] as const;

interface Found {
  readonly problem: Problem;
  readonly code: string;
  readonly frame: string | undefined;
}

interface Wording {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

function fileStem(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

function missingFile(specifier: string, importer: string | undefined): Wording {
  const target = importer === undefined ? specifier : resolve(dirname(importer), specifier);
  const wording = {
    code: 'IMPORT_NOT_FOUND',
    message: `cannot find the file "${specifier}": tried ${target} as it is, with ${RESOLVE_EXTENSIONS.join(' ')}, and as a folder with an index file`,
  };
  let names: string[] = [];
  try {
    names = readdirSync(dirname(target));
  } catch {
    return { ...wording, hint: `the folder ${dirname(target)} does not exist` };
  }
  const wanted = basename(target);
  const same = names.find((name) => fileStem(name) === fileStem(wanted) && name !== wanted);
  const close = same ?? nearest(wanted, names) ?? nearest(wanted, names.map(fileStem));
  if (close === undefined) return wording;
  return {
    ...wording,
    hint: `did you mean "${specifier.slice(0, specifier.length - wanted.length)}${close}"?`,
  };
}

function unresolved(specifier: string, message: Message, importer: string | undefined): Wording {
  if (/^(?:\.{0,2}\/|\.{1,2}$|[A-Za-z]:[\\/])/.test(specifier)) return missingFile(specifier, importer);
  const code = 'IMPORT_NOT_FOUND';
  if (specifier.startsWith('node:'))
    return { code, message: `Node ${process.version} has no module "${specifier}"` };
  if (specifier.startsWith('#')) {
    return { code, message: `no package.json above the importing file has "${specifier}" in its "imports"` };
  }
  const name = packageName(specifier);
  if (name === undefined) {
    return {
      code,
      message: `cannot resolve "${specifier}"`,
      hint: 'if it is an alias, add it to "paths" in tsconfig.json',
    };
  }
  // The package is there but has no such entry: esbuild's notes say which rule of its package.json is in the way.
  const note = message.notes.find(({ text }) =>
    /exported by package|"exports"|conditions|disabled/i.test(text),
  );
  if (note !== undefined)
    return { code, message: `cannot import "${specifier}": ${lowerFirst(note.text.replace(/:$/, ''))}` };
  if (specifier !== name && packageIsInstalled(name, importer)) {
    return { code, message: `the package "${name}" has no file "${specifier.slice(name.length + 1)}"` };
  }
  return { code, message: `cannot find the package "${name}"`, hint: `npm install ${name}` };
}

function packageIsInstalled(name: string, importer: string | undefined): boolean {
  for (let dir = dirname(importer ?? '/'); ; dir = dirname(dir)) {
    try {
      readFileSync(resolve(dir, 'node_modules', name, 'package.json'));
      return true;
    } catch {
      if (dir === dirname(dir)) return false;
    }
  }
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

function wordingOf(message: Message, importer: string | undefined): Wording {
  const { text } = message;
  const missing = /^Could not resolve "(.+)"/.exec(text)?.[1];
  if (missing !== undefined) return unresolved(missing, message, importer);
  if (/top-level await/i.test(text)) {
    return {
      code: 'TOP_LEVEL_AWAIT',
      message:
        'await outside of a function does not work in a script: its module code runs once per VU, synchronously',
      hint: 'await in setup() and return the data, or inside the exported function',
    };
  }
  const extension = /^No loader is configured for "(.+)" files/.exec(text)?.[1];
  if (extension !== undefined) {
    return {
      code: 'IMPORT_TYPE',
      message: `${extension} files cannot be imported; scripts import TypeScript, JavaScript and JSON`,
      hint: "read it as data: readFileSync(new URL('./file', import.meta.url)) from node:fs",
    };
  }
  const suggestion = message.location?.suggestion;
  const hint = suggestion === undefined || suggestion === '' ? undefined : `did you mean ${suggestion}?`;
  const wording = { code: 'SYNTAX_ERROR', message: lowerFirst(text) };
  return hint === undefined ? wording : { ...wording, hint };
}

/** esbuild counts columns in bytes from 0; editors count UTF-16 units from 1. */
function columnOf(lineText: string, bytes: number): number {
  return Buffer.from(lineText).subarray(0, bytes).toString().length + 1;
}

function locate(message: Message, baseDir: string): { location: SourceLocation; length: number } | undefined {
  const at = message.location;
  if (at === null) return undefined;
  const column = columnOf(at.lineText, at.column);
  return {
    location: { file: resolve(baseDir, at.file), line: at.line, column },
    length: columnOf(at.lineText, at.column + at.length) - column,
  };
}

function toFound(message: Message, baseDir: string): Found {
  const place = locate(message, baseDir);
  const { code, message: text, hint } = wordingOf(message, place?.location.file);
  let frame: string | undefined;
  if (place !== undefined) {
    try {
      frame = codeFrame(readFileSync(place.location.file, 'utf8'), place.location, place.length);
    } catch {
      // Not a file on disk: esbuild's own copy of the line has to do.
    }
    frame ??= codeFrame(
      message.location?.lineText ?? '',
      { line: 1, column: place.location.column },
      place.length,
    );
  }
  const at = place === undefined ? {} : { location: place.location };
  return { code, frame, problem: { message: text, ...at, ...(hint === undefined ? {} : { hint }) } };
}

/** The error of a script that cannot be bundled (exit 107). `baseDir`: the folder that esbuild's paths start from. */
export function bundleError(name: string, messages: readonly Message[], baseDir: string): BruntError {
  const found = messages.map((message) => toFound(message, baseDir));
  const first = found[0];
  if (first === undefined || found.length === 1) {
    return new BruntError(first?.problem.message ?? `${name} cannot be bundled`, {
      code: first?.code ?? 'BUNDLE_FAILED',
      exitCode: EXIT.scriptError,
      hint: first?.problem.hint,
      location: first?.problem.location,
      frame: first?.frame,
    });
  }
  return new BruntError(`${name} cannot be bundled: ${found.length} problems`, {
    code: 'BUNDLE_FAILED',
    exitCode: EXIT.scriptError,
    location: first.problem.location,
    frame: first.frame,
    problems: found.map(({ problem }) => problem),
  });
}

/** One line for the user: place and text. Undefined for warnings about files that are not the user's. */
export function warningText(message: Message, baseDir: string): string | undefined {
  const place = locate(message, baseDir);
  if (place === undefined) return lowerFirst(message.text);
  const { file, line, column } = place.location;
  if (/[\\/]node_modules[\\/]/.test(file)) return undefined;
  return `${file}:${line}:${column}: ${lowerFirst(message.text)}`;
}
