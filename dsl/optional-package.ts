/**
 * npm packages that only some scripts need. The script's own installation is asked first, so that its version counts,
 * then Brunt's.
 */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BruntError, EXIT } from './errors.ts';

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  // A package whose own dependency is missing is broken, not absent.
  return code === 'MODULE_NOT_FOUND' && String(message).startsWith(`Cannot find module '${name}'`);
}

/** Loads the package; throws a BruntError (exit 107) that says what to install where there is none. `need`: `brunt/sql`. */
export function requirePackage(name: string, scriptDir: string, need: string): unknown {
  for (const from of [join(scriptDir, 'script.js'), import.meta.url]) {
    try {
      return createRequire(from)(name) as unknown;
    } catch (error) {
      if (isMissing(error, name)) continue;
      throw new BruntError(`the package ${name}, which ${need} uses, cannot be loaded: ${String(error)}`, {
        code: 'PACKAGE_BROKEN',
        exitCode: EXIT.scriptError,
        cause: error,
      });
    }
  }
  throw new BruntError(`${need} needs the package ${name}, which is not installed`, {
    code: 'PACKAGE_MISSING',
    exitCode: EXIT.scriptError,
    hint: `npm install ${name}`,
  });
}
