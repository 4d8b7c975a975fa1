/**
 * Named records in one growable SharedArrayBuffer, seen by all threads of the process. Offsets are counted in words
 * of 8 bytes. Zeros are the valid empty state.
 *
 *     word 0   int32 lock, int32 newest record
 *     word 1   int32 first free word (0: none was given out yet), int32 unused
 *     ...      records and bytes, in the order in which they were asked for; nothing is ever freed
 *
 *     record   int32 next older record, int32 kind
 *              int32 state, int32 length of the name
 *              int64 value
 *              the name, UTF-8
 *
 * The list of records only grows at its head, and a record is complete before it becomes the head: looking one up
 * takes no lock. The lock guards adding a record and giving out memory, and is held for microseconds.
 */

const WORD = 8;
const FIRST_FREE_WORD = 2;
/** Grown by doubling up to this step, so that small runs stay small and large ones don't grow often. */
const LARGEST_STEP = 64 * 2 ** 20;

const LOCK = 0;
const HEAD = 1;
const FREE = 2;

const UNLOCKED = 0;
const LOCKED = 1;
const CONTENDED = 2;

/** What ES2024 adds to SharedArrayBuffer. */
interface Growable {
  readonly growable?: boolean;
  readonly maxByteLength?: number;
  grow(byteLength: number): void;
}

export type RecordKind = 1 | 2;

export interface StoredRecord {
  /** Index of the state in `Storage.ints`. */
  readonly state: number;
  /** Index of the value in `Storage.values`. */
  readonly value: number;
}

export class Storage {
  readonly memory: SharedArrayBuffer;
  /** Both views follow the growth of the memory. */
  readonly ints: Int32Array;
  readonly values: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.ints = new Int32Array(memory);
    this.values = new BigInt64Array(memory);
  }

  /** The record of this kind and name; made, with zeros, by the first thread that asks. */
  record(kind: RecordKind, name: string): StoredRecord & { readonly isNew: boolean } {
    const bytes = Buffer.from(name);
    const found = this.#find(kind, bytes);
    if (found !== undefined) return { ...found, isNew: false };
    return this.#locked(() => {
      // Another thread may have added it between the look and the lock.
      const late = this.#find(kind, bytes);
      if (late !== undefined) return { ...late, isNew: false };
      const word = this.#take(3 * WORD + bytes.length);
      const at = word * 2;
      this.ints[at] = Atomics.load(this.ints, HEAD);
      this.ints[at + 1] = kind;
      this.ints[at + 3] = bytes.length;
      Buffer.from(this.memory, (word + 3) * WORD, bytes.length).set(bytes);
      Atomics.store(this.ints, HEAD, word);
      return { state: at + 2, value: word + 2, isNew: true };
    });
  }

  /** Copies bytes into the memory; returns their offset in bytes. */
  put(bytes: Uint8Array): number {
    const word = this.#locked(() => this.#take(bytes.length));
    new Uint8Array(this.memory, word * WORD, bytes.length).set(bytes);
    return word * WORD;
  }

  #find(kind: RecordKind, name: Buffer): StoredRecord | undefined {
    const { ints } = this;
    for (let word = Atomics.load(ints, HEAD); word !== 0; word = ints[word * 2] as number) {
      const at = word * 2;
      if (ints[at + 1] !== kind || ints[at + 3] !== name.length) continue;
      if (name.equals(Buffer.from(this.memory, (word + 3) * WORD, name.length))) {
        return { state: at + 2, value: word + 2 };
      }
    }
    return undefined;
  }

  /** Words for so many bytes; only under the lock. */
  #take(bytes: number): number {
    const word = Math.max(FIRST_FREE_WORD, Atomics.load(this.ints, FREE) >>> 0);
    const end = word + Math.ceil(bytes / WORD);
    this.#growTo(end * WORD);
    Atomics.store(this.ints, FREE, end | 0);
    return word;
  }

  #growTo(bytes: number): void {
    const size = this.memory.byteLength;
    if (bytes <= size) return;
    const { growable, maxByteLength = size } = this.memory as SharedArrayBuffer & Growable;
    if (growable !== true || bytes > maxByteLength) {
      throw new RangeError(
        `shared data of all names together takes more than the ${Math.floor(maxByteLength / 2 ** 20)} MiB that a run may share`,
      );
    }
    const wanted = Math.max(bytes, size + Math.min(size, LARGEST_STEP));
    (this.memory as SharedArrayBuffer & Growable).grow(Math.min(maxByteLength, wanted));
  }

  #locked<T>(fn: () => T): T {
    const { ints } = this;
    let seen = Atomics.compareExchange(ints, LOCK, UNLOCKED, LOCKED);
    while (seen !== UNLOCKED) {
      if (seen === CONTENDED || Atomics.compareExchange(ints, LOCK, LOCKED, CONTENDED) !== UNLOCKED) {
        Atomics.wait(ints, LOCK, CONTENDED);
      }
      seen = Atomics.compareExchange(ints, LOCK, UNLOCKED, CONTENDED);
    }
    try {
      return fn();
    } finally {
      if (Atomics.exchange(ints, LOCK, UNLOCKED) === CONTENDED) Atomics.notify(ints, LOCK, 1);
    }
  }
}
