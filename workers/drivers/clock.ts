/** The real clock of drivers, over `performance.now()` and `setTimeout`. */

import type { DriverClock } from './types.ts';

/** Longest delay that `setTimeout` takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * How long scripts may hold the thread before timers and sockets get their turn: long enough that the detour through
 * the event loop costs next to nothing, short enough to stay below what start lag is judged by.
 */
const LONGEST_HOLD_MS = 10;

export class RealClock implements DriverClock {
  #epoch: number;
  #sinceTurn: number | undefined;
  #waiting: Promise<void> | undefined;
  #resume: (() => void) | undefined;

  constructor(epoch: number = performance.now()) {
    this.#epoch = epoch;
  }

  /** The run's start in terms of this thread's `performance.now()`; may lie ahead. To be called before timers are set. */
  startAt(epoch: number): void {
    this.#epoch = epoch;
  }

  now(): number {
    return performance.now() - this.#epoch;
  }

  /**
   * The delay is rounded up to `setTimeout`'s whole milliseconds. The event loop counts in milliseconds that it
   * rounds down, so a timer may still come a fraction early: then it is set again, for no call may come before its
   * time. That costs half a millisecond of lateness on average, and no spinning.
   */
  at(atMs: number, fn: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const delay = Math.ceil(atMs - this.now());
      timer = setTimeout(check, Math.min(LONGEST_TIMER_MS, Math.max(0, delay)));
    };
    const check = (): void => {
      if (this.now() >= atMs) fn();
      else arm();
    };
    arm();
    return () => clearTimeout(timer);
  }

  /**
   * The first call after the event loop turned leaves a mark that the next turn wipes out; a call that still finds
   * it after `LONGEST_HOLD_MS` gets a promise of that turn. An immediate that is set in the phase of immediates runs
   * a whole round later, so timers and sockets come between two such holds.
   */
  turn(nowMs: number): Promise<void> | undefined {
    if (this.#sinceTurn === undefined) {
      this.#sinceTurn = nowMs;
      setImmediate(this.#turned);
      return undefined;
    }
    if (nowMs - this.#sinceTurn < LONGEST_HOLD_MS) return undefined;
    this.#waiting ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    return this.#waiting;
  }

  readonly #turned = (): void => {
    this.#sinceTurn = undefined;
    this.#waiting = undefined;
    this.#resume?.();
    this.#resume = undefined;
  };
}
