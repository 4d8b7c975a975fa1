/**
 * What arrived and was not read yet, and who waits for more. One of the two is always empty.
 *
 *     push --> a reader waits? yes -> it gets the item      no -> unread
 *     end  --> readers that wait get the end; later ones first what is unread, then the end
 */

import type { Roster } from './roster.ts';
import { type Pending, Wait } from './wait.ts';

/** Items before `head` are read; they are cut off when there are many of them. */
const CUT_AT = 64;

export class Inbox<T> {
  readonly #pending: Roster<Pending>;
  #items: (T | undefined)[] = [];
  #head = 0;
  #readers: Wait<T | undefined>[] = [];
  #ended = false;
  #error: Error | undefined;

  /** Readers are entered into `pending` while they wait. */
  constructor(pending: Roster<Pending>) {
    this.#pending = pending;
  }

  get unread(): number {
    return this.#items.length - this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Hands the item to the reader that waits longest; false where nobody waits. */
  offer(item: T): boolean {
    for (;;) {
      const reader = this.#readers.shift();
      if (reader === undefined) return false;
      if (reader.settled) continue;
      reader.resolve(item);
      return true;
    }
  }

  keep(item: T): void {
    this.#items.push(item);
  }

  /** Nothing comes any more: in order, or because of `error`. */
  end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const reader of this.#readers) {
      if (error === undefined) reader.resolve(undefined);
      else reader.reject(error);
    }
    this.#readers = [];
  }

  /** The next item; undefined after an end in order. Rejects with the error of another end, or with `expired()`. */
  read(timeoutMs: number, expired: () => Error): Promise<T | undefined> {
    if (this.unread > 0) return Promise.resolve(this.#take());
    if (this.#ended) {
      return this.#error === undefined ? Promise.resolve(undefined) : Promise.reject(this.#error);
    }
    const reader = new Wait<T | undefined>(this.#pending, timeoutMs, expired);
    this.#readers.push(reader);
    return reader.promise;
  }

  /** Takes all that is unread. */
  drain(): T[] {
    const items = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return items;
  }

  #take(): T | undefined {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head >= CUT_AT && this.#head * 2 >= this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}
