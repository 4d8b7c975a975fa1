/**
 * Which rows of one kind are followed: all of them up to a limit, then the busiest. A row that overtakes the least busy
 * one that is followed takes its place; what it did before is lost to its course, not to the tables of the summary.
 */

import type { CourseRow } from './row.ts';

const MOST_FOLLOWED = 48;

/** A newcomer has to be that much busier, so that two rows of equal weight do not take turns. */
const LEAD = 1.5;

export class Busiest {
  readonly #rows = new Map<string, CourseRow>();
  readonly #followed = new Set<CourseRow>();

  get(key: string): CourseRow | undefined {
    return this.#rows.get(key);
  }

  add(key: string, row: CourseRow): void {
    this.#rows.set(key, row);
    if (this.#followed.size < MOST_FOLLOWED) this.#follow(row);
  }

  /** Every row that was ever seen, the busiest first. */
  all(): readonly CourseRow[] {
    return [...this.#rows.values()].sort((a, b) => b.weight - a.weight);
  }

  /** Once a second: lets busy rows take the places of idle ones. */
  review(): void {
    if (this.#rows.size <= MOST_FOLLOWED) return;
    const waiting = this.all().filter((row) => !row.tracked);
    const least = [...this.#followed].sort((a, b) => a.weight - b.weight);
    for (const [i, row] of waiting.entries()) {
      const idle = least[i];
      if (idle === undefined || row.weight <= idle.weight * LEAD) return;
      idle.end();
      this.#followed.delete(idle);
      this.#follow(row);
    }
  }

  #follow(row: CourseRow): void {
    row.begin();
    this.#followed.add(row);
  }
}
