/** What a module for `-o` exports, checked: a definition, or what makes one of the target. */

import { parseDuration } from '../../dsl/duration.ts';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { OutputContext, OutputDefinition } from '../../dsl/output/types.ts';

const FUNCTIONS = ['open', 'batch', 'samples', 'close', 'summary'] as const;

const EXAMPLE = 'export default defineOutput({ batch(batch) { … } }), with defineOutput from brunt/output';

function unusable(problem: string, hint: string): BruntError {
  return new BruntError(problem, { code: 'BAD_OUTPUT', exitCode: EXIT.badConfig, hint });
}

/** Calls a factory, checks the rest. Throws a BruntError (exit 104) for what cannot be an output. */
export async function readDefinition(exported: unknown, context: OutputContext): Promise<OutputDefinition> {
  if (exported === undefined) throw unusable('the module has no default export', `write ${EXAMPLE}`);
  const made: unknown = typeof exported === 'function' ? await exported(context) : exported;
  if (typeof made !== 'object' || made === null) {
    throw unusable(
      `its default export gives ${made === null ? 'null' : `a ${typeof made}`}`,
      `write ${EXAMPLE}`,
    );
  }
  // A class's instance has its functions on its prototype: what is there is asked for by name, what is not is not.
  const given = made as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    if (key === 'timeout' || (FUNCTIONS as readonly string[]).includes(key)) continue;
    if (typeof given[key] !== 'function' || Object.getPrototypeOf(made) !== Object.prototype) continue;
    throw unusable(`an output has no function '${key}'`, `it may have ${FUNCTIONS.join(', ')}`);
  }
  for (const name of FUNCTIONS) {
    if (given[name] !== undefined && typeof given[name] !== 'function') {
      throw unusable(`'${name}' of an output must be a function`, `write ${EXAMPLE}`);
    }
  }
  if (FUNCTIONS.every((name) => name === 'open' || name === 'close' || given[name] === undefined)) {
    throw unusable('it asks for nothing', 'an output has at least one of batch, samples and summary');
  }
  timeoutMsOf(made as OutputDefinition);
  return made as OutputDefinition;
}

export function timeoutMsOf({ timeout }: OutputDefinition): number | undefined {
  if (timeout === undefined) return undefined;
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : timeout;
  if (typeof ms === 'number' && ms > 0 && Number.isFinite(ms)) return ms;
  throw unusable(`'timeout' is ${JSON.stringify(timeout)}`, "write a duration above 0, such as '10s'");
}
