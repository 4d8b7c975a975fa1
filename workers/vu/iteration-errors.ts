/**
 * Thrown iterations: counted by message, with the stack of the first of each. Mapping a stack to the user's
 * TypeScript takes milliseconds, so it is done for the first few distinct messages only; the rest are just counted.
 */

import { userStack } from '../load/stack.ts';
import type { RecorderErrors } from '../record/errors.ts';

/** Distinct messages per thread whose stack is read and which are logged at once. */
const MOST_STACKS = 20;

export class IterationErrors {
  readonly #errors: RecorderErrors;
  readonly #scriptDir: string;
  readonly #log: (text: string) => void;
  readonly #seen = new Set<string>();

  constructor(errors: RecorderErrors, scriptDir: string, log: (text: string) => void) {
    this.#errors = errors;
    this.#scriptDir = scriptDir;
    this.#log = log;
  }

  report(label: string, error: unknown): void {
    const key = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.#seen.has(key) || this.#seen.size >= MOST_STACKS) {
      this.#errors.count(label, 0, key);
      return;
    }
    this.#seen.add(key);
    const { frames } = userStack(error, this.#scriptDir);
    const stack = frames.length > 0 ? frames.join('\n') : undefined;
    this.#errors.count(label, 0, key, stack);
    this.#log(stack === undefined ? `${label}: ${key}` : `${label}: ${key}\n${stack}`);
  }
}
