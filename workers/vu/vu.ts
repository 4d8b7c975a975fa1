/**
 * One virtual user: a host, the script's function, and the account of every iteration it was told to run.
 *
 *     started -> complete     the promise settled without an error
 *             -> failed       it threw or rejected: `iteration_errors`
 *             -> interrupted  the run told it to end; neither done nor an error
 *             -> exhausted    a feed had no item left; as if it had not been started
 *
 * Only complete iterations enter `iterations` and the iteration trends, as a failed one is often a very short one.
 */

import { FeedEnd } from '../../dsl/data-errors.ts';
import { InterruptedError } from '../../dsl/errors.ts';
import { M } from '../../dsl/metrics.ts';
import type { ScenarioControl } from '../control.ts';
import type { DriverClock, DriverVu } from '../drivers/types.ts';
import type { ThreadVuHost } from './host.ts';

/** What the script exports as the function to run. */
export type IterationFunction = (data: unknown) => unknown;

export interface VuParts {
  readonly host: ThreadVuHost;
  readonly iterate: IterationFunction;
  /** This VU's own copy of what `setup` returned; called once, before the first iteration. */
  readonly setupData: () => unknown;
  readonly control: ScenarioControl;
  readonly clock: DriverClock;
  readonly minIterationDurationMs: number;
  /** Reports a thrown iteration; slow work (stacks) is rationed there. */
  readonly iterationFailed: (scenario: string, error: unknown) => void;
}

/**
 * How long an interrupted iteration may take to unwind (its `finally` blocks, its catch handlers). One that waits for
 * something that we cannot abort is left behind after that, so that it does not hold up the end of the run.
 */
const ABANDON_MS = 250;

/** What waits for an iteration's promise. */
interface Listeners {
  readonly fulfilled: () => void;
  readonly rejected: (error: unknown) => void;
}

/** For iterations that await nothing. */
const SETTLED = Promise.resolve();

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

export class Vu implements DriverVu {
  exhausted = false;
  ended: DriverVu['ended'] = () => undefined;
  readonly #parts: VuParts;
  #data: unknown;
  #hasData = false;
  #running = false;
  #listeners: Listeners = this.#newListeners();
  /** Of an iteration that was interrupted. */
  #patience: NodeJS.Timeout | undefined;
  /** Of the iteration under way. */
  #startedMs = 0;
  #scheduledMs: number | undefined;

  constructor(parts: VuParts) {
    this.#parts = parts;
  }

  run(
    scheduledMs: number | undefined,
    iterationInScenario: number,
    readyMs = scheduledMs,
    nowMs = this.#parts.clock.now(),
  ): void {
    this.#begin(scheduledMs, iterationInScenario, readyMs, nowMs);
    let outcome: unknown;
    try {
      outcome = this.#parts.iterate(this.#data);
    } catch (error) {
      outcome = Promise.reject(error);
    }
    const { fulfilled, rejected } = this.#listeners;
    if (outcome instanceof Promise) outcome.then(fulfilled, rejected);
    else if (isThenable(outcome)) Promise.resolve(outcome).then(fulfilled, rejected);
    else void SETTLED.then(fulfilled);
  }

  #begin(
    scheduledMs: number | undefined,
    iterationInScenario: number,
    readyMs: number | undefined,
    nowMs: number,
  ): void {
    const { host } = this.#parts;
    const { recorder, context } = host;
    if (!this.#hasData) {
      this.#data = this.#parts.setupData();
      this.#hasData = true;
      // A copy of large data takes time that is not the iteration's.
      nowMs = this.#parts.clock.now();
    }
    host.interrupted = false;
    this.#running = true;
    context.iterationInScenario = iterationInScenario;
    this.#startedMs = nowMs;
    this.#scheduledMs = scheduledMs;
    if (scheduledMs !== undefined) {
      recorder.series(M.iteration_start_lag, host.tags()).add(Math.max(0, nowMs - scheduledMs));
      recorder.series(M.generator_start_lag, host.tags()).add(Math.max(0, nowMs - (readyMs ?? scheduledMs)));
    }
  }

  #settled(threw: boolean, error: unknown): void {
    const { clock, host, minIterationDurationMs } = this.#parts;
    const endedMs = clock.now();
    const durationMs = endedMs - this.#startedMs;
    this.#account(durationMs, threw, error);
    const restMs = minIterationDurationMs - durationMs;
    if (restMs > 0 && !host.interrupted) void this.#rest(restMs).then(() => this.#end());
    else this.#end(endedMs);
  }

  interrupt(): void {
    if (!this.#running) return;
    this.#parts.host.interrupt();
    this.#patience ??= setTimeout(this.#giveUp, ABANDON_MS);
  }

  readonly #giveUp = (): void => {
    this.#listeners = this.#newListeners();
    this.#parts.control.add('interrupted', 1);
    this.#end();
  };

  /** Kept over iterations, so that one costs no closures; what is not the newest listens to an iteration given up. */
  #newListeners(): Listeners {
    const listeners: Listeners = {
      fulfilled: () => {
        if (listeners === this.#listeners) this.#settled(false, undefined);
      },
      rejected: (error) => {
        if (listeners === this.#listeners) this.#settled(true, error);
      },
    };
    return listeners;
  }

  #account(durationMs: number, threw: boolean, error: unknown): void {
    const { host, control } = this.#parts;
    const { recorder, context } = host;
    const tags = host.tags();
    if (error instanceof FeedEnd) {
      this.exhausted = true;
      control.add('exhausted', 1);
    } else if (host.interrupted || (threw && error instanceof InterruptedError)) {
      control.add('interrupted', 1);
    } else if (threw) {
      control.add('failed', 1);
      recorder.series(M.iteration_errors, tags).add(1);
      this.#parts.iterationFailed(context.scenario, error);
    } else {
      control.add('complete', 1);
      recorder.series(M.iterations, tags).add(1);
      recorder.series(M.iteration_duration, tags).add(durationMs);
      if (this.#scheduledMs !== undefined) {
        const responseMs = this.#startedMs - this.#scheduledMs + durationMs;
        recorder.series(M.iteration_response_time, tags).add(responseMs);
      }
    }
  }

  #end(nowMs?: number): void {
    const { host } = this.#parts;
    if (this.#patience !== undefined) clearTimeout(this.#patience);
    this.#patience = undefined;
    host.endIteration();
    this.#running = false;
    host.context.iteration += 1;
    this.ended(nowMs);
  }

  setTag(key: string, value: string): void {
    this.#parts.host.setTag(key, value);
  }

  async retire(): Promise<void> {
    await this.#parts.host.retire();
  }

  #stopResting: (() => void) | undefined;

  /** The rest of `minIterationDuration`; an interruption cuts it short. */
  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (this.#stopResting === undefined) this.#parts.host.onInterrupt(() => this.#stopResting?.());
      this.#stopResting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
