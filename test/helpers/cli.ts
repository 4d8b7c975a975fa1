/**
 * Runs the built command as its users do: a process of its own, in a folder of its own, seen by its exit code, its two
 * streams and the files that it writes.
 *
 *     const run = await runScript(`export default async function () { … }`, ['-i', '10']);
 *     run.code, run.stdout, run.stderr, run.summary (of --summary-export), run.read('report.txt')
 *
 * The command is `dist/runner/bin.js`, or what the variable BRUNT_TEST_BIN names. Every process is bounded in time and
 * leads a process group, so that a test can see, and does see, that nothing of it is left behind.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { MetricSummary, Summary } from '../../runner/summary/model.ts';

export const BIN =
  process.env.BRUNT_TEST_BIN ?? fileURLToPath(new URL('../../dist/runner/bin.js', import.meta.url));

/** Far above what any of these runs needs, so that a busy machine does not fail a test, yet a hang does. */
const LONGEST_MS = 25_000;

export interface CliOptions {
  /** Added to this process's environment, of which BRUNT_*, GITHUB_* and NODE_OPTIONS are left out; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Files to write into the folder before: path to content. */
  readonly files?: Readonly<Record<string, string>>;
  /** An existing folder in place of a new one. */
  readonly cwd?: string;
  /** A command that runs the rest of its arguments, such as `bash -c 'ulimit -f 4; exec "$@"' -`. */
  readonly through?: readonly string[];
  readonly timeoutMs?: number;
}

export interface ScriptOptions extends CliOptions {
  /** Default `script.ts`. */
  readonly name?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, for what must not stand in either. */
  readonly output: string;
  readonly durationMs: number;
  readonly cwd: string;
  /** Processes of its group that outlived it. */
  readonly orphans: boolean;
  read(file: string): string;
}

export interface ScriptResult extends CliResult {
  /** What `--summary-export` wrote; throws, with both streams, where it wrote nothing. */
  readonly summary: Summary;
  readonly hasSummary: boolean;
  metric(name: string): MetricSummary;
  /** One value of a metric; 0 where the metric has no data at all. */
  value(name: string, stat: string): number;
}

export interface Running<R extends CliResult> {
  readonly pid: number;
  readonly done: Promise<R>;
  /** Settles when the pattern stands in either stream. */
  seen(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** A new folder with these files; removed with the test. */
export function folder(files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'brunt-e2e-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  put(dir, files);
  return dir;
}

function put(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
}

function environment(changes: CliOptions['env'] = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...process.env, ...changes })) {
    const inherited = !(key in changes);
    if (
      value === undefined ||
      (inherited && /^(BRUNT_|GITHUB_|NODE_OPTIONS$|VITEST|FORCE_COLOR$|NO_COLOR$)/.test(key))
    )
      continue;
    env[key] = value;
  }
  return env;
}

function groupIsAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** esbuild's service ends by itself when its parent does, a moment later. */
async function leavesOrphans(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if (!groupIsAlive(pid)) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

interface Watched {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly done: Promise<CliResult>;
  readonly output: () => string;
}

function watch(args: readonly string[], options: CliOptions): Watched {
  const { timeoutMs = LONGEST_MS } = options;
  const cwd = options.cwd ?? folder();
  put(cwd, options.files ?? {});
  const started = performance.now();
  const [command = '', ...rest] = [...(options.through ?? []), process.execPath, BIN, ...args];
  const child = spawn(command, rest, {
    cwd,
    env: environment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid as number;
  const killGroup = (): void => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It is over.
    }
  };
  onTestFinished(killGroup);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const said = (): string => `${args.join(' ')}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
  const done = new Promise<CliResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      killGroup();
      reject(new Error(`still running after ${timeoutMs} ms: brunt ${said()}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const durationMs = performance.now() - started;
      const output = `${stdout}\n${stderr}`;
      void leavesOrphans(pid).then((orphans) =>
        resolve({
          code,
          signal,
          stdout,
          stderr,
          output,
          durationMs,
          cwd,
          orphans,
          read: (file) => readFileSync(join(cwd, file), 'utf8'),
        }),
      );
    });
  });
  // A test that fails before it waits for the end must not end all others.
  done.catch(() => undefined);
  return { child, done, output: () => `${stdout}\n${stderr}` };
}

function running<R extends CliResult>(watched: Watched, result: (plain: CliResult) => R): Running<R> {
  const { child, output } = watched;
  const done = watched.done.then(result);
  done.catch(() => undefined);
  return {
    pid: child.pid as number,
    done,
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(output())) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        watched.done.then(
          () => reject(new Error(`ended without ${pattern}:\n${output()}`)),
          (error: unknown) => reject(error),
        );
      }),
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

/** `brunt <args>`. */
export function brunt(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return watch(args, options).done;
}

/** Starts `brunt run script.ts --summary-export summary.json <flags>` with this source. */
export function startScript(
  source: string,
  flags: readonly string[] = [],
  options: ScriptOptions = {},
): Running<ScriptResult> {
  const { name = 'script.ts' } = options;
  const files = { ...options.files, [name]: source };
  const watched = watch(['run', name, '--summary-export', 'summary.json', ...flags], { ...options, files });
  return running(watched, (plain) => withSummary(plain));
}

/** The same, to its end. */
export function runScript(
  source: string,
  flags: readonly string[] = [],
  options: ScriptOptions = {},
): Promise<ScriptResult> {
  return startScript(source, flags, options).done;
}

function withSummary(plain: CliResult): ScriptResult {
  const hasSummary = existsSync(join(plain.cwd, 'summary.json'));
  // Read now: the folder goes with the test.
  const text = hasSummary ? plain.read('summary.json') : '';
  const summary = (): Summary => {
    if (!hasSummary) throw new Error(`no summary was written; exit ${plain.code}\n${plain.output}`);
    return JSON.parse(text) as Summary;
  };
  const metric = (name: string): MetricSummary => {
    const found = summary().metrics[name];
    if (found === undefined)
      throw new Error(`no metric ${name}; there are ${Object.keys(summary().metrics).join(', ')}`);
    return found;
  };
  return {
    ...plain,
    hasSummary,
    get summary() {
      return summary();
    },
    metric,
    value: (name, stat) => summary().metrics[name]?.values[stat] ?? 0,
  };
}

/** Stack frames and paths of ours that no user should ever see. */
export const OURS = /\bdist\/(?:dsl|workers|runner)\/|node:internal|node_modules\/(?:piscina|undici|esbuild)/;

/** Lines that a script printed through `console.log('@', …)`, parsed as JSON after the mark, in order. */
export function printed<T = unknown>(result: CliResult): T[] {
  return result.output
    .split('\n')
    .flatMap((line) =>
      /@\{.*\}|@\[.*\]|@".*"/.test(line) ? [JSON.parse(line.slice(line.indexOf('@') + 1)) as T] : [],
    );
}
