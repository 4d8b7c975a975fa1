/**
 * Targets that are URLs. Options of an output stand in the query and are taken out of it, so that the receiver sees only
 * the rest: `otlp=http://host:4318/v1/metrics?protocol=json`.
 */

import { ConfigError, type Problem } from '../../dsl/errors.ts';
import { orList } from '../config/fields.ts';
import { didYouMean } from '../config/nearest.ts';
import type { OutputSpec } from './spec.ts';

export interface TargetForm {
  /** Of what is allowed: `http`, `https`. */
  readonly schemes: readonly string[];
  /** What the user could write, for messages. */
  readonly example: string;
}

/** Reports to `problems` and gives undefined where the text is no such URL. `where`: the variable that it came from. */
export function readUrl(
  text: string,
  form: TargetForm,
  problems: Problem[],
  where?: string,
): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && form.schemes.includes(url.protocol.slice(0, -1)) && url.hostname !== '')
    return url;
  problems.push({
    message: `the target is no URL that begins with ${orList(form.schemes.map((scheme) => `${scheme}://`))}.`,
    hint: `Write it like ${form.example}`,
    ...(where === undefined ? {} : { where }),
  });
  return undefined;
}

/** The parameters of a query by name. Those that nobody knows are problems; `known` are all names that may stand there. */
export function takeParameters<K extends string>(
  url: URL,
  known: readonly K[],
  problems: Problem[],
): ReadonlyMap<K, string> {
  const taken = new Map<K, string>();
  for (const [name, value] of url.searchParams) {
    if ((known as readonly string[]).includes(name)) {
      taken.set(name as K, value);
      continue;
    }
    const hint = didYouMean(name, known, "'");
    problems.push({
      message: `there is no parameter '${name}'; there is ${orList(known)}.`,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  url.search = '';
  return taken;
}

/** One of a few words; `fallback` where nothing is given. `where`: the variable that it came from. */
export function readWord<T extends string>(
  given: string | undefined,
  words: Readonly<Record<string, T>>,
  fallback: T,
  problems: Problem[],
  what: { readonly name: string; readonly where?: string },
): T {
  if (given === undefined || given === '') return fallback;
  const known = Object.hasOwn(words, given) ? words[given] : undefined;
  if (known !== undefined) return known;
  problems.push({
    message: `${what.name} is '${given}': it must be ${orList(Object.keys(words))}.`,
    ...(what.where === undefined ? {} : { where: what.where }),
  });
  return fallback;
}

export function throwIfAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Name of an output for messages: as the user wrote it, or with the address that it got from elsewhere. */
export function nameOf(spec: OutputSpec, address: URL): string {
  if (spec.target !== undefined) return spec.name;
  return `${spec.name}=${address.protocol}//${address.host}${address.pathname}`;
}
