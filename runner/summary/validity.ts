/**
 * Whether the generator, not the system under test, shaped the result.
 *
 * What is judged is `generator_start_lag`: how late open-model arrivals started although a VU was there for them.
 * It is `iteration_start_lag` less the time an arrival waited in the queue (`whenBusy: 'queue'`) for a VU to come
 * free; that wait is the system's doing. Without a queue both are the same.
 */

import { formatDuration } from '../../dsl/duration.ts';
import type { Aggregate } from '../aggregate/types.ts';

export interface Validity {
  readonly valid: boolean;
  /** p(99) over all open-model arrivals, ms; null where there were none. */
  readonly startLagP99Ms: number | null;
  /** One sentence for each condition that does not hold. */
  readonly reasons: readonly string[];
}

/** `maxStartLagMs`: highest p(99) that still counts (`validity.maxStartLag`). */
export function judgeValidity(aggregate: Aggregate, maxStartLagMs: number): Validity {
  const lag = aggregate.metrics().find((state) => state.def.name === 'generator_start_lag');
  const p99 = lag?.stat('p(99)') ?? null;
  if (p99 === null || p99 <= maxStartLagMs) return { valid: true, startLagP99Ms: p99, reasons: [] };
  const was = p99 < 1000 ? `${Math.round(p99)} ms` : `${(p99 / 1000).toFixed(1)} s`;
  return {
    valid: false,
    startLagP99Ms: p99,
    reasons: [
      `the generator started arrivals late: start lag p99 ${was}, allowed are ${formatDuration(maxStartLagMs)} (validity.maxStartLag)`,
    ],
  };
}
