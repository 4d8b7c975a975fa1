/**
 * The demo system as a child process.
 *
 *     starting ──(its /health says ok)──> running ──(stop, or it ends)──> ended
 *        └──(it ends, or the time limit)──> ended, and `spawnDemo` rejects
 *
 * It runs in a process group of its own: the first Ctrl-C of a terminal goes to the whole group of the foreground and
 * would take the system away from under a run that is still draining. It cannot be left behind all the same: it ends
 * when the IPC channel to this process closes.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { packageRoot } from '../../dsl/package-root.ts';

/** The embedded database takes 1.5 s on an idle machine. */
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** The demo's own time limit for stopping is four seconds. */
const STOP_TIMEOUT_MS = 5000;
const KEPT_STDERR = 4000;

export interface DemoOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the compiled `main.js` of the demo system. */
  readonly entry?: string;
  /** Default 30 s. */
  readonly readyTimeoutMs?: number;
  /** Variables beside those of this process, such as `DATABASE_URL`. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Demo {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process has ended, with what it wrote to standard error last. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Status and body of a GET; undefined where nothing answered. Never rejects. */
export function fetchText(
  url: string,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly body: string } | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}

function demoError(code: string, message: string, hint?: string): BruntError {
  return new BruntError(message, { code, exitCode: EXIT.badConfig, hint });
}

/** Why a demo system that ended before it was ready did so. */
function startError(port: number, stderr: string): BruntError {
  if (stderr.includes('EADDRINUSE')) {
    return demoError(
      'PORT_IN_USE',
      `The demo system could not start: port ${port} is taken.`,
      'Name another with --port N; --port 0 takes any free one.',
    );
  }
  const said = stderr.trim();
  return demoError('DEMO_FAILED', `The demo system could not start${said === '' ? '.' : `:\n${said}`}`);
}

function urlFrom(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'url' in message) resolve(String(message.url));
    });
  });
}

/** Resolves when `/health` says ok; gives up when `signal` is aborted. */
async function waitForHealth(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const health = await fetchText(`${url}/health`, 2000);
    if (health?.status === 200) return;
    await delay(POLL_MS);
  }
}

function createStop(child: ChildProcess, ended: Promise<unknown>): () => Promise<void> {
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  };
}

/** Starts the demo system in its own process and waits until it can serve. Rejects with a BruntError that says why not. */
export async function spawnDemo(options: DemoOptions = {}): Promise<Demo> {
  const { port = 0, readyTimeoutMs = READY_TIMEOUT_MS } = options;
  const entry = options.entry ?? join(packageRoot(), 'dist', 'examples', 'target', 'main.js');
  if (!existsSync(entry)) {
    throw demoError(
      'DEMO_NOT_BUILT',
      `The demo system is not there: no ${entry}.`,
      'Build it first: npm run build',
    );
  }
  const child = fork(entry, ['--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
    execArgv: [],
    env: { ...process.env, ...options.env },
  });

  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    stderr = (stderr + part).slice(-KEPT_STDERR);
  });
  const ended = new Promise<{ readonly exitCode: number | null; readonly stderr: string }>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, stderr }));
    child.once('error', (error) => resolve({ exitCode: null, stderr: error.message }));
  });
  const stop = createStop(child, ended);

  const waiting = new AbortController();
  const limit = setTimeout(() => waiting.abort(), readyTimeoutMs);
  const outOfTime = new Promise<'late'>((resolve) => {
    waiting.signal.addEventListener('abort', () => resolve('late'));
  });
  const ready = urlFrom(child).then(async (url) => {
    await waitForHealth(url, waiting.signal);
    return { url };
  });
  const first = await Promise.race([ready, ended, outOfTime]);
  clearTimeout(limit);
  waiting.abort();

  if (first === 'late') {
    await stop();
    throw demoError('DEMO_TIMEOUT', `The demo system was not ready within ${readyTimeoutMs} ms.`);
  }
  if (!('url' in first)) throw startError(port, first.stderr);
  return { url: first.url, pid: child.pid as number, ended, stop };
}
