/** When the thread's heap is collected as a whole. V8 waits for long, as memory that lies idle costs it nothing. */

import { setFlagsFromString } from 'node:v8';

/** From this number of VUs on, memory counts for more than the processor time of its collection. */
const MANY_VUS = 500;

/**
 * How much the heap may grow between two full collections, in per cent. V8's own choice (up to 300) keeps what an
 * iteration made, and held through its sleeps, long after its end: with 5,000 sleeping VUs a sixth of all memory.
 */
const HEAP_GROWTH_PERCENT = 40;

/**
 * The part of that growth, in per cent, after which marking begins beside the work. A small heap may grow by 8 MB, and
 * what becomes old without being of use (5 kB for the word of each collection alone) takes ten minutes for that at a
 * thousand requests per second: all that time memory seems to leak. A collection of such a heap takes 2 ms of the thread.
 */
const MARKING_TRIGGER_PERCENT = 25;

/** Called before the VUs are made. The setting holds for the whole process. */
export function expectVUs(count: number): void {
  setFlagsFromString(
    count >= MANY_VUS
      ? `--heap-growing-percent=${HEAP_GROWTH_PERCENT}`
      : `--incremental-marking-soft-trigger=${MARKING_TRIGGER_PERCENT}`,
  );
}
