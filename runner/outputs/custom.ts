/**
 * `-o ./my-output.ts`, `-o @acme/brunt-output=TARGET`: an output that is a module of the user's. It runs in a thread of
 * its own (see `workers/output/messages.ts`), from a bundle as a script does.
 */

import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BruntError, ConfigError, EXIT } from '../../dsl/errors.ts';
import type { OutputRun as PublicRun } from '../../dsl/output/types.ts';
import { packageRoot } from '../../dsl/package-root.ts';
import type {
  FromOutput,
  OutputCall,
  OutputTask,
  ToOutput,
  WireSamples,
} from '../../workers/output/messages.ts';
import { bundleScript } from '../bundle/bundle.ts';
import { packageEntry } from '../bundle/package-entry.ts';
import type { Summary } from '../summary/model.ts';
import { type Output, type OutputBatch, type OutputRun, RetryableError, type SampleBatch } from './output.ts';
import type { OutputContext } from './registry.ts';
import type { OutputSpec } from './spec.ts';

/** What the module's code and the making of its definition may take. */
const LOAD_MS = 10_000;
/** An output that gathers without bound ends itself, not the run. */
const MOST_HEAP_MB = 512;

/** Whether `-o` names a file. */
export function isFile(kind: string): boolean {
  return /^\.{0,2}[\\/]/.test(kind) || isAbsolute(kind) || /\.[cm]?[jt]s$/.test(kind);
}

/** Whether it can only be a package. */
export function isScopedPackage(kind: string): boolean {
  return /^@[^/\s]+\/[^/\s]/.test(kind);
}

/** The module's file; undefined where there is no package of that name. */
async function moduleFile(kind: string, cwd: string): Promise<string | undefined> {
  if (!isFile(kind)) return packageEntry(kind, cwd);
  const path = resolve(cwd, kind);
  if (existsSync(path)) return path;
  throw new ConfigError([
    { message: `there is no file ${path}.`, hint: 'Name a module whose default export is an output.' },
  ]);
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

class OutputThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: string | undefined;

  constructor(task: OutputTask, log: NonNullable<OutputContext['log']>) {
    this.#worker = new Worker(join(packageRoot(), 'dist', 'workers', 'output', 'main.js'), {
      workerData: task,
      env: task.env as Record<string, string>,
      // What packages print themselves; the module's own console comes as messages.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    });
    // Whoever waits for it has a time limit, and that keeps the process.
    this.#worker.unref();
    const print = (text: Buffer): void => log('info', String(text).trimEnd());
    this.#worker.stdout.on('data', print);
    this.#worker.stderr.on('data', print);
    this.#worker.on('error', (error: Error & { code?: string }) => {
      this.#end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `it took more than ${MOST_HEAP_MB} MB of memory and was ended`
          : `it ended by an error outside of a call: ${error.message}`,
      );
    });
    this.#worker.on('exit', (code) => this.#end(`it ended itself (process.exit, code ${code})`));
    this.#worker.on('message', (message: FromOutput) => this.#receive(message, log));
  }

  /** Settles with what the module is once it is evaluated. */
  loaded(): Promise<Extract<FromOutput, { type: 'loaded' }>> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void =>
        reject(new BruntError(reason, { code: 'OUTPUT_UNUSABLE', exitCode: EXIT.badConfig }));
      const limit = setTimeout(() => {
        fail(`its module code does not come to an end within ${LOAD_MS / 1000} s`);
      }, LOAD_MS);
      this.#waiting.set(0, {
        resolve: () => undefined,
        reject: ({ message }) => {
          clearTimeout(limit);
          fail(message);
        },
      });
      this.#worker.on('message', (message: FromOutput) => {
        if (message.type !== 'loaded' && message.type !== 'refused') return;
        clearTimeout(limit);
        this.#waiting.delete(0);
        if (message.type === 'loaded') resolve(message);
        else reject(BruntError.fromWire({ ...message.error, exitCode: EXIT.badConfig }));
      });
    });
  }

  call(call: OutputCall, signal?: AbortSignal): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(new Error(this.#ended));
    this.#calls++;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: 'call', id, call });
      signal?.addEventListener('abort', () => {
        this.#post({
          type: 'abort',
          id,
          reason: String((signal.reason as Error | undefined)?.message ?? ''),
        });
      });
    });
  }

  stop(): void {
    this.#ended ??= 'it was stopped';
    void this.#worker.terminate();
  }

  #post(message: ToOutput): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromOutput, log: NonNullable<OutputContext['log']>): void {
    if (message.type === 'log') {
      log(message.level, message.text);
      return;
    }
    if (message.type !== 'done' && message.type !== 'failed') return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === 'done') waiting?.resolve();
    else if (message.retryable) waiting?.reject(new RetryableError(message.message, message));
    else waiting?.reject(new Error(message.message));
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(this.#ended));
    this.#waiting.clear();
  }
}

