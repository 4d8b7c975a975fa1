/** A value that some layer gave, on its way through validation: it knows where it was written and by whom. */

import { formatPath, type Path } from './path.ts';
import { SCRIPT, type Source } from './provenance.ts';

export interface Input {
  readonly value: unknown;
  /** Where it was written, which is also where problems point to. */
  readonly path: Path;
  readonly source: Source;
  /** Came from a flag or a variable: texts that spell numbers and booleans stand for them. */
  readonly text: boolean;
  /** Set where a record was merged from several layers; otherwise the members of `value` are the children. */
  readonly members?: ReadonlyMap<string, Input>;
}

export function scriptInput(value: unknown, path: Path): Input {
  return { value, path, source: SCRIPT, text: false };
}

/** The same source, one step deeper. */
export function childOf(parent: Input, key: string | number, value: unknown): Input {
  return { value, path: [...parent.path, key], source: parent.source, text: parent.text };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  // Options cross a thread or a realm of their own, so their prototype need not be this thread's `Object.prototype`.
  return proto === null || Object.getPrototypeOf(proto) === null;
}

/** Members of a record that are set; undefined where the value is no record. `undefined` members count as absent. */
export function membersOf(input: Input): ReadonlyMap<string, Input> | undefined {
  if (input.members !== undefined) return input.members;
  if (!isRecord(input.value)) return undefined;
  const members = new Map<string, Input>();
  for (const [key, value] of Object.entries(input.value)) {
    if (value !== undefined) members.set(key, childOf(input, key, value));
  }
  return members;
}

/** How messages name an input: `--vus`, `BRUNT_VUS`, or the option's path in backquotes. */
export function subject(input: Input): string {
  const { source } = input;
  if (source.layer !== 'flag' && source.layer !== 'variable') return `\`${formatPath(input.path)}\``;
  return input.path.length > 1 ? `\`${formatPath(input.path)}\` (from ${source.name})` : source.name;
}

const LONGEST_SHOWN = 60;

/** A bad value as messages show it; its type is said where the text alone would hide it. */
export function show(value: unknown, sayType = false): string {
  switch (typeof value) {
    case 'string': {
      const cut = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
      const quoted = `'${cut.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
      return sayType ? `${quoted} (a text)` : quoted;
    }
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return value.length === 0 ? '[] (empty)' : 'an array';
      return 'an object';
    case 'function':
      return 'a function';
    case 'undefined':
      return 'missing';
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'symbol':
      return String(value);
  }
}
