/** Finds the script that the user named, or says what is wrong with the name. */

import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, parse, resolve } from 'node:path';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { nearest } from '../config/nearest.ts';

/** In the order in which a name without extension is tried in hints. */
export const SCRIPT_EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cts', '.cjs'] as const;

function isScript(name: string): boolean {
  return !name.endsWith('.d.ts') && (SCRIPT_EXTENSIONS as readonly string[]).includes(extname(name));
}

function scriptsIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && isScript(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function quotedList(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function notFound(path: string, absolute: string): BruntError {
  const folder = dirname(absolute);
  const init = { code: 'SCRIPT_NOT_FOUND', exitCode: EXIT.scriptError } as const;
  const scripts = scriptsIn(folder);
  if (!isFolder(folder)) {
    return new BruntError(`cannot open the script ${path}: the folder ${folder} does not exist`, init);
  }
  const wanted = basename(absolute);
  const stems = scripts.map((name) => parse(name).name);
  const close =
    scripts[stems.indexOf(wanted)] ??
    nearest(wanted, scripts) ??
    scripts[stems.indexOf(nearest(wanted, stems) ?? '')];
  let hint = `there are no scripts (${SCRIPT_EXTENSIONS.slice(0, 4).join(' ')}) in ${folder}`;
  if (close !== undefined) hint = `did you mean ${join(dirname(path), close)}?`;
  else if (scripts.length > 0) hint = `scripts in ${folder}: ${quotedList(scripts)}`;
  return new BruntError(`cannot open the script ${path}: there is no such file`, { ...init, hint });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Absolute real path of the script. Throws a BruntError (exit 107) if it is missing, a folder or of another type. */
export function resolveEntry(path: string, cwd: string): string {
  const absolute = resolve(cwd, path);
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(absolute, { throwIfNoEntry: false });
  } catch (error) {
    throw new BruntError(`cannot open the script ${path}: ${(error as Error).message}`, {
      code: 'SCRIPT_UNREADABLE',
      exitCode: EXIT.scriptError,
      cause: error,
    });
  }
  if (found === undefined) throw notFound(path, absolute);
  if (found.isDirectory()) {
    const scripts = scriptsIn(absolute);
    throw new BruntError(`cannot run ${path}: it is a folder`, {
      code: 'SCRIPT_IS_FOLDER',
      exitCode: EXIT.scriptError,
      hint:
        scripts.length === 0
          ? 'name a script file'
          : `name one of its scripts: ${quotedList(scripts.map((name) => join(path, name)))}`,
    });
  }
  if (!isScript(absolute)) {
    const type = absolute.endsWith('.d.ts') ? '.d.ts' : extname(absolute);
    throw new BruntError(
      `cannot run ${path}: ${type === '' ? 'it has no extension' : `${type} is not a script's type`}`,
      {
        code: 'SCRIPT_TYPE',
        exitCode: EXIT.scriptError,
        hint: `scripts end in ${SCRIPT_EXTENSIONS.slice(0, 4).join(', ')}`,
      },
    );
  }
  return realpathSync(absolute);
}
