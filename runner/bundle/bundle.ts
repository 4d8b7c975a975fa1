/** Bundles a script and its own modules into the code that every thread evaluates. */

import { dirname, join, relative, resolve } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, Metafile } from 'esbuild';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { BundleCode } from '../../workers/messages.ts';
import { resolveEntry } from './entry.ts';
import { FILE_DEFINES, filePlugin } from './file-plugin.ts';
import { PackageReader } from './packages.ts';
import { bundleError, RESOLVE_EXTENSIONS, warningText } from './problems.ts';
import { type ResolveFindings, resolvePlugin } from './resolve-plugin.ts';
import { VU_DEFINES, wrapBundle } from './wrap.ts';

export interface Bundle extends BundleCode {
  /** The user's files that went in, absolute: the entry first, then as esbuild lists them. */
  readonly inputs: readonly string[];
  /** Sentences for the user. */
  readonly warnings: readonly string[];
}

export interface BundleOptions {
  /** Folder that a relative script path starts from. */
  readonly cwd: string;
}

/** A JSON file is part of each VU's modules; from this size on that is worth a word. */
const BIG_JSON_BYTES = 256 * 1024;

type Esbuild = typeof import('esbuild');
let loading: Promise<Esbuild> | undefined;
let building = 0;

/** Starts loading esbuild, so that it is there when `bundleScript` is called. */
export function preloadBundler(): void {
  loading ??= import('esbuild');
  // A failure is reported by bundleScript.
  loading.catch(() => undefined);
}

async function loadEsbuild(): Promise<Esbuild> {
  preloadBundler();
  try {
    return await (loading as Promise<Esbuild>);
  } catch (error) {
    throw esbuildUnusable(error);
  }
}

function esbuildUnusable(error: unknown): BruntError {
  return new BruntError(
    `cannot start the bundler (esbuild): ${error instanceof Error ? error.message : String(error)}`,
    {
      code: 'BUNDLER_UNUSABLE',
      exitCode: EXIT.scriptError,
      hint: "install Brunt again without --omit=optional: esbuild's binary is an optional package of the platform",
      cause: error,
    },
  );
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function buildOptions(entry: string, baseDir: string, findings: ResolveFindings): BuildOptions {
  return {
    entryPoints: [entry],
    absWorkingDir: baseDir,
    outfile: join(baseDir, 'brunt.bundle.cjs'),
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
    // "sideEffects": false and pure marks are for smaller bundles; here a module runs if it is imported, as in Node.
    ignoreAnnotations: true,
    resolveExtensions: [...RESOLVE_EXTENSIONS],
    sourcemap: 'external',
    sourcesContent: true,
    metafile: true,
    supported: { 'dynamic-import': false },
    define: { ...VU_DEFINES, ...FILE_DEFINES },
    plugins: [filePlugin(), resolvePlugin(new PackageReader(), findings)],
    logLevel: 'silent',
    logLimit: 0,
  };
}

async function build(options: BuildOptions, name: string, baseDir: string): Promise<BuildResult> {
  const esbuild = await loadEsbuild();
  building += 1;
  try {
    return await esbuild.build(options);
  } catch (error) {
    if (isBuildFailure(error)) throw bundleError(name, error.errors, baseDir);
    throw esbuildUnusable(error);
  } finally {
    building -= 1;
    // The bundler is a process of its own; the memory and the core are the run's from here on.
    if (building === 0) void esbuild.stop();
  }
}

interface InputFile {
  readonly file: string;
  readonly bytes: number;
  readonly format: 'cjs' | 'esm' | undefined;
}

/** Names in the metafile are relative paths, or `namespace:path` for stand-ins. */
function userFiles(metafile: Metafile, baseDir: string): readonly InputFile[] {
  return Object.entries(metafile.inputs)
    .filter(([name]) => !/^[a-z-]{2,}:/.test(name))
    .map(([name, { bytes, format }]) => ({ file: resolve(baseDir, name), bytes, format }));
}

function dataWarnings(files: readonly InputFile[], baseDir: string): string[] {
  return files
    .filter(({ file, bytes }) => file.endsWith('.json') && bytes >= BIG_JSON_BYTES)
    .map(({ file, bytes }) => {
      const name = relative(baseDir, file);
      return `${name} (${(bytes / 1024 / 1024).toFixed(1)} MB) is imported, so every VU has a copy; json('${name}') from brunt shares one`;
    });
}

/**
 * Bundles the script at `path`. Throws a BruntError (exit 107) with place, code frame and hint for a script that is
 * missing, does not parse or imports what cannot be found; several problems at once are all in it.
 */
export async function bundleScript(path: string, { cwd }: BundleOptions): Promise<Bundle> {
  const entry = resolveEntry(path, cwd);
  const scriptDir = dirname(entry);
  const findings: ResolveFindings = { esModules: new Set() };
  const result = await build(buildOptions(entry, scriptDir, findings), path, scriptDir);
  const metafile = result.metafile as Metafile;
  const files = userFiles(metafile, scriptDir);
  const text = (suffix: string): string =>
    result.outputFiles?.find((file) => file.path.endsWith(suffix))?.text ?? '';
  const code = wrapBundle({
    text: text('.cjs'),
    map: text('.map'),
    baseDir: scriptDir,
    entry,
    strict: files.every(({ format }) => format !== 'cjs'),
  });
  const warnings = result.warnings
    .map((warning) => warningText(warning, scriptDir))
    .filter((line) => line !== undefined);
  return {
    code,
    entry,
    scriptDir,
    esModules: [...findings.esModules],
    inputs: [entry, ...files.map(({ file }) => file).filter((file) => file !== entry)],
    warnings: [...warnings, ...dataWarnings(files, scriptDir)],
  };
}
