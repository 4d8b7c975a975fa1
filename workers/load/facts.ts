/** What a script's exports say about the test, checked. */

import { basename } from 'node:path';
import { BruntError, ConfigError, EXIT, type Problem } from '../../dsl/errors.ts';
import type { ScriptFacts } from '../messages.ts';
import type { ScriptModule } from './script.ts';

/** Functions with a role of their own; no scenario runs them by default. */
const LIFECYCLE = ['setup', 'teardown', 'handleSummary'] as const;

/** Deeper than any options object; ends the walk through one that contains itself. */
const MAX_DEPTH = 20;

function scriptError(code: string, message: string, hint: string): BruntError {
  return new BruntError(message, { code, exitCode: EXIT.scriptError, hint });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'undefined') return 'undefined';
  return `${/^[aeiou]/.test(typeof value) ? 'an' : 'a'} ${typeof value}`;
}

/** `options.scenarios["my shop"].exec`. */
function member(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function functionProblem(path: string, value: unknown): Problem {
  const message = `${path} is ${kindOf(value)}; options are plain data`;
  if (!path.endsWith('.exec') || typeof value !== 'function') return { message };
  const name = value.name === '' ? 'name' : value.name;
  return { message, hint: `export the function and write its name: exec: '${name}'` };
}

function* findProblems(value: unknown, path: string, depth = 0): Generator<Problem> {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    yield functionProblem(path, value);
  } else if (typeof value === 'object' && value !== null) {
    if (value instanceof Promise) yield { message: `${path} is a promise; options are plain data` };
    else if (depth >= MAX_DEPTH) yield { message: `${path} is nested too deeply, or contains itself` };
    else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) yield* findProblems(item, `${path}[${i}]`, depth + 1);
    } else
      for (const [key, item] of Object.entries(value))
        yield* findProblems(item, member(path, key), depth + 1);
  }
}

/** A copy of the `options` export that can cross threads; undefined if there is none. */
function readOptions(module: ScriptModule): unknown {
  const options = module.options;
  if (options === undefined) return undefined;
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    options instanceof Promise
  ) {
    throw new ConfigError([
      {
        message: `the export "options" is ${kindOf(options)}; it must be an object`,
        hint: 'export const options = { vus: 10, duration: "30s" }',
      },
    ]);
  }
  const problems = [...findProblems(options, 'options')];
  if (problems.length > 0) throw new ConfigError(problems);
  try {
    return structuredClone(options);
  } catch (error) {
    throw new ConfigError([
      {
        message: `the export "options" cannot be copied: ${error instanceof Error ? error.message : String(error)}`,
      },
    ]);
  }
}

/**
 * Names of exported functions and the options of a script; `entry` is its path, for messages. Throws a BruntError (exit 107) for a script that exports
 * nothing to run, a ConfigError (exit 104) for options that are not plain data.
 */
export function scriptFacts(module: ScriptModule, entry: string): Pick<ScriptFacts, 'options' | 'functions'> {
  const names = Object.keys(module).filter((name) => name !== '__esModule');
  const example = 'export default async function () { … } is what each iteration runs';
  if (names.length === 0)
    throw scriptError('NO_EXPORTS', `the script ${basename(entry)} exports nothing`, example);
  if ('default' in module && typeof module.default !== 'function') {
    throw scriptError(
      'DEFAULT_NOT_A_FUNCTION',
      `the script's default export is ${kindOf(module.default)}; it must be a function`,
      example,
    );
  }
  for (const name of LIFECYCLE) {
    const value = module[name];
    if (value !== undefined && typeof value !== 'function') {
      throw scriptError(
        'NOT_A_FUNCTION',
        `the export "${name}" is ${kindOf(value)}; it must be a function`,
        `export function ${name}() { … }`,
      );
    }
  }
  const functions = names.filter((name) => typeof module[name] === 'function');
  if (functions.every((name) => (LIFECYCLE as readonly string[]).includes(name))) {
    throw scriptError(
      'NOTHING_TO_RUN',
      `the script exports no function to run, only ${names.join(', ')}`,
      example,
    );
  }
  return { options: readOptions(module), functions };
}
