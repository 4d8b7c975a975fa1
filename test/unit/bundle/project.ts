/** A project of the user's in a temporary folder, made of texts, and scripts of it loaded as a worker loads them. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BruntError } from '../../../dsl/errors.ts';
import type { VuHost } from '../../../dsl/host.ts';
import { type Bundle, bundleScript } from '../../../runner/bundle/bundle.ts';
import { type LoadedScript, loadScript, type ScriptModule } from '../../../workers/load/script.ts';

const nativeImport = createRequire(import.meta.url)('../../fixtures/native-import.cjs') as (
  url: string,
) => Promise<unknown>;

export interface Project {
  readonly dir: string;
  readonly path: (name: string) => string;
  readonly bundle: (script: string) => Promise<Bundle>;
  readonly load: (script: string) => Promise<LoadedScript>;
}

/** Writes the files, by path relative to the project's folder; the folder is removed after the test. */
export function project(files: Readonly<Record<string, string>>): Project {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'brunt-project-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const bundle = (script: string): Promise<Bundle> => bundleScript(script, { cwd: dir });
  return {
    dir,
    path: (name) => join(dir, name),
    bundle,
    load: async (script) => loadScript(await bundle(script), nativeImport),
  };
}

export interface FakeHost extends VuHost {
  readonly context: { id: number; iteration: number; scenario: string; iterationInScenario: number };
  readonly lines: string[];
}

/** What the loader reads of a host. */
export function fakeHost(id = 1): FakeHost {
  const lines: string[] = [];
  const host: Partial<FakeHost> = {
    context: { id, iteration: 0, scenario: 'default', iterationInScenario: 0 },
    env: { WHERE: `env of VU ${id}` },
    random: () => id / 100,
    log: (level, message) => {
      lines.push(`${level}: ${message}`);
    },
    lines,
  };
  return host as FakeHost;
}

/** A stand-in for the API of one VU. */
export function fakeBrunt(host: VuHost): (specifier: string) => unknown {
  const api = { vuId: () => host.context.id, http: { get: () => 'got' } };
  return (specifier) => (specifier === 'brunt' ? api : undefined);
}

export function instance(script: LoadedScript, host: VuHost = fakeHost()): ScriptModule {
  return script.instantiate(host, fakeBrunt(host));
}

/** Calls an exported function. */
export function call(module: ScriptModule, name = 'default', ...args: unknown[]): unknown {
  return (module[name] as (...args: unknown[]) => unknown)(...args);
}

/** The BruntError that `run` ends with. */
export async function errorOf(run: () => unknown): Promise<BruntError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof BruntError) return error;
    throw error;
  }
  throw new Error('no error was thrown');
}
