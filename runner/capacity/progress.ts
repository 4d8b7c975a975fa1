/**
 * How far iterations are behind arrivals, counted from shared counters while a probe runs.
 *
 *     due(t)    arrivals that the schedule has made by t
 *     ended(t)  iterations that have ended by t
 *     D         time that an iteration takes without load on the system
 *
 * With D, ended(t) is due(t - D) as long as the system keeps up. What is missing of that, as a share, is how far it is
 * behind; a share that a window gains is load that the system did not take.
 */

import { arrivalSchedule } from '../../workers/plan/arrivals.ts';
import { probeCurve } from '../../workers/plan/probe.ts';
import type { Probe } from '../../workers/plan/types.ts';

/** What the counters said at a time, ms since the run's start. */
export interface Tally {
  readonly atMs: number;
  /** Iterations of the probe that have ended. */
  readonly ended: number;
}

/** Arrivals of a probe by time. */
export class DueArrivals {
  readonly #startMs: number;
  readonly #timesMs: Float64Array;

  constructor(probe: Probe) {
    this.#startMs = probe.startMs;
    const schedule = arrivalSchedule(probeCurve(probe));
    this.#timesMs = new Float64Array(schedule.total);
    for (let n = 0; n < schedule.total; n++) this.#timesMs[n] = schedule.arrivalAt(n) as number;
  }

  /** Arrivals up to a time of the run. */
  by(atMs: number): number {
    const times = this.#timesMs;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((times[middle] as number) <= atMs - this.#startMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Share of the arrivals between two times by which completions fell behind; 0 where they kept up. */
export function behindBetween(due: DueArrivals, from: Tally, to: Tally, unloadedMs: number): number {
  const expected = due.by(to.atMs - unloadedMs) - due.by(from.atMs - unloadedMs);
  if (expected <= 0) return 0;
  return Math.max(0, 1 - (to.ended - from.ended) / expected);
}
