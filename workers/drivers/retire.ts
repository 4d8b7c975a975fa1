/** The end of a driver's VUs: all of them go, whether one fails to or not. */

import type { DriverVu } from './types.ts';

type Retiring = Pick<DriverVu, 'retire'>;

/**
 * As many as this at a time. A VU that goes closes its connections, which leaves more garbage behind than an iteration:
 * 10,000 of them at once added a tenth to the memory of the whole run.
 */
const AT_ONCE = 128;

/** Resolves when every one of them is retired or has failed to. */
export async function retireAll(vus: readonly Retiring[]): Promise<void> {
  let next = 0;
  const retireOnes = async (): Promise<void> => {
    for (let vu = vus[next++]; vu !== undefined; vu = vus[next++]) await vu.retire().catch(() => undefined);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, vus.length) }, retireOnes));
}
