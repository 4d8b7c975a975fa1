/**
 * The search for the highest rate that holds, as a pure state machine: it is asked for the next rate and told what
 * came of it.
 *
 *     phase    next rate                               until
 *     grow     startRate, then twice the last, up to   one fails, or maxRate holds
 *              maxRate
 *     shrink   half the last (where the first failed)  one holds, or startRate / 64 fails
 *     bisect   geometric mean of held and failed       failed <= held * (1 + precision)
 *     confirm  the lowest that failed, once more       it fails again: done; it holds: back to grow or bisect
 *
 * The geometric mean halves the ratio: a bracket of 100 to 200 takes 4 to 5 steps to 5 %, wherever it lies.
 *
 * One probe decides about its rate only if its outcome is clear. Near the limit two probes of one rate may well differ;
 * there the rate is probed until two agree, which is three times at most: the majority decides.
 *
 * A hiccup of a machine can make a probe fail, and clearly, but none makes one hold. So the failure that bounds the
 * answer is believed only if it is seen twice; those that a lower one has made irrelevant are kept in case it falls.
 */

export interface SearchLimits {
  /** Rates in arrivals per second. */
  readonly startRate: number;
  readonly maxRate: number;
  /** Share of the rate. */
  readonly precision: number;
}

export interface ProbeVerdict {
  readonly held: boolean;
  /** Far enough from the limit that a second probe would not come out differently. */
  readonly clear: boolean;
}

export interface Bracket {
  /** Highest rate that held, and lowest above it that failed; null where there is none (yet). */
  readonly held: number | null;
  readonly failed: number | null;
}

export type SearchStep =
  | { readonly kind: 'probe'; readonly rate: number }
  /** `found`: the bracket is narrow enough; `above`: maxRate held; `below`: the lowest rate tried failed. */
  | { readonly kind: 'done'; readonly end: 'found' | 'above' | 'below' };

/** How far below the start rate the search goes: six halvings. */
const LOWEST_SHARE = 1 / 64;
/** Equal outcomes that settle a rate. */
const MAJORITY = 2;

export class CapacitySearch {
  readonly #limits: SearchLimits;
  #held: number | null = null;
  /** Rates that failed and none of which has held since, the lowest last. */
  readonly #failed: { readonly rate: number; readonly seenTwice: boolean }[] = [];
  #rate: number;
  #votes = { held: 0, failed: 0 };
  #end: 'found' | 'above' | 'below' | undefined;

  constructor(limits: SearchLimits) {
    this.#limits = limits;
    this.#rate = limits.startRate;
  }

  get bracket(): Bracket {
    return { held: this.#held, failed: this.#failed.at(-1)?.rate ?? null };
  }

  /** Unchanged until the next report. */
  next(): SearchStep {
    return this.#end === undefined ? { kind: 'probe', rate: this.#rate } : { kind: 'done', end: this.#end };
  }

  /** What came of the probe that `next` asked for. */
  report({ held, clear }: ProbeVerdict): void {
    if (this.#end !== undefined) return;
    const votes = this.#votes;
    if (held) votes.held++;
    else votes.failed++;
    // A clear outcome against an earlier one at the same rate was not that clear.
    const decided =
      (clear && votes.held + votes.failed === 1) || Math.max(votes.held, votes.failed) >= MAJORITY;
    if (decided) this.#settle(votes.held > votes.failed);
  }

  #settle(held: boolean): void {
    const seenTwice = this.#votes.failed >= MAJORITY;
    // A rate that is confirmed is there already.
    if (this.#failed.at(-1)?.rate === this.#rate) this.#failed.pop();
    if (held) this.#held = this.#rate;
    else this.#failed.push({ rate: this.#rate, seenTwice });
    this.#votes = { held: 0, failed: 0 };
    this.#advance();
  }

  #advance(): void {
    const { startRate, maxRate, precision } = this.#limits;
    const held = this.#held;
    const lowest = this.#failed.at(-1);
    if (lowest === undefined) {
      if (this.#rate >= maxRate) this.#end = 'above';
      else this.#rate = Math.min(maxRate, this.#rate * 2);
    } else if (held === null) {
      if (this.#rate <= startRate * LOWEST_SHARE) this.#end = 'below';
      else this.#rate /= 2;
    } else if (lowest.rate > held * (1 + precision) * (1 + Number.EPSILON)) {
      this.#rate = roundedBetween(held, lowest.rate);
    } else if (lowest.seenTwice) {
      this.#end = 'found';
    } else {
      this.#rate = lowest.rate;
      this.#votes = { held: 0, failed: 1 };
    }
  }
}

/** The geometric mean, in three digits where that stays well inside: 447/s reads better than 447.2135/s. */
function roundedBetween(low: number, high: number): number {
  const mean = Math.sqrt(low * high);
  const rounded = Number(mean.toPrecision(3));
  const slack = (high - low) / 4;
  return rounded > low + slack && rounded < high - slack ? rounded : mean;
}
