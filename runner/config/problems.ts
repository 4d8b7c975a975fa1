/** Collects everything that is wrong, so that it can be reported at once and in the order of the file. */

import { relative } from 'node:path';
import type { Problem } from '../../dsl/errors.ts';
import type { Input } from './input.ts';
import type { Locate } from './locate.ts';

/** Which end of `key: value` a problem is about. */
export type Part = 'key' | 'value';

interface Draft {
  readonly input: Input | undefined;
  readonly part: Part;
  readonly message: string;
  readonly hint: string | undefined;
}

export class Problems {
  readonly #drafts: Draft[] = [];

  get count(): number {
    return this.#drafts.length;
  }

  /** `input` undefined: the problem is in no one place. Returns undefined, so that a reader can return it. */
  add(input: Input | undefined, message: string, hint?: string, part: Part = 'value'): undefined {
    this.#drafts.push({ input, part, message, hint });
    return undefined;
  }

  /** Flags and variables first, then the script's files from top to bottom. */
  finish(locate: Locate, entry: string): Problem[] {
    const problems = this.#drafts.map((draft) => finished(draft, locate, entry));
    const files = [...new Set(problems.map((p) => p.location?.file))];
    // Places without a file come first, and keep their order.
    const rank = ({ location }: Problem) =>
      location === undefined ? [-1, 0, 0] : [files.indexOf(location.file), location.line, location.column];
    return problems.toSorted((a, b) => {
      const [of, than] = [rank(a), rank(b)];
      const differs = of.findIndex((value, i) => value !== than[i]);
      return differs < 0 ? 0 : of[differs]! - than[differs]!;
    });
  }
}

function finished({ input, part, message, hint }: Draft, locate: Locate, entry: string): Problem {
  const rest = hint === undefined ? {} : { hint };
  if (input === undefined) return { message, ...rest };
  const { source } = input;
  switch (source.layer) {
    case 'flag':
    case 'variable':
      return { message, where: source.name, ...rest };
    case 'file':
      return { message, where: source.file, ...rest };
    case 'default':
    case 'script': {
      const location = locate(input.path, part);
      if (location !== undefined) return { message, location, ...rest };
      return { message, where: relative(process.cwd(), entry) || entry, ...rest };
    }
  }
}
