/** Promises of verbs that wait for something to come: each has a time limit and ends when its iteration is interrupted. */

import { type Deadlines, deadlinesOf, type Timed } from './http/deadlines.ts';
import type { Placed, Roster } from './roster.ts';

/** What is under way and can be ended from outside. */
export interface Pending extends Placed {
  reject(error: Error): void;
}

function ignore(): void {}

/** Marks a promise whose rejection is counted already: if nobody waits for it, it is no stray error. */
export function counted<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/**
 * One promise that settles once: by its answer, by its time limit, or by whoever ends all of `pending`. A rejection
 * that nobody waits for (the script awaits it later, or not at all) is no stray error: what failed is counted where it
 * failed.
 */
export class Wait<T> implements Pending, Timed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  dueAt = 0;
  place = -1;
  readonly startedAt = performance.now();
  readonly promise: Promise<T>;
  readonly #pending: Roster<Pending>;
  readonly #expired: () => Error;
  #deadlines: Deadlines | undefined;
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;

  /** `timeoutMs` 0 is no limit; `expired` makes the error of one that is reached. */
  constructor(
    pending: Roster<Pending>,
    timeoutMs = 0,
    expired: () => Error = () => new Error('the time is up'),
  ) {
    this.#pending = pending;
    this.#expired = expired;
    this.promise = counted(
      new Promise<T>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      }),
    );
    pending.add(this);
    if (timeoutMs > 0) {
      this.#deadlines = deadlinesOf(timeoutMs);
      this.#deadlines.add(this, this.startedAt);
    }
  }

  get settled(): boolean {
    return this.place === -1;
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: Error): void {
    if (this.#settle()) this.#reject(error);
  }

  timeOut(): void {
    this.#deadlines = undefined;
    if (this.#settle()) this.#reject(this.#expired());
  }

  #settle(): boolean {
    if (!this.#pending.delete(this)) return false;
    this.#deadlines?.remove(this);
    this.#deadlines = undefined;
    return true;
  }
}

/** Ends everything that is under way. */
export function rejectAll(pending: Roster<Pending>, error: Error): void {
  for (const one of pending.all()) one.reject(error);
}
