/** Groups of equal errors, counted; what changed goes with each snapshot. */

import type { ErrorLog } from '../../dsl/host.ts';
import type { ErrorDelta } from './types.ts';

/** Distinct groups per thread. Messages that hold an id or a time would make a group of every error. */
const MOST_GROUPS = 200;

/** Longest message kept, in characters. */
const LONGEST_MESSAGE = 1000;

export const OTHER_ERRORS = '(other errors)';

interface Group {
  readonly label: string;
  readonly code: number;
  readonly message: string;
  stack: string | undefined;
  /** Since the last flush. */
  count: number;
}

export class RecorderErrors implements ErrorLog {
  readonly #groups = new Map<string, Group>();
  #changed: Group[] = [];
  readonly #most: number;

  constructor(mostGroups = MOST_GROUPS) {
    this.#most = mostGroups;
  }

  /** `stack` is kept if it comes with the first error of its group. */
  count(label: string, code: number, message: string, stack?: string): void {
    const text = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
    const key = `${code} ${label}\n${text}`;
    const group = this.#groups.get(key) ?? this.#open(key, { label, code, message: text, stack, count: 0 });
    if (group.count === 0) this.#changed.push(group);
    group.count++;
  }

  get pending(): boolean {
    return this.#changed.length > 0;
  }

  /** What was counted since the last call. */
  drain(): readonly ErrorDelta[] {
    const deltas = this.#changed.map(({ label, code, message, stack, count }) =>
      stack === undefined ? { label, code, message, count } : { label, code, message, stack, count },
    );
    for (const group of this.#changed) {
      group.count = 0;
      group.stack = undefined;
    }
    this.#changed = [];
    return deltas;
  }

  #open(key: string, group: Group): Group {
    if (this.#groups.size < this.#most) {
      this.#groups.set(key, group);
      return group;
    }
    const other = this.#groups.get(OTHER_ERRORS);
    if (other !== undefined) return other;
    const message = `more than ${this.#most} different errors: these are the rest`;
    const made: Group = { label: OTHER_ERRORS, code: 0, message, stack: undefined, count: 0 };
    this.#groups.set(OTHER_ERRORS, made);
    return made;
  }
}
