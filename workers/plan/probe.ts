/** When the arrivals of a capacity scenario's probe happen; the same in every worker and on the main thread. */

import type { ArrivalCurve, Probe } from './types.ts';

/** Even or random arrivals at the probe's rate, from the warm-up's first to the window's last. */
export function probeCurve(probe: Probe): ArrivalCurve {
  const { ratePerMs, warmUpMs, windowMs, poissonSeed } = probe;
  const segments = [{ durationMs: warmUpMs + windowMs, fromPerMs: ratePerMs, toPerMs: ratePerMs }];
  return { kind: 'rate', segments, firstArea: 0, poissonSeed };
}
