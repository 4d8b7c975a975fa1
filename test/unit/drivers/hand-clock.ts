/** A clock that tests turn by hand: timers fire in order of their time, then of their setting. */

import type { DriverClock } from '../../../workers/drivers/types.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

export class HandClock implements DriverClock {
  /** Pending timers as a binary heap. */
  #timers: Timer[] = [];
  readonly #cancelled = new Set<Timer>();
  #nowMs = 0;
  #order = 0;
  /** After so many calls of `turn()` the thread has to let a millisecond pass. */
  holdsAtMost = Infinity;
  #held = 0;
  #turn: Promise<void> | undefined;

  now(): number {
    return this.#nowMs;
  }

  at(atMs: number, fn: () => void): () => void {
    const timer = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, fn };
    this.#insert(timer);
    return () => this.#cancelled.add(timer);
  }

  turn(): Promise<void> | undefined {
    if (++this.#held < this.holdsAtMost) return undefined;
    this.#turn ??= this.wait(1).then(() => {
      this.#held = 0;
      this.#turn = undefined;
    });
    return this.#turn;
  }

  /** Resolves after `ms` of this clock. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.at(this.#nowMs + ms, resolve);
    });
  }

  /** Fires every timer up to a time, letting promises settle after each. */
  async advance(toMs: number): Promise<void> {
    await settle();
    for (let timer = this.#timers[0]; timer !== undefined && timer.atMs <= toMs; timer = this.#timers[0]) {
      this.#removeFirst();
      if (this.#cancelled.delete(timer)) continue;
      this.#nowMs = timer.atMs;
      timer.fn();
      await settle();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** Jumps ahead as a blocked event loop does: what came due meanwhile fires late, all at once. */
  async stall(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs).sort(byTime);
    for (const timer of due) {
      this.#timers = this.#timers.filter((other) => other !== timer);
      heapify(this.#timers);
      if (!this.#cancelled.delete(timer)) timer.fn();
    }
    await settle();
  }

  /** Timers that were neither fired nor cancelled. */
  get pending(): number {
    return this.#timers.filter((timer) => !this.#cancelled.has(timer)).length;
  }

  #insert(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (byTime(heap[parent] as Timer, timer) <= 0) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  #removeFirst(): void {
    const heap = this.#timers;
    const last = heap.pop() as Timer;
    if (heap.length > 0) {
      heap[0] = last;
      sink(heap, 0);
    }
  }
}

function byTime(a: Timer, b: Timer): number {
  return a.atMs - b.atMs || a.order - b.order;
}

function sink(heap: Timer[], from: number): void {
  let at = from;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && byTime(heap[child] as Timer, heap[least] as Timer) < 0) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Timer, heap[at] as Timer];
    at = least;
  }
}

function heapify(heap: Timer[]): void {
  for (let at = heap.length >> 1; at >= 0; at--) sink(heap, at);
}

/** Lets all microtasks run, however long their chains are. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
