/**
 * Refuses names that a script imports from brunt and that do not exist, before anything runs. An ES module would be
 * refused by Node when it is linked; in a bundle such a name would be undefined until an iteration calls it.
 */

import { fileURLToPath } from 'node:url';
import { BruntError, EXIT, type Problem, type SourceLocation } from '../../dsl/errors.ts';
import { mapPosition } from './source-map.ts';

/** How the bundler writes the use of an imported name. */
const USE = /\bimport_brunt\d*\.([A-Za-z_$][\w$]*)/g;

function locate(code: string, index: number): SourceLocation | undefined {
  const before = code.slice(0, index);
  const line = before.split('\n').length;
  const mapped = mapPosition(line, index - before.lastIndexOf('\n'));
  if (mapped?.source.startsWith('file:') !== true) return undefined;
  return { file: fileURLToPath(mapped.source), line: mapped.line, column: mapped.column };
}

/** Throws a BruntError (exit 107) that lists every name which `api` does not have, each with the place of its first use. */
export function checkBruntNames(bundleCode: string, api: object): void {
  const code = bundleCode.slice(0, bundleCode.lastIndexOf('//# sourceURL='));
  const problems = new Map<string, Problem>();
  for (const { 1: name = '', index } of code.matchAll(USE)) {
    if (name === 'default' || name in api || problems.has(name)) continue;
    const location = locate(code, index);
    problems.set(name, {
      message: `brunt exports no "${name}"`,
      ...(location === undefined ? {} : { location }),
    });
  }
  if (problems.size === 0) return;
  const all = [...problems.values()];
  throw new BruntError(all.map(({ message }) => message).join('; '), {
    code: 'NO_SUCH_EXPORT',
    exitCode: EXIT.scriptError,
    hint: `it exports ${Object.keys(api).sort().join(', ')}`,
    location: all[0]?.location,
    problems: all.length > 1 ? all : [],
  });
}
