/**
 * What the generator's own health says about the numbers, and what to do about it. Silent while there is nothing wrong.
 *
 *     closed model, event loop > 90 % busy for 3 s or more    the latencies contain waits inside of the generator
 *     open model, started late (see validity.ts)              why: too much work, garbage collection, or blocked
 *     open model, dropped, on loops that were full as above
 *     for more than half of the time                          the VUs were busy because the generator was
 *
 * A closed model has no schedule that it could miss, so nothing but its busy loop tells that it was the bottleneck.
 */

import { availableParallelism } from 'node:os';
import type { RunPlan, ScenarioPlan } from '../../workers/plan/types.ts';
import type { Aggregate, HistoryPoint, Tracked } from '../aggregate/types.ts';
import type { Validity } from './validity.ts';

/** Beyond this, what is ready to be handled waits for other work about as long as it takes itself. */
const SATURATED = 0.9;
/** A start, a collection of garbage or a burst may fill a second or two. */
const SATURATED_SECONDS = 3;

/** The part of a plan that is asked for. */
export type WatchedPlan = Pick<RunPlan, 'workers'> & {
  readonly scenarios: readonly Pick<ScenarioPlan, 'name' | 'load' | 'startTimeMs' | 'durationMs'>[];
};

export class GeneratorWatch {
  readonly #plan: WatchedPlan;
  readonly #cores: number;
  readonly #busy: Tracked;
  readonly #lag: Tracked;
  readonly #pauses: Tracked;
  readonly #dropped: Tracked;

  /** Call before the first snapshot. */
  constructor(aggregate: Aggregate, plan: WatchedPlan, cores = availableParallelism()) {
    this.#plan = plan;
    this.#cores = cores;
    this.#busy = aggregate.track({ metric: 'generator_loop_busy', tags: [] }, { history: true });
    this.#lag = aggregate.track({ metric: 'generator_loop_lag', tags: [] });
    this.#pauses = aggregate.track({ metric: 'generator_gc_pause', tags: [] });
    this.#dropped = aggregate.track({ metric: 'dropped_iterations', tags: [] });
  }

  /** Whether an event loop was full for most of the time in which open scenarios ran. */
  get filled(): boolean {
    const open = this.#plan.scenarios.filter(({ load }) => load.kind === 'arrivals');
    const course = this.#busy.history().filter(({ atMs }) => open.some((one) => runsAt(one, atMs)));
    const full = course.filter(isFull).length;
    return full >= SATURATED_SECONDS && full > course.length / 2;
  }

  /** Sentences for the user, without a full stop. */
  notes(validity: Validity): readonly string[] {
    const notes: string[] = [];
    const course = this.#busy.history();
    const closed = this.#plan.scenarios.filter(
      ({ load }) => load.kind === 'iterations' || load.kind === 'vus',
    );
    const full = course.filter((point) => isFull(point) && closed.some((one) => runsAt(one, point.atMs)));
    if (full.length >= SATURATED_SECONDS) {
      notes.push(
        `latencies are inflated by the generator: for ${full.length} s an event loop was more than 90 % busy, and what waited for it was measured too; ${this.#advice('fewer VUs')}`,
      );
    }
    if (!validity.valid) notes.push(this.#whyLate(course));
    else if ((this.#dropped.stat('count') ?? 0) > 0 && this.filled) {
      notes.push(
        `arrivals were dropped as no VU was free, and the VUs were busy because the generator was; ${this.#whyLate(course)}`,
      );
    }
    return notes;
  }

  #whyLate(course: readonly HistoryPoint[]): string {
    const seconds = course.filter(isFull).length;
    if (seconds >= SATURATED_SECONDS || seconds > course.length / 2) {
      return `an event loop was more than 90 % busy for ${seconds} s: ${this.#advice('a lower rate')}`;
    }
    const lagMs = this.#lag.stat('max') ?? 0;
    const pauseMs = this.#pauses.stat('max') ?? 0;
    const blocked = `an event loop stood still for up to ${Math.round(lagMs)} ms`;
    return pauseMs > lagMs / 2
      ? `${blocked}, ${Math.round(pauseMs)} ms of it to collect garbage: keep less in memory, or use more workers (--workers)`
      : `${blocked}: look for synchronous work in the script, or for other work on this machine`;
  }

  #advice(less: string): string {
    const workers = this.#plan.workers < this.#cores ? 'more workers (--workers), ' : '';
    return `use ${workers}${less} or another machine`;
  }
}

function isFull({ value }: HistoryPoint): boolean {
  return value > SATURATED;
}

/** A report at `atMs` speaks of the second before it. */
function runsAt({ startTimeMs, durationMs }: WatchedPlan['scenarios'][number], atMs: number): boolean {
  return atMs > startTimeMs && atMs - 1000 < startTimeMs + durationMs;
}
