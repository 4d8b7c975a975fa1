/**
 * Whether the generator, not the system under test, shaped the result.
 *
 * What is judged is `generator_start_lag`: how late open-model arrivals started although a VU was there for them.
 * It is `iteration_start_lag` less the time an arrival waited in the queue (`whenBusy: 'queue'`) for a VU to come
 * free; that wait is the system's doing, unless the VUs were busy because the generator was: then all of
 * `iteration_start_lag` is judged. Without a queue both are the same.
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

/**
 * `maxStartLagMs`: highest p(99) that still counts (`validity.maxStartLag`). `filled`: whether open scenarios ran on full
 * event loops (`GeneratorWatch.filled`).
 */
export function judgeValidity(aggregate: Aggregate, maxStartLagMs: number, filled = false): Validity {
  const p99Of = (name: string): number | null =>
    aggregate
      .metrics()
      .find((state) => state.def.name === name)
      ?.stat('p(99)') ?? null;
  const allowed = `allowed are ${formatDuration(maxStartLagMs)} (validity.maxStartLag)`;
  const own = p99Of('generator_start_lag');
  const whole = p99Of('iteration_start_lag');
  const reasons: string[] = [];
  if (own !== null && own > maxStartLagMs) {
    reasons.push(`the generator started arrivals late: start lag p99 ${told(own)}, ${allowed}`);
  } else if (filled && whole !== null && whole > maxStartLagMs) {
    reasons.push(
      `arrivals waited for VUs that were busy because the generator was: start lag p99 ${told(whole)}, ${allowed}`,
    );
  }
  return { valid: reasons.length === 0, startLagP99Ms: own, reasons };
}

function told(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
