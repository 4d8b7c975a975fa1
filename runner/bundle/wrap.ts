/**
 * Makes esbuild's CommonJS output into one expression that a thread evaluates once and calls once per VU:
 *
 *     (function (toESM, bruntImport) { <helpers> return function (require, module, exports, …) { <modules> } })
 *
 * The outer call happens once per thread and holds esbuild's helpers, which then cost no VU anything. Everything is put
 * on existing lines, so that the source map needs no change.
 */

import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripImport } from './file-plugin.ts';

/** Must be the parameters that `workers/load/script.ts` passes. */
const THREAD_PARAMETERS = '__bruntToESM, __bruntImport';
const VU_PARAMETERS = 'require, module, exports, __brunt, __bruntRandom, console';

/** Global names of scripts and what stands for them: the VU's own. */
export const VU_DEFINES = {
  __ENV: '__brunt.env',
  __VU: '__brunt.context.id',
  __ITER: '__brunt.context.iteration',
  'globalThis.__ENV': '__brunt.env',
  'globalThis.__VU': '__brunt.context.id',
  'globalThis.__ITER': '__brunt.context.iteration',
  'Math.random': '__bruntRandom',
} as const;

interface RawMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
}

/** Same number of lines, so that what follows stays where it is. */
function replaceHelper(head: string, pattern: RegExp, replacement: string): string {
  return head.replace(pattern, (old) => replacement + '\n'.repeat(old.split('\n').length - 1));
}

/**
 * `__toESM` becomes the thread's: it keeps one namespace per package instead of a copy per VU. `__toCommonJS` would
 * copy the exports once more; the namespace that esbuild made already has them as getters.
 */
function tuneHelpers(head: string): string {
  const shared = replaceHelper(head, /^var __toESM = [\s\S]*?^\)\);$/m, 'var __toESM = __bruntToESM;');
  return replaceHelper(shared, /^var __toCommonJS = .*$/m, 'var __toCommonJS = (mod) => mod;');
}

function sourcePath(source: string, baseDir: string): string {
  if (/^[a-z-]{2,}:/i.test(source)) return source;
  return pathToFileURL(isAbsolute(source) ? source : resolve(baseDir, source)).href;
}

/** Sources as file URLs; contents as on disk, and none for data and constants. */
function finishMap(json: string, baseDir: string): string {
  const map = JSON.parse(json) as RawMap;
  const sources = map.sources.map((source) => sourcePath(source, baseDir));
  const sourcesContent = map.sourcesContent?.map((content, i) =>
    content === null ||
    !/\.[cm]?[jt]sx?$/.test(sources[i] as string) ||
    !(sources[i] as string).startsWith('file:')
      ? null
      : stripImport(content),
  );
  return JSON.stringify({ ...map, sources, sourcesContent });
}

export interface WrapInput {
  /** esbuild's output without a source map comment. */
  readonly text: string;
  readonly map: string;
  /** Folder that the map's relative sources start from. */
  readonly baseDir: string;
  readonly entry: string;
  /** True if every bundled file is an ES module, which are strict by nature. */
  readonly strict: boolean;
}

export function wrapBundle({ text: output, map, baseDir, entry, strict }: WrapInput): string {
  // esbuild names each module in a comment at the start of a line; what stands before the first one is helpers.
  const text = output.replace(/^#!.*/, '');
  const modulesAt = Math.max(0, text.startsWith('// ') ? 0 : text.indexOf('\n// ') + 1);
  const head = text.slice(0, modulesAt);
  const helpers = tuneHelpers(head.trimEnd());
  const blank = head.slice(head.trimEnd().length);
  const encoded = Buffer.from(finishMap(map, baseDir)).toString('base64');
  return [
    `(function (${THREAD_PARAMETERS}) {${strict ? '"use strict";' : ''}`,
    `${helpers} return function (${VU_PARAMETERS}) {${blank}`,
    text.slice(modulesAt),
    '\n};})',
    `\n//# sourceURL=${pathToFileURL(entry).href}.bundle.cjs`,
    `\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`,
  ].join('');
}
