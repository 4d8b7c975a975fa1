/**
 * Counters that all threads of a run share: one block of 32-bit integers per scenario. Arrivals and shared iterations
 * are claimed here by compare-and-swap, so that no thread leaves a VU idle while another drops an arrival; the main
 * thread reads the same numbers for the live view without asking anybody.
 */

const FIELDS = [
  /** Next unclaimed arrival (open model) or shared iteration. */
  'next',
  /** VUs made so far. */
  'allocated',
  /** VUs without an iteration, over all threads (open model). */
  'free',
  /** VUs that are in use now: looping (closed model) or in an iteration (open model). */
  'active',
  'started',
  'complete',
  'failed',
  'interrupted',
  /** Iterations that ended at once because a feed had no item left; they are as if never started. */
  'exhausted',
  'dropped',
  /** Workers whose driver for this scenario is done. */
  'finishedWorkers',
] as const;

export type ControlField = (typeof FIELDS)[number];

const SLOT: Readonly<Record<ControlField, number>> = Object.fromEntries(
  FIELDS.map((field, slot) => [field, slot]),
) as Record<ControlField, number>;

/** Blocks are a cache line apart, so that scenarios don't slow each other. */
const BLOCK = 16;

export function createControlMemory(scenarios: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, scenarios) * BLOCK * Int32Array.BYTES_PER_ELEMENT);
}

/** One scenario's counters; every method is atomic over all threads. */
export class ScenarioControl {
  readonly #memory: SharedArrayBuffer;
  readonly #scenario: number;
  readonly #view: Int32Array;
  readonly #base: number;
  readonly #first: number;

  constructor(memory: SharedArrayBuffer, scenario: number, first = 0) {
    this.#memory = memory;
    this.#scenario = scenario;
    this.#view = new Int32Array(memory);
    this.#base = scenario * BLOCK;
    this.#first = first;
  }

  /** The same counters with `next` counted from `first` on: for arrivals of a schedule that follows others. */
  after(first: number): ScenarioControl {
    return new ScenarioControl(this.#memory, this.#scenario, first);
  }

  get(field: ControlField): number {
    const value = Atomics.load(this.#view, this.#base + SLOT[field]);
    return field === 'next' ? value - this.#first : value;
  }

  /** Adds and returns the value before. */
  add(field: ControlField, delta: number): number {
    return Atomics.add(this.#view, this.#base + SLOT[field], delta);
  }

  /** Sets `next` from `expected` to `expected + count`; false if another thread was first. */
  claim(expected: number, count = 1): boolean {
    const slot = this.#base + SLOT.next;
    const seen = expected + this.#first;
    return Atomics.compareExchange(this.#view, slot, seen, seen + count) === seen;
  }

  /** Adds 1 unless that would pass `limit`; the value before, or -1 at the limit. */
  addBelow(field: ControlField, limit: number): number {
    const slot = this.#base + SLOT[field];
    for (;;) {
      const seen = Atomics.load(this.#view, slot);
      if (seen >= limit) return -1;
      if (Atomics.compareExchange(this.#view, slot, seen, seen + 1) === seen) return seen;
    }
  }
}

/** Most that named counters and shared data of a run may take; address space only until it is used. */
const STORAGE_LIMITS = [4 * 2 ** 30, 2 ** 30, 2 ** 26] as const;

/** The memory behind `workers/shared/`: it grows when data is put into it. Zeros are its valid empty state. */
export function createSharedStorage(): SharedArrayBuffer {
  for (const maxByteLength of STORAGE_LIMITS) {
    try {
      return new GrowableBuffer(2 ** 16, { maxByteLength });
    } catch (error) {
      // The process may not reserve so much: a limit on virtual memory, a 32-bit system.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return new SharedArrayBuffer(2 ** 24);
}

/** ES2024, in Node since 20; the compiler's library for es2023 doesn't know it yet. */
const GrowableBuffer = SharedArrayBuffer as unknown as new (
  byteLength: number,
  options: { readonly maxByteLength: number },
) => SharedArrayBuffer;
