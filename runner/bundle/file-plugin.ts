/**
 * esbuild plugin that keeps `import.meta.url`, `.dirname`, `.filename`, `__dirname` and `__filename` true for every
 * bundled file. Each name is replaced (`define`) by a constant that the file imports in a line after its last one, so
 * that no position in the file moves; `stripImport` takes that line out of the source map again.
 */

import { readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, Plugin } from 'esbuild';

export const FILE_NAMESPACE = 'brunt-file';

/** Global names and what stands for them in a bundled file. */
export const FILE_DEFINES = {
  'import.meta.url': '__bruntFileUrl',
  'import.meta.dirname': '__bruntFileDir',
  'import.meta.filename': '__bruntFileName',
  __dirname: '__bruntFileDir',
  __filename: '__bruntFileName',
} as const;

const MENTIONS = /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/;
const NAMES = ['__bruntFileUrl', '__bruntFileDir', '__bruntFileName'] as const;
const IMPORT = '\n;import { ';

function values(path: string): readonly string[] {
  return [pathToFileURL(path).href, dirname(path), path].map((value) => JSON.stringify(value));
}

/** By extension, else by whether a line starts with `import` or `export`: a guess that only decides how to add names. */
function isCommonJs(path: string, source: string): boolean {
  const extension = extname(path);
  if (extension === '.cjs') return true;
  if (extension !== '.js') return false;
  return !/^\s*(?:import|export)\b/m.test(source) && !/\bimport\s*\.\s*meta\b/.test(source);
}

/** CommonJS has no imports: its constants go before the first statement, on the same line. */
function withConstants(path: string, source: string): string {
  const constants = `var ${values(path)
    .map((value, i) => `${NAMES[i]} = ${value}`)
    .join(', ')};`;
  const start = /^(?:#![^\n]*\n)?(?:\s*(['"])use strict\1\s*;?)?/.exec(source)?.[0].length ?? 0;
  return `${source.slice(0, start)}${constants}${source.slice(start)}`;
}

function loaderOf(path: string): Loader {
  const extension = extname(path);
  if (extension === '.tsx' || extension === '.jsx') return extension.slice(1) as Loader;
  return extension.includes('t') ? 'ts' : 'js';
}

/** The source as its author wrote it, without the import that was added. */
export function stripImport(source: string): string {
  const at = source.lastIndexOf(IMPORT);
  return at >= 0 && source.includes(`from "${FILE_NAMESPACE}:`, at) ? source.slice(0, at) : source;
}

export function filePlugin(): Plugin {
  return {
    name: 'brunt-file',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!MENTIONS.test(source)) return undefined;
        const contents = isCommonJs(path, source)
          ? withConstants(path, source)
          : `${source}${IMPORT}${NAMES.join(', ')} } from ${JSON.stringify(`${FILE_NAMESPACE}:${path}`)};`;
        return { contents, loader: loaderOf(path), resolveDir: dirname(path) };
      });
      build.onResolve({ filter: /^brunt-file:/ }, ({ path }) => ({
        path: path.slice(FILE_NAMESPACE.length + 1),
        namespace: FILE_NAMESPACE,
      }));
      build.onLoad({ filter: /.*/, namespace: FILE_NAMESPACE }, ({ path }) => ({
        contents: values(path)
          .map((value, i) => `export const ${NAMES[i]} = ${value};`)
          .join('\n'),
        loader: 'js',
      }));
    },
  };
}
