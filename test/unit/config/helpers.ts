import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ConfigError, type Problem } from '../../../dsl/errors.ts';
import { parseArgv } from '../../../runner/cli/parse.ts';
import { type Config, type ConfigInput, resolveConfig } from '../../../runner/config/resolve.ts';
import { NO_FLAGS, type RunFlags } from '../../../runner/config/run-flags.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes files to a folder of their own, which is removed when the tests end; returns its path. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'brunt-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

export interface Given extends Partial<ConfigInput> {
  /** Words after `brunt run script.ts`. */
  readonly argv?: readonly string[];
}

/** Flags that a command line gives. */
export function flagsOf(argv: readonly string[], env: ConfigInput['env'] = {}): RunFlags {
  const command = parseArgv(['run', 'script.ts', ...argv], env);
  if (command.kind !== 'run') throw new Error(`not a run: ${command.kind}`);
  return command.flags;
}

/** Resolves options of a script that has a default function, unless told otherwise. */
export function resolve(scriptOptions: unknown, { argv, ...given }: Given = {}): Promise<Config> {
  return resolveConfig({
    scriptOptions,
    exportedFunctions: ['default'],
    flags: argv === undefined ? NO_FLAGS : flagsOf(argv, given.env),
    env: {},
    entry: '/nowhere/script.ts',
    userFiles: [],
    ...given,
  });
}

/** The problems that a resolution is refused with; none if it is not refused. */
export async function problemsOf(scriptOptions: unknown, given: Given = {}): Promise<readonly Problem[]> {
  try {
    await resolve(scriptOptions, given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

export async function messagesOf(scriptOptions: unknown, given: Given = {}): Promise<string[]> {
  return (await problemsOf(scriptOptions, given)).map((p) =>
    p.hint === undefined ? p.message : `${p.message} ${p.hint}`,
  );
}
