/** Starts the server of an experiment and the built command against it. */

import { fork, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../../runner/summary/model.ts';
import { QUANTILES } from './rows.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface ServerOptions {
  readonly serviceMs?: number;
  readonly slowMs?: number;
  readonly slowEvery?: number;
  readonly oneAtATime?: boolean;
  readonly pauseAtMs?: number;
  readonly pauseMs?: number;
}

export interface Seen {
  readonly id: string;
  /** On the server's clock. */
  readonly atMs: number;
}

export interface ExactServer extends AsyncDisposable {
  readonly url: string;
  /** Every request so far, in the order in which they came. */
  log(): Promise<readonly Seen[]>;
  /** How late its answers went out, ms: the machine's doing. */
  late(): Promise<{ readonly p95: number; readonly max: number }>;
}

export async function startServer(options: ServerOptions): Promise<ExactServer> {
  const child = fork(here('server.mjs'), [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
    child.once('exit', () => reject(new Error('the server of the experiment did not start')));
  });
  const url = `http://127.0.0.1:${port}`;
  const log = async (): Promise<readonly Seen[]> =>
    (await fetch(`${url}/log`)).json() as Promise<readonly Seen[]>;
  // The first requests of a process are slow; these are not logged.
  for (let i = 0; i < 20; i++) await log();
  return {
    url,
    log,
    late: async () => (await fetch(`${url}/late`)).json() as Promise<{ p95: number; max: number }>,
    [Symbol.asyncDispose]: async () => {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await exited;
    },
  };
}

export interface Outcome {
  readonly code: number | null;
  readonly summary: Summary;
  /** Values of a metric; empty where it has no data. */
  readonly values: (metric: string) => Readonly<Record<string, number>>;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string | number>>;
  readonly flags?: readonly string[];
  readonly limitMs: number;
}

/** `brunt run scripts/<script>.ts`; rejects if it writes no summary within the limit. */
export async function runCommand(
  bin: string,
  script: string,
  { env = {}, flags = [], limitMs }: CommandOptions,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'brunt-experiment-'));
  const file = join(folder, 'summary.json');
  const stats = ['avg', 'max', ...QUANTILES.map((p) => `p(${p})`)].join(',');
  const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  try {
    const child = spawn(
      process.execPath,
      [
        ...[bin, 'run', here(`scripts/${script}.ts`), '-q', '--summary-export', file],
        ...['--summary-trend-stats', stats, ...variables, ...flags],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    clearTimeout(limit);
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Error(`brunt run ${script}.ts wrote no summary (exit code ${code}):\n${output}`);
    });
    const summary = JSON.parse(text) as Summary;
    return { code, summary, values: (metric) => summary.metrics[metric]?.values ?? {} };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
