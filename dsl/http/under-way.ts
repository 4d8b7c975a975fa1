/**
 * The requests under way, each with its place in the list. Not a Set: that copies its table whenever it grows or shrinks,
 * which with few requests at a time is at each of them, and a copy that the collector has moved to the old generation
 * keeps what was in it alive until the next full collection.
 */

/** A request under way. */
export interface Abortable {
  /** In the list, which sets it; -1 while in none. */
  place: number;
  abort(reason: Error): void;
}

export class UnderWay<T extends Abortable = Abortable> {
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

  /** Safe for what is not in the list. */
  delete(item: T): void {
    const { place } = item;
    if (place === -1) return;
    const items = this.#items;
    const last = items[--this.#count] as T;
    items[place] = last;
    last.place = place;
    items[this.#count] = undefined;
    item.place = -1;
  }

  /** Those that are in the list now. */
  all(): readonly T[] {
    return this.#items.slice(0, this.#count) as T[];
  }

  /** Aborts all that are in the list now. */
  abortAll(reason: Error): void {
    for (const item of this.all()) item.abort(reason);
  }
}
