/** Entry of the thread of one output that is the user's own module; see `messages.ts`. */

import { parentPort, workerData } from 'node:worker_threads';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { VuHost } from '../../dsl/host.ts';
import * as outside from '../../dsl/index.ts';
import * as output from '../../dsl/output/index.ts';
import type { OutputDefinition } from '../../dsl/output/types.ts';
import { loadScript } from '../load/script.ts';
import { readFrame, userStack } from '../load/stack.ts';
import { readDefinition, timeoutMsOf } from './definition.ts';
import type { FromOutput, OutputCall, OutputTask, ToOutput } from './messages.ts';
import { OutputReader } from './reader.ts';

const task = workerData as OutputTask;
const { scriptDir } = task.bundle;
const reader = new OutputReader();
const aborts = new Map<number, AbortController>();

function send(message: FromOutput): void {
  parentPort?.postMessage(message);
}

/** What the module's code may use of a VU: no run is going on here. */
const host = {
  env: task.env,
  random: Math.random,
  log: (level: 'debug' | 'info' | 'warn' | 'error', text: string) => send({ type: 'log', level, text }),
} as unknown as VuHost;

function moduleOf(specifier: string): unknown {
  if (specifier === 'brunt/output') return output;
  return specifier === 'brunt' ? outside : undefined;
}

async function load(): Promise<OutputDefinition> {
  const script = await loadScript(task.bundle);
  const { target, env, cwd } = task;
  const module = script.instantiate(host, moduleOf);
  return readDefinition(module.default, { target, env, cwd });
}

/** The message with its place in the user's source. */
function reasonOf(error: unknown): string {
  const { message: whole, location } = userStack(error, scriptDir);
  const message = whole.replace(/^RetryableError: /, '');
  if (location === undefined) return message;
  const name = location.file.startsWith(`${scriptDir}/`)
    ? location.file.slice(scriptDir.length + 1)
    : location.file;
  return `${message} (${name}:${location.line}:${location.column})`;
}

function refusal(error: unknown): BruntError {
  if (error instanceof BruntError) return error;
  const { message, location, frames } = userStack(error, scriptDir);
  return new BruntError(message, {
    code: 'OUTPUT_THREW',
    exitCode: EXIT.badConfig,
    location,
    frame: location && readFrame(location),
    userStack: frames.length > 0 ? frames.join('\n') : undefined,
  });
}

async function perform(definition: OutputDefinition, call: OutputCall, signal: AbortSignal): Promise<void> {
  switch (call.type) {
    case 'open':
      await definition.open?.(call.run);
      return;
    case 'batch':
      await definition.batch?.(reader.batch(call.batch), signal);
      return;
    case 'samples':
      await definition.samples?.(reader.samples(call.samples));
      return;
    case 'close':
      await definition.close?.();
      return;
    case 'summary':
      await definition.summary?.(call.summary);
  }
}

async function answer(definition: OutputDefinition, id: number, call: OutputCall): Promise<void> {
  const abort = new AbortController();
  aborts.set(id, abort);
  try {
    await perform(definition, call, abort.signal);
    send({ type: 'done', id });
  } catch (error) {
    const { retryable, afterMs } = (error ?? {}) as { retryable?: unknown; afterMs?: unknown };
    send({
      type: 'failed',
      id,
      message: reasonOf(error),
      retryable: retryable === true,
      afterMs: typeof afterMs === 'number' ? afterMs : undefined,
    });
  } finally {
    aborts.delete(id);
  }
}

try {
  const definition = await load();
  parentPort?.on('message', (message: ToOutput) => {
    if (message.type === 'call') void answer(definition, message.id, message.call);
    else aborts.get(message.id)?.abort(new Error(message.reason));
  });
  const wants = (['open', 'batch', 'samples', 'close', 'summary'] as const).filter(
    (name) => definition[name] !== undefined,
  );
  send({ type: 'loaded', wants, timeoutMs: timeoutMsOf(definition) });
} catch (error) {
  send({ type: 'refused', error: refusal(error).toWire() });
}
