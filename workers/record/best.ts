/** The best so many of all that it is shown, best first; of equals the earlier ones. */
export class Best<T> {
  readonly #most: number;
  readonly #isBetter: (a: T, b: T) => boolean;
  readonly #items: T[] = [];

  constructor(most: number, isBetter: (a: T, b: T) => boolean) {
    this.#most = most;
    this.#isBetter = isBetter;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** What a better one would displace; undefined while there is room. */
  get last(): T | undefined {
    return this.#items.length < this.#most ? undefined : this.#items.at(-1);
  }

  /** Whether it is among them now. */
  add(item: T): boolean {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#isBetter(item, this.#items[middle] as T)) high = middle;
      else low = middle + 1;
    }
    if (low >= this.#most) return false;
    this.#items.splice(low, 0, item);
    if (this.#items.length > this.#most) this.#items.pop();
    return true;
  }
}
