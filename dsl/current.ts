/**
 * The VU whose module code is running. Module code is synchronous and a thread runs one VU's at a time, so one
 * variable is enough; it lets `new Trend('x')` find its VU without a class of its own for every VU.
 */

import type { VuHost } from './host.ts';

let current: VuHost | undefined;

/** Runs module code on behalf of a VU. */
export function withCurrentHost<T>(host: VuHost, fn: () => T): T {
  const outer = current;
  current = host;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** The VU whose module code runs now; undefined inside iterations and outside of `brunt run`. */
export function currentHost(): VuHost | undefined {
  return current;
}
