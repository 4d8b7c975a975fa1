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

export class UnderWay {
  /** Beyond `#count` empty: the array keeps its length, as shrinking it would cost. */
  readonly #items: (Abortable | undefined)[] = [];
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(item: Abortable): void {
    item.place = this.#count;
    this.#items[this.#count++] = item;
  }

  /** Safe for what is not in the list. */
  delete(item: Abortable): void {
    const { place } = item;
    if (place === -1) return;
    const items = this.#items;
    const last = items[--this.#count] as Abortable;
    items[place] = last;
    last.place = place;
    items[this.#count] = undefined;
    item.place = -1;
  }

  /** Aborts all that are in the list now. */
  abortAll(reason: Error): void {
    for (const item of this.#items.slice(0, this.#count)) item?.abort(reason);
  }
}
