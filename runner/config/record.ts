/** Reads one record (the options, a scenario, a stage, a threshold) field by field, keeping every leaf's origin. */

import type { Reader } from './fields.ts';
import { type Input, show, subject } from './input.ts';
import { formatPath, type Path } from './path.ts';
import type { Problems } from './problems.ts';
import { DEFAULT, type Provenance } from './provenance.ts';

export class RecordReader {
  readonly #members: ReadonlyMap<string, Input>;
  /** Where the record stands in the resolved options; what its members are recorded under. */
  readonly at: Path;
  readonly problems: Problems;
  readonly sources: Provenance;
  /** Fields that stand under a misspelled name, which was reported. */
  readonly #misspelled = new Set<string>();
  /** What is pointed at when something is missing. */
  readonly #owner: Input | undefined;

  constructor(
    members: ReadonlyMap<string, Input>,
    at: Path,
    owner: Input | undefined,
    problems: Problems,
    sources: Provenance,
  ) {
    this.#members = members;
    this.at = at;
    this.#owner = owner;
    this.problems = problems;
    this.sources = sources;
  }

  get keys(): Iterable<string> {
    return this.#members.keys();
  }

  input(key: string): Input | undefined {
    return this.#members.get(key);
  }

  /** Tells that a field is there under a wrong name, so that it is not reported as missing as well. */
  misspelled(key: string | undefined): void {
    if (key !== undefined) this.#misspelled.add(key);
  }

  /** The field's value, or the default where it is absent; undefined where it is wrong, which was then reported. */
  optional<T>(key: string, read: Reader<T>, fallback: T, shownFallback: unknown = fallback): T | undefined {
    const input = this.#members.get(key);
    if (input === undefined) {
      this.sources.record([...this.at, key], shownFallback, DEFAULT);
      return fallback;
    }
    return this.#take(key, input, read);
  }

  /** `example` completes "is missing: …", such as `how many arrivals per timeUnit, such as rate: 50`. */
  required<T>(key: string, read: Reader<T>, example: string): T | undefined {
    const input = this.#members.get(key);
    if (input !== undefined) return this.#take(key, input, read);
    if (this.#misspelled.has(key)) return undefined;
    const whole = this.#owner === undefined ? formatPath(this.at) : subject(this.#owner);
    return this.problems.add(this.#owner, `${whole} lacks \`${key}\`: ${example}.`, undefined, 'key');
  }

  /** A problem between two fields, told at the first of `keys` that was written. */
  conflict(keys: readonly string[], message: string, hint?: string): undefined {
    const input = keys.map((key) => this.#members.get(key)).find((i) => i !== undefined);
    return this.problems.add(input ?? this.#owner, message, hint);
  }

  /** How messages name a field: as it was written, or by its path where the default stands. */
  name(key: string): string {
    const input = this.#members.get(key);
    return input === undefined ? `\`${formatPath([...this.at, key])}\`` : subject(input);
  }

  /** Value as written, for messages. */
  shown(key: string, fallback: unknown): string {
    return show(this.#members.get(key)?.value ?? fallback);
  }

  #take<T>(key: string, input: Input, read: Reader<T>): T | undefined {
    const value = read(input, this.problems);
    if (value !== undefined) this.sources.record([...this.at, key], input.value, input.source, input.path);
    return value;
  }
}

/** The object if every field was read well, else undefined. */
export function whole<T extends object>(
  fields: { readonly [K in keyof T]: T[K] | undefined },
): T | undefined {
  return Object.values(fields).includes(undefined) ? undefined : (fields as T);
}
