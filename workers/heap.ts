/** When the thread's heap is collected as a whole. V8 waits for long, as memory that lies idle costs it nothing. */

import { setFlagsFromString } from 'node:v8';

/** From this number of VUs on, memory counts for more than the processor time of its collection. */
const MANY_VUS = 500;

/**
 * How much the heap may grow between two full collections, in per cent. V8's own choice (up to 300) keeps what an
 * iteration made, and held through its sleeps, long after its end: with 5,000 sleeping VUs a sixth of all memory.
 */
const HEAP_GROWTH_PERCENT = 40;

/** Called before the VUs are made. The setting holds for the whole process. */
export function expectVUs(count: number): void {
  if (count >= MANY_VUS) setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/** A heap that was not collected as a whole for so long is to be. */
const LONGEST_WAIT_MS = 60_000;

/** The part of the growth that V8 allows, in per cent, after which marking then begins beside the work. */
const EARLY_MARKING_PERCENT = 25;

/**
 * Has the heap collected as a whole about once a minute, if it has grown. V8 lets a small heap grow by 8 MB. What is old
 * and of no use any more comes slowly (5 kB with the word of each collection alone): at a thousand requests per second it
 * takes ten minutes to make that much, and for all that time memory would seem to leak. Where it comes quickly, V8
 * collects by itself, and earlier marking would only make it do so more often: up to 15 % fewer gRPC calls.
 */
export class HeapCare {
  #collectedAtMs: number;
  #early = false;

  constructor(nowMs: number) {
    this.#collectedAtMs = nowMs;
  }

  /** There was a full collection. */
  collected(atMs: number): void {
    this.#collectedAtMs = atMs;
    if (!this.#early) return;
    this.#early = false;
    setFlagsFromString('--incremental-marking-soft-trigger=0');
  }

  /** To be called every second: the setting holds for the whole process, and another thread may have taken it back. */
  check(nowMs: number): void {
    if (nowMs - this.#collectedAtMs < LONGEST_WAIT_MS) return;
    this.#early = true;
    setFlagsFromString(`--incremental-marking-soft-trigger=${EARLY_MARKING_PERCENT}`);
  }
}
