/**
 * Sliding windows over whole seconds. Each second of the longest window has a cell; each window length that was asked
 * for has a running cell, to which new data is added as it comes and from which the oldest second is taken as the
 * window moves. So a look at a window costs nothing, and a step costs one second's buckets.
 *
 *     second      41   42   43   44   45        newest = 45
 *     3s window             [--------------]    running cell = 43 + 44 + 45
 */

import type { SeriesDelta } from '../../workers/record/types.ts';
import type { Cell } from './cells.ts';

interface Running<C> {
  readonly seconds: number;
  cell: C;
}

export class WindowRing<C extends Cell> {
  readonly #make: () => C;
  readonly #slots = new Map<number, C>();
  readonly #running = new Map<number, Running<C>>();
  #longest = 1;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(make: () => C) {
    this.#make = make;
  }

  /** Keeps at least so many seconds from now on. */
  reach(seconds: number): void {
    if (seconds > this.#longest) this.#longest = seconds;
  }

  /** Adds a delta to its second; one that is older than the longest window is left out. */
  apply(second: number, delta: SeriesDelta): void {
    if (second > this.#newest) this.advance(second);
    if (second <= this.#newest - this.#longest) return;
    let slot = this.#slots.get(second);
    if (slot === undefined) {
      slot = this.#make();
      this.#slots.set(second, slot);
    }
    slot.apply(delta);
    for (const { seconds, cell } of this.#running.values()) {
      if (second > this.#newest - seconds) cell.apply(delta);
    }
  }

  /** Moves every window so that it ends with this second. */
  advance(newest: number): void {
    if (newest <= this.#newest) return;
    const before = this.#newest;
    this.#newest = newest;
    for (const { seconds, cell } of this.#running.values()) {
      const gone = this.#between(before - seconds, newest - seconds);
      if (gone.length > 0) cell.subtract(gone, this.#between(newest - seconds, newest));
    }
    for (const second of this.#slots.keys()) {
      if (second <= newest - this.#longest) this.#slots.delete(second);
    }
  }

  /** The merged state of the last `seconds` seconds up to the newest one. */
  last(seconds: number): C {
    const known = this.#running.get(seconds);
    if (known !== undefined) return known.cell;
    const cell = this.#make();
    for (const slot of this.#between(this.#newest - seconds, this.#newest)) cell.merge(slot);
    this.#running.set(seconds, { seconds, cell });
    return cell;
  }

  /** Cells of the seconds after `from` up to and with `to`, oldest first. */
  #between(from: number, to: number): C[] {
    return [...this.#slots]
      .filter(([second]) => second > from && second <= to)
      .sort(([a], [b]) => a - b)
      .map(([, cell]) => cell);
  }
}
