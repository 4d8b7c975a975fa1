/**
 * Who waits, in the order in which they came; anybody may leave. Not a Set, for the reason that `roster.ts` gives. The
 * links of who has left are cleared, so that what is over keeps nothing alive.
 */

export interface InLine {
  /** The links are the line's. */
  ahead: InLine | undefined;
  behind: InLine | undefined;
  waits: boolean;
}

export class Line<T extends InLine> {
  #first: InLine | undefined;
  #last: InLine | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first as T | undefined;
  }

  push(item: T): void {
    item.waits = true;
    item.ahead = this.#last;
    item.behind = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.behind = item;
    this.#last = item;
    this.#size++;
  }

  /** False, and nothing changes, for who does not wait. */
  delete(item: T): boolean {
    if (!item.waits) return false;
    const { ahead, behind } = item;
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    item.waits = false;
    item.ahead = undefined;
    item.behind = undefined;
    this.#size--;
    return true;
  }

  /** Who waits longest; no longer in the line. */
  shift(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.delete(first);
    return first;
  }

  /** Those that wait now, from the first on. */
  all(): T[] {
    const all: T[] = [];
    for (let item = this.#first; item !== undefined; item = item.behind) all.push(item as T);
    return all;
  }
}
