/**
 * Counters and data that all VUs of the process share, by name.
 *
 *     state of data   BUILDING -> BUILT     one thread builds, the others wait for its bytes
 *                     BUILDING -> FAILED    the build threw: its thread throws, the next one tries for itself
 *                     FAILED   -> BUILDING
 */

import type { SharedMemory } from '../../dsl/host.ts';
import { encode, open } from './blob.ts';
import { Storage, type StoredRecord } from './storage.ts';

const COUNTER = 1;
const DATA = 2;

/** A new record's state, so it is the builder's from the moment that others can see it. */
const BUILDING = 0;
const BUILT = 1;
const FAILED = 2;

export function createSharedMemory(memory: SharedArrayBuffer): SharedMemory {
  return new ProcessMemory(new Storage(memory));
}

class ProcessMemory implements SharedMemory {
  readonly #storage: Storage;
  readonly #counters = new Map<string, number>();
  /** This thread's views of data: an array's view, or the parsed value. */
  readonly #data = new Map<string, unknown>();
  readonly #building = new Set<string>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  addAndGetPrevious(name: string, delta: number): number {
    return Number(Atomics.add(this.#storage.values, this.#counter(name), BigInt(delta)));
  }

  read(name: string): number {
    return Number(Atomics.load(this.#storage.values, this.#counter(name)));
  }

  data(name: string, build: () => unknown): unknown {
    if (this.#data.has(name)) return this.#data.get(name);
    if (this.#building.has(name)) throw new Error(`shared data '${name}' needs itself in order to be built`);
    const record = this.#storage.record(DATA, name);
    if (record.isNew || !this.#awaitBuilt(record)) this.#build(record, name, build);
    const value = open(this.#storage.memory, Number(Atomics.load(this.#storage.values, record.value)));
    this.#data.set(name, value);
    return value;
  }

  #counter(name: string): number {
    let slot = this.#counters.get(name);
    if (slot === undefined) {
      slot = this.#storage.record(COUNTER, name).value;
      this.#counters.set(name, slot);
    }
    return slot;
  }

  /** Waits for another thread's build; false when it failed and the build is this thread's now. */
  #awaitBuilt({ state }: StoredRecord): boolean {
    const { ints } = this.#storage;
    for (;;) {
      const seen = Atomics.load(ints, state);
      if (seen === BUILT) return true;
      if (seen === FAILED && Atomics.compareExchange(ints, state, FAILED, BUILDING) === FAILED) return false;
      Atomics.wait(ints, state, BUILDING);
    }
  }

  #build(record: StoredRecord, name: string, build: () => unknown): void {
    const { ints, values } = this.#storage;
    this.#building.add(name);
    let outcome = FAILED;
    try {
      const offset = this.#storage.put(encode(build()));
      Atomics.store(values, record.value, BigInt(offset));
      outcome = BUILT;
    } finally {
      this.#building.delete(name);
      Atomics.store(ints, record.state, outcome);
      Atomics.notify(ints, record.state);
    }
  }
}
