/**
 * Which worker owns what, by arithmetic alone: place i belongs to worker i % workers. Every place is owned exactly
 * once, and two workers' shares differ by one at most. The same rule serves agents of a cluster.
 */

/** Places below `count` that are this worker's, ascending. */
export function ownPlaces(worker: number, workers: number, count: number): readonly number[] {
  return Array.from({ length: ownCount(worker, workers, count) }, (_, turn) => worker + turn * workers);
}

/** How many of the places below `count` are this worker's. */
export function ownCount(worker: number, workers: number, count: number): number {
  return Math.max(0, Math.ceil((count - worker) / workers));
}
