/** Where each option's value came from; `inspect` prints it. */

import { formatPath, type Path } from './path.ts';

export type Source =
  | { readonly layer: 'default' }
  | { readonly layer: 'script' }
  /** Later: a config file's own level, its profile or its environment. */
  | { readonly layer: 'file'; readonly file: string; readonly section?: string }
  | { readonly layer: 'variable'; readonly name: string }
  | { readonly layer: 'flag'; readonly name: string };

export const DEFAULT: Source = { layer: 'default' };
export const SCRIPT: Source = { layer: 'script' };

/** One resolved leaf: its path as users write it, its value before units are applied, and who set it. */
export interface Origin {
  readonly path: Path;
  readonly value: unknown;
  readonly source: Source;
  /** Where the value was written, when that is another option: `duration` for `scenarios.default.duration`. */
  readonly writtenAt: Path;
}

/** What every leaf of the resolved options came from, in the order in which the options were read. */
export class Provenance {
  readonly #origins = new Map<string, Origin>();

  record(path: Path, value: unknown, source: Source, writtenAt: Path = path): void {
    this.#origins.set(formatPath(path), { path, value, source, writtenAt });
  }

  /** Forgets a path and all below it (a scenario that is not run). */
  drop(path: Path): void {
    for (const [key, origin] of this.#origins) {
      if (path.every((part, i) => origin.path[i] === part)) this.#origins.delete(key);
    }
  }

  /** Origin of a leaf, or of the nearest recorded ancestor. */
  of(path: Path): Origin | undefined {
    for (let length = path.length; length > 0; length--) {
      const found = this.#origins.get(formatPath(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  entries(): Iterable<Origin> {
    return this.#origins.values();
  }
}

/** `default`, `script`, `BRUNT_VUS`, `--vus`, `brunt.yaml (profile smoke)`. */
export function describeSource(source: Source): string {
  switch (source.layer) {
    case 'default':
    case 'script':
      return source.layer;
    case 'file':
      return source.section === undefined ? source.file : `${source.file} (${source.section})`;
    case 'variable':
    case 'flag':
      return source.name;
  }
}
