/**
 * Interned tag sets. Sets with the same content are the same object, so a series is found by identity: every set has a
 * slot per metric. A set remembers the sets that `with` led to; in the steady state `with` is two map reads.
 *
 * Three bounds keep memory flat whatever a script puts into tags: keys by which no series is split are dropped, the
 * values of a key past the cap become `(other)`, and past the cap on sets a tag is left out.
 */

import type { TagSet } from '../../dsl/host.ts';
import { SYSTEM_TAGS } from '../../dsl/metrics.ts';
import type { RecordedSeries } from './series.ts';

export type TagEntry = readonly [key: string, value: string];

export const OTHER_VALUE = '(other)';

export interface TagLimits {
  /** Distinct values of one key. */
  readonly values: number;
  /** Tag sets in all. */
  readonly sets: number;
}

export class TagNode implements TagSet {
  /** The recorder's: the series of this set by metric id. */
  readonly slots: (RecordedSeries | undefined)[] = [];
  readonly #space: TagSpace;
  readonly #entries: readonly TagEntry[];
  readonly #next = new Map<string, Map<string, TagNode>>();
  #memo: Map<unknown, unknown> | undefined;

  /** For `TagSpace` only: sets are equal by identity because it makes each once. `entries` are sorted by key. */
  constructor(space: TagSpace, entries: readonly TagEntry[]) {
    this.#space = space;
    this.#entries = entries;
  }

  /** As in `TagSet`; the empty value removes the tag. */
  with(key: string, value: string): TagNode {
    return this.#next.get(key)?.get(value) ?? this.#space.extend(this, key, value);
  }

  get(key: string): string | undefined {
    for (const [name, value] of this.#entries) if (name === key) return value;
    return undefined;
  }

  entries(): readonly TagEntry[] {
    return this.#entries;
  }

  get memo(): Map<unknown, unknown> {
    this.#memo ??= new Map();
    return this.#memo;
  }

  /** Makes `with(key, value)` lead to `set` without asking the space again. */
  remember(key: string, value: string, set: TagNode): void {
    const byValue = this.#next.get(key);
    if (byValue === undefined) this.#next.set(key, new Map([[value, set]]));
    else byValue.set(value, set);
  }

  /** Forgets what `with` led to, which series the metrics have here, and what verbs keep of both. */
  forget(): void {
    this.#next.clear();
    this.slots.length = 0;
    this.#memo?.clear();
  }
}

/** All tag sets of a thread. */
export class TagSpace {
  readonly root: TagNode;
  readonly #limits: TagLimits;
  readonly #warn: (text: string) => void;
  readonly #sets = new Map<string, TagNode>();
  readonly #values = new Map<string, Set<string>>();
  readonly #kept = new Set<string>(SYSTEM_TAGS);
  #keepsAll = false;
  /** Keys that have had too many values, which was told. */
  readonly #folded = new Set<string>();
  #full = false;

  constructor(limits: TagLimits, warn: (text: string) => void) {
    this.#limits = limits;
    this.#warn = warn;
    this.root = new TagNode(this, []);
    this.#sets.set('[]', this.root);
  }

  /** Number of sets made. */
  get size(): number {
    return this.#sets.size;
  }

  /** Keeps these keys too from now on; sets made before stay as they are. */
  keep(keys: Iterable<string>): void {
    for (const key of keys) this.#kept.add(key);
    for (const set of this.#sets.values()) set.forget();
  }

  /** Keeps every key from now on, for raw samples; the bounds on values and sets hold for all of them. */
  keepAll(): void {
    this.#keepsAll = true;
    this.keep([]);
  }

  /** The slow path of `with`. */
  extend(from: TagNode, key: string, value: string): TagNode {
    if (!this.#keepsAll && !this.#kept.has(key)) return from;
    const admitted = value === '' ? value : this.#admit(key, value);
    // Folded values are not remembered, as there may be any number of them; what they fold into is.
    if (admitted !== value) return from.with(key, admitted);
    const exact = this.#replace(from, key, value);
    if (exact !== undefined) {
      from.remember(key, value, exact);
      return exact;
    }
    return (value === '' ? undefined : this.#replace(from, key, OTHER_VALUE)) ?? from;
  }

  /** The set with exactly these tags, which must be those of sets of this space; undefined past the cap on sets. */
  intern(entries: readonly TagEntry[]): TagNode | undefined {
    const id = JSON.stringify(entries);
    const known = this.#sets.get(id);
    if (known !== undefined) return known;
    if (this.#sets.size >= this.#limits.sets) {
      if (!this.#full) {
        this.#full = true;
        this.#warn(
          `there are more than ${this.#limits.sets} different combinations of tags: further ones lose a tag, and ` +
            'breakdowns by tags are incomplete',
        );
      }
      return undefined;
    }
    const made = new TagNode(this, entries);
    this.#sets.set(id, made);
    return made;
  }

  #replace(from: TagNode, key: string, value: string): TagNode | undefined {
    const entries = from.entries().filter(([name]) => name !== key);
    if (value !== '') {
      const after = entries.findIndex(([name]) => name > key);
      entries.splice(after === -1 ? entries.length : after, 0, [key, value]);
    }
    return this.intern(entries);
  }

  /** The value itself, or `(other)` where the key has had too many different ones. */
  #admit(key: string, value: string): string {
    let seen = this.#values.get(key);
    if (seen === undefined) {
      seen = new Set();
      this.#values.set(key, seen);
    }
    if (seen.has(value)) return value;
    if (seen.size < this.#limits.values) {
      seen.add(value);
      return value;
    }
    if (!this.#folded.has(key)) {
      this.#folded.add(key);
      this.#warn(
        `the tag '${key}' has more than ${this.#limits.values} different values: the rest are counted as ` +
          `'${OTHER_VALUE}'${key === 'name' ? ' (group requests with http.url`…` or a name tag)' : ''}`,
      );
    }
    return OTHER_VALUE;
  }
}
