/** The thread's heap, where many VUs would make it grow. */

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
