/**
 * Time limits of requests. A timer of Node's for each would be made and cleared a hundred thousand times a second and
 * hardly ever fire, so requests with the same limit form a list:
 *
 *     oldest <-> … <-> newest      equal limits fall due in the order in which they began
 *
 * Beginning and ending are a few assignments. One timer per list waits for the oldest; when it comes, it waits anew for
 * the one that is the oldest by then. It does not keep a thread alive: the sockets of the requests do.
 *
 *     timer is due -> what has arrived on sockets is read -> who is due by now and still without an answer times out
 *
 * The turn between matters after the thread stood still: answers that came in time lie unread in the kernel then, and
 * Node runs timers before it reads.
 */

/** What can be in a list; the links are the list's. */
export interface Timed {
  earlier: Timed | undefined;
  later: Timed | undefined;
  /** On the clock of `performance.now()`. */
  dueAt: number;
  /** Called when the limit is reached; no longer in the list. */
  timeOut(): void;
}

export class Deadlines {
  readonly #limitMs: number;
  #oldest: Timed | undefined;
  #newest: Timed | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get empty(): boolean {
    return this.#oldest === undefined;
  }

  /** `now` must not be before that of the last call. */
  add(timed: Timed, now: number): void {
    timed.dueAt = now + this.#limitMs;
    timed.earlier = this.#newest;
    timed.later = undefined;
    if (this.#newest === undefined) this.#oldest = timed;
    else this.#newest.later = timed;
    this.#newest = timed;
    if (this.#timer === undefined) this.#wait(this.#limitMs);
  }

  remove(timed: Timed): void {
    const { earlier, later } = timed;
    if (earlier === undefined) this.#oldest = later;
    else earlier.later = later;
    if (later === undefined) this.#newest = earlier;
    else later.earlier = earlier;
    timed.earlier = undefined;
    timed.later = undefined;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(this.#due, Math.ceil(ms));
    this.#timer.unref();
  }

  readonly #due = (): void => {
    setImmediate(this.#check);
  };

  readonly #check = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    try {
      for (let timed = this.#oldest; timed !== undefined && timed.dueAt <= now; timed = this.#oldest) {
        this.remove(timed);
        timed.timeOut();
      }
    } finally {
      if (this.#oldest !== undefined && this.#timer === undefined) this.#wait(this.#oldest.dueAt - now);
    }
  };
}

/** Different limits that are kept when unused; a script that computes its limits must not pile up lists. */
const KEPT = 64;

const byLimit = new Map<number, Deadlines>();

/** The thread's list for a limit. */
export function deadlinesOf(limitMs: number): Deadlines {
  let deadlines = byLimit.get(limitMs);
  if (deadlines === undefined) {
    if (byLimit.size >= KEPT) for (const [ms, list] of byLimit) if (list.empty) byLimit.delete(ms);
    deadlines = new Deadlines(limitMs);
    byLimit.set(limitMs, deadlines);
  }
  return deadlines;
}
