/**
 * The random sequence of one VU: splitmix32, 32 bits of state. It passes the usual smoke tests, costs a few
 * multiplications and is seeded by run seed and VU id, so that a run can be repeated.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in [0, 1), with 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  reseed(seed: number): void {
    this.#state = seed | 0;
  }
}

/** A seed of one VU that differs from its neighbours' in many bits. */
export function seedOf(runSeed: number, vuId: number): number {
  return new Random((runSeed ^ Math.imul(vuId + 1, 0x85ebca6b)) | 0).next() * 2 ** 32;
}
