/** What a driver (the part that decides when iterations start and VUs stop) asks of the thread around it. */

import type { ScenarioControl } from '../control.ts';
import type { ScenarioPlan } from '../plan/types.ts';

/** Time as drivers see it: milliseconds since the run's start. Injected, so that tests can turn it by hand. */
export interface DriverClock {
  now(): number;
  /** Calls `fn` at `atMs` or as soon after as the event loop allows; returns a function that cancels. */
  at(atMs: number, fn: () => void): () => void;
  /**
   * Undefined almost always; a promise when the thread has run script code for so long without letting timers and
   * sockets in that the caller must wait for it before the next iteration. `nowMs`: what `now` just gave.
   */
  turn(nowMs: number): Promise<void> | undefined;
}

export interface DriverVu {
  /**
   * Starts one iteration; `ended` is called when it is over. `scheduledMs` is when it should have started (open model)
   * or undefined (closed model, where an iteration starts when the one before it ended). `readyMs` is when it could
   * have started (later than `scheduledMs` for an arrival that had to wait for a VU to become free; default
   * `scheduledMs`): what is later than that is the generator's own doing. `nowMs`: the time, where the caller knows it.
   */
  run(scheduledMs: number | undefined, iterationInScenario: number, readyMs?: number, nowMs?: number): void;
  /**
   * Set by the driver; called once for every `run`, never from inside it. The VU may then run again at once. `nowMs`:
   * the time, where the VU knows it.
   */
  ended: (nowMs?: number) => void;
  /**
   * Ends the iteration under way at once: it is over soon after, also where it waits for something that nobody can
   * abort. Without an iteration: nothing.
   */
  interrupt(): void;
  /** True once the script has nothing more to do here (its data is used up): the driver starts nothing more on it. */
  readonly exhausted?: boolean;
  /** Tags what its iterations measure from now on; the empty value removes the tag. */
  setTag?(key: string, value: string): void;
  /** Closes connections; the VU is not used again. */
  retire(): Promise<void>;
}

export interface DriverContext {
  readonly plan: ScenarioPlan;
  /** 0-based number of this thread, and how many there are. */
  readonly worker: number;
  readonly workers: number;
  readonly clock: DriverClock;
  readonly control: ScenarioControl;
  /** A VU for place `index` of the scenario (0-based over all workers). Planned ones are ready beforehand; throws never. */
  createVu(index: number): DriverVu;
  /** Arrivals that found no VU; the driver has already counted them in `control`. */
  dropped(count: number, probe?: string): void;
  /**
   * Places that this worker has already, for a driver that is one of several in a row on the same VUs: it counts none
   * of them as made, and its end is not the scenario's. Default: its share of the planned ones, for this driver alone.
   */
  readonly places?: readonly number[];
}

export interface Driver {
  /** Arms timers. The scenario starts at `plan.startTimeMs` on the clock. */
  start(): void;
  /** No new iterations; those under way may finish until `gracefulStop` from now has passed, then they are interrupted. */
  drain(): void;
  /** Interrupts what is under way. */
  interrupt(): void;
  /** Settles when no iteration runs and none will start; every timer is gone. */
  readonly done: Promise<void>;
}
