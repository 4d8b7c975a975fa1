/** Runs the functions that are called once per test (setup, teardown, handleSummary) with their time limits. */

import { formatDuration } from '../dsl/duration.ts';
import { BruntError, EXIT, type ExitCode, InterruptedError, type WireError } from '../dsl/errors.ts';
import { userStack } from './load/stack.ts';

export type OnceStep = 'setup' | 'teardown' | 'handleSummary';

const TIMEOUT_EXIT: Readonly<Record<OnceStep, ExitCode>> = {
  setup: EXIT.setupTimeout,
  teardown: EXIT.teardownTimeout,
  handleSummary: EXIT.scriptError,
};

/** Settles as `fn` does; after `timeoutMs` calls `abort` and rejects with the step's timeout error. */
export async function runOnce<T>(
  step: OnceStep,
  fn: () => T | Promise<T>,
  timeoutMs: number,
  abort: () => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new BruntError(`${step}() did not finish within ${formatDuration(timeoutMs)}`, {
          code: `${step.toUpperCase()}_TIMEOUT`,
          exitCode: TIMEOUT_EXIT[step],
          hint: step === 'handleSummary' ? undefined : `allow it more time with the option ${step}Timeout`,
        }),
      );
      abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(fn), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is sent to the main thread when a step failed: our own errors as they are, thrown values with the user's stack. */
export function stepError(step: string, error: unknown, scriptDir: string): WireError {
  if (error instanceof BruntError) return error.toWire();
  const described = userStack(error, scriptDir);
  return new BruntError(`${step}: ${described.message}`, {
    code: error instanceof InterruptedError ? 'SCRIPT_INTERRUPTED' : 'SCRIPT_THREW',
    exitCode: EXIT.scriptError,
    location: described.location,
    frame: described.frame,
    userStack: described.frames.length > 0 ? described.frames.join('\n') : undefined,
  }).toWire();
}

/** Copies what `setup` returned for other threads; refuses what cannot be copied, saying so. */
export function copyable(data: unknown): unknown {
  try {
    return structuredClone(data);
  } catch (error) {
    throw new BruntError(
      `setup() returned data that cannot be copied to the VUs: ${error instanceof Error ? error.message : String(error)}`,
      {
        code: 'SETUP_DATA',
        exitCode: EXIT.scriptError,
        hint: 'return plain data: objects, arrays, strings, numbers, dates, maps, sets, buffers; no functions or class instances with behaviour',
        cause: error,
      },
    );
  }
}
