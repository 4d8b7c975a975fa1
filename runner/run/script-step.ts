/** Waiting for the script's own code, which may be wrong in every way: it may throw, hang, or take its thread along. */

import { BruntError, EXIT } from '../../dsl/errors.ts';
import { within } from './stop-signal.ts';

/** Module code that takes longer than this hangs: it can only compute, not wait. */
const INIT_TIMEOUT_MS = 60_000;

export function stuck(step: string, exitCode: BruntError['exitCode']): BruntError {
  return new BruntError(`${step} does not come back`, {
    code: 'SCRIPT_STUCK',
    exitCode,
    hint: 'it is in a synchronous endless loop, or computes for very long without awaiting anything',
  });
}

/** A worker that dies before the load has measured nothing that could be invalid: the script failed. */
export function beforeLoad(error: unknown): unknown {
  if (!(error instanceof BruntError) || error.exitCode !== EXIT.invalid) return error;
  return BruntError.fromWire({ ...error.toWire(), exitCode: EXIT.scriptError });
}

/** Waits for module code. Rejects (exit 107) where it fails or never ends. */
export async function moduleCode<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(work, INIT_TIMEOUT_MS, () => stuck("the script's module code", EXIT.scriptError));
  } catch (error) {
    throw beforeLoad(error);
  }
}
