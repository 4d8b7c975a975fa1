/**
 * When arrivals happen. `arrivalAt(n)` is a pure function of the curve, so that every thread and every machine that
 * has the plan knows the time of every arrival without being told.
 *
 *     uniform   arrival n at area n + firstArea under the rate curve
 *     poisson   the gaps in area are exponential with mean 1: a Poisson process whose rate follows the curve
 *     burst     arrivals k*size .. (k+1)*size - 1 at k*every
 */

import { Random } from '../vu/random.ts';
import { RateCurve } from './rate-curve.ts';
import type { ArrivalCurve } from './types.ts';

export interface ArrivalSchedule {
  /**
   * Time of arrival `n` (0-based), ms since the scenario's start; undefined past the last one. A Poisson schedule is
   * a cursor: `n` may stay or grow from call to call, never shrink.
   */
  arrivalAt(n: number): number | undefined;
  /** Number of arrivals. For a Poisson schedule it is counted at the first use, without moving the cursor. */
  readonly total: number;
}

export function arrivalSchedule(curve: ArrivalCurve): ArrivalSchedule {
  if (curve.kind === 'burst') return new BurstSchedule(curve.size, curve.everyMs, curve.count);
  const rate = new RateCurve(curve.segments);
  return curve.poissonSeed === undefined
    ? new UniformSchedule(rate, curve.firstArea)
    : new PoissonSchedule(rate, curve.poissonSeed);
}

class UniformSchedule implements ArrivalSchedule {
  readonly total: number;
  readonly #curve: RateCurve;
  readonly #firstArea: number;

  constructor(curve: RateCurve, firstArea: 0 | 1) {
    this.#curve = curve;
    this.#firstArea = firstArea;
    // With the first arrival at once the end is excluded (10/s for 1 s: 0, 100, … 900 ms); with the first after one
    // whole arrival it is included (100, 200, … 1000 ms). Both are 10.
    this.total =
      firstArea === 0
        ? Math.max(0, Math.ceil(curve.area - curve.slack))
        : Math.max(0, Math.floor(curve.area + curve.slack));
  }

  arrivalAt(n: number): number | undefined {
    return n < this.total ? this.#curve.timeOf(n + this.#firstArea) : undefined;
  }
}

class PoissonSchedule implements ArrivalSchedule {
  readonly #curve: RateCurve;
  readonly #seed: number;
  readonly #random: Random;
  #n = -1;
  #area = 0;
  #atMs: number | undefined;
  #total: number | undefined;

  constructor(curve: RateCurve, seed: number) {
    this.#curve = curve;
    this.#seed = seed;
    this.#random = new Random(seed);
  }

  arrivalAt(n: number): number | undefined {
    if (n < this.#n) throw new RangeError(`arrival ${n} was asked for after arrival ${this.#n}`);
    if (n > this.#n) {
      while (this.#n < n && this.#area <= this.#curve.area) {
        this.#area += exponential(this.#random);
        this.#n++;
      }
      this.#n = n;
      // No slack here: areas are not whole numbers, so none has to meet the end exactly.
      this.#atMs = this.#area <= this.#curve.area ? this.#curve.timeOf(this.#area) : undefined;
    }
    return this.#atMs;
  }

  get total(): number {
    if (this.#total === undefined) {
      const random = new Random(this.#seed);
      let count = 0;
      for (let area = exponential(random); area <= this.#curve.area; area += exponential(random)) count++;
      this.#total = count;
    }
    return this.#total;
  }
}

function exponential(random: Random): number {
  return -Math.log1p(-random.next());
}

class BurstSchedule implements ArrivalSchedule {
  readonly total: number;
  readonly #size: number;
  readonly #everyMs: number;

  constructor(size: number, everyMs: number, count: number) {
    this.#size = size;
    this.#everyMs = everyMs;
    this.total = size * count;
  }

  arrivalAt(n: number): number | undefined {
    return n < this.total ? Math.floor(n / this.#size) * this.#everyMs : undefined;
  }
}
