/**
 * Steps of time, of which there are never more than `most`: when a run outgrows them, neighbours merge and the step
 * doubles.
 *
 *     second      0  1  2  3  4  5  6  7  8
 *     most = 8    0  1  2  3  4  5  6  7         step 1 s
 *                 0     1     2     3     4      step 2 s, from second 8 on
 */

/** What is kept by steps. */
export interface Stepped {
  /** Merges step 2i and 2i + 1 into step i. */
  halve(): void;
}

export class Timeline {
  readonly most: number;
  #stepMs = 1000;
  readonly #tracks = new Set<Stepped>();

  /** `most` is even. */
  constructor(most: number) {
    this.most = most;
  }

  get stepMs(): number {
    return this.#stepMs;
  }

  follow(track: Stepped): void {
    this.#tracks.add(track);
  }

  forget(track: Stepped): void {
    this.#tracks.delete(track);
  }

  /** The step of a second; merges neighbours where that is needed. */
  stepOf(second: number): number {
    while (second * 1000 >= this.most * this.#stepMs) {
      this.#stepMs *= 2;
      for (const track of this.#tracks) track.halve();
    }
    return Math.floor((second * 1000) / this.#stepMs);
  }
}