function publicRun({ runId, script, version, options, metrics, rules }: OutputRun): PublicRun {
  return {
    id: runId,
    script,
    version,
    tags: options.tags,
    metrics: metrics.map(({ name, type, unit }) => ({ name, type, unit })),
    thresholds: rules.map(({ metric, threshold }) => ({ metric, threshold })),
  };
}

class CustomOutput implements Output {
  readonly name: string;
  readonly sendTimeoutMs?: number;
  readonly send?: (batch: OutputBatch, signal: AbortSignal) => Promise<void>;
  readonly samples?: (batch: SampleBatch) => Promise<void>;
  readonly ended?: (summary: Summary) => Promise<void>;
  readonly #thread: OutputThread;
  /** Number of a table of series, and how many of it the thread knows. */
  readonly #tables = new Map<SampleBatch['table'], { readonly number: number; sent: number }>();

  constructor(name: string, thread: OutputThread, loaded: Extract<FromOutput, { type: 'loaded' }>) {
    this.name = name;
    this.#thread = thread;
    const { wants, timeoutMs } = loaded;
    if (timeoutMs !== undefined) this.sendTimeoutMs = timeoutMs;
    if (wants.includes('batch')) {
      this.send = (batch, signal) => thread.call({ type: 'batch', batch }, signal);
    }
    if (wants.includes('samples')) {
      this.samples = (batch) => thread.call({ type: 'samples', samples: this.#wire(batch) });
    }
    if (wants.includes('summary')) this.ended = (summary) => thread.call({ type: 'summary', summary });
  }

  open(run: OutputRun): Promise<void> {
    return this.#thread.call({ type: 'open', run: publicRun(run) });
  }

  async close(): Promise<void> {
    await this.#thread.call({ type: 'close' });
    if (this.ended === undefined) this.#thread.stop();
  }

  destroy(): void {
    this.#thread.stop();
  }

  #wire({ table, series, times, values, urls, urlTable }: SampleBatch): WireSamples {
    let known = this.#tables.get(table);
    if (known === undefined) {
      known = { number: this.#tables.size, sent: 0 };
      this.#tables.set(table, known);
    }
    const added = table.slice(known.sent);
    known.sent = table.length;
    return { table: known.number, added, series, times, values, urls, urlTable };
  }
}

/** Undefined where `-o` names neither a file nor an installed package. */
export async function createCustom(spec: OutputSpec, context: OutputContext): Promise<Output | undefined> {
  const file = await moduleFile(spec.kind, context.cwd);
  if (file === undefined) return undefined;
  const { code, entry, scriptDir, esModules = [], warnings } = await bundleScript(file, { cwd: context.cwd });
  for (const warning of warnings) context.warn(warning);
  const { target } = spec;
  const { cwd, env } = context;
  const thread = new OutputThread(
    { bundle: { code, entry, scriptDir, esModules }, target, env, cwd },
    (level, text) => context.log?.(level, `${spec.name}: ${text}`),
  );
  try {
    return new CustomOutput(spec.name, thread, await thread.loaded());
  } catch (error) {
    thread.stop();
    if (!(error instanceof BruntError)) throw error;
    const message = `-o ${spec.name} cannot be used: ${error.message.replace(/^the script /, 'it ')}`;
    throw BruntError.fromWire({ ...error.toWire(), message });
  }
}
