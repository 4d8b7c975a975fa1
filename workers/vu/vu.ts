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

export class Vu implements DriverVu {
  exhausted = false;
  abandoned: (() => void) | undefined;
  readonly #parts: VuParts;
  #data: unknown;
  #hasData = false;
  #running = false;
  /** Changes with every iteration, and when one is given up: how a promise that settles too late is told. */
  #turn = 0;

  constructor(parts: VuParts) {
    this.#parts = parts;
  }

  async run(
    scheduledMs: number | undefined,
    iterationInScenario: number,
    readyMs = scheduledMs,
  ): Promise<void> {
    const { host, clock, iterate } = this.#parts;
    const { recorder, context } = host;
    if (!this.#hasData) {
      this.#data = this.#parts.setupData();
      this.#hasData = true;
    }
    host.interrupted = false;
    this.#running = true;
    context.iterationInScenario = iterationInScenario;
    const startedMs = clock.now();
    if (scheduledMs !== undefined) {
      recorder.series(M.iteration_start_lag, host.tags()).add(Math.max(0, startedMs - scheduledMs));
      recorder
        .series(M.generator_start_lag, host.tags())
        .add(Math.max(0, startedMs - (readyMs ?? scheduledMs)));
    }
    const turn = ++this.#turn;
    let error: unknown;
    let threw = false;
    try {
      await iterate(this.#data);
    } catch (caught) {
      threw = true;
      error = caught;
    }
    if (turn !== this.#turn) return;
    const endedMs = clock.now();
    this.#account(
      endedMs - startedMs,
      scheduledMs === undefined ? undefined : endedMs - scheduledMs,
      threw,
      error,
    );
    const restMs = this.#parts.minIterationDurationMs - (endedMs - startedMs);
    if (restMs > 0 && !host.interrupted) await this.#rest(restMs);
    this.#end();
  }

  interrupt(): void {
    if (!this.#running) return;
    this.#parts.host.interrupt();
    setTimeout(this.#abandon, ABANDON_MS, this.#turn);
  }

  readonly #abandon = (turn: number): void => {
    if (!this.#running || turn !== this.#turn) return;
    this.#turn++;
    this.#parts.control.add('interrupted', 1);
    this.#end();
    this.abandoned?.();
  };

  #account(durationMs: number, responseMs: number | undefined, threw: boolean, error: unknown): void {
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
      if (responseMs !== undefined) recorder.series(M.iteration_response_time, tags).add(responseMs);
    }
  }

  #end(): void {
    const { host } = this.#parts;
    host.endIteration();
    this.#running = false;
    host.context.iteration += 1;
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
