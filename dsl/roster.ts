/**
 * What is under way now, in no order, each with its place in the list. Not a Set: that makes a new table whenever it grows
 * or shrinks, which with few things at a time is at each of them, and once one of its tables is old, V8 makes all later
 * ones in the old generation. There they stay, with what was in them, until the next full collection: 120 bytes and more
 * for each sleep of a user.
 */

export interface Placed {
  /** In the list, which sets it; -1 while in none. */
  place: number;
}

export class Roster<T extends Placed> {
  /** Beyond `#count` empty: the array keeps its length, as shrinking it would cost. */
  readonly #items: (T | undefined)[] = [];
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(item: T): void {
    item.place = this.#count;
    this.#items[this.#count++] = item;
  }

  /** False, and nothing changes, for what is not in the list. */
  delete(item: T): boolean {
    const { place } = item;
    if (place === -1) return false;
    const items = this.#items;
    const last = items[--this.#count] as T;
    items[place] = last;
    last.place = place;
    items[this.#count] = undefined;
    item.place = -1;
    return true;
  }

  /** Those that are in the list now. */
  all(): readonly T[] {
    return this.#items.slice(0, this.#count) as T[];
  }
}
