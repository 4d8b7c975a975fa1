/**
 * Readers: each takes one input and gives its value, or reports what is wrong and gives undefined. `allowed` is the
 * end of the sentence "X is Y: it must be …".
 */

import { parseDuration } from '../../dsl/duration.ts';
import { childOf, type Input, membersOf, show, subject } from './input.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';

export type Reader<T> = (input: Input, problems: Problems) => T | undefined;

/** Counters that threads share are 32-bit. */
export const LARGEST_COUNT = 2 ** 31 - 1;

function refuse(
  input: Input,
  problems: Problems,
  allowed: string,
  hint?: string,
  sayType = false,
): undefined {
  return problems.add(
    input,
    `${subject(input)} is ${show(input.value, sayType)}: it must be ${allowed}.`,
    hint,
  );
}

const NUMERAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** The number that an input stands for; texts count only where they come from a flag or a variable. */
function numberOf(input: Input): number | undefined {
  const { value } = input;
  if (typeof value === 'number') return value;
  if (input.text && typeof value === 'string' && NUMERAL.test(value.trim())) return Number(value);
  return undefined;
}

/** Why a text in a script is refused although it looks right. */
function numeralHint(input: Input): string | undefined {
  if (input.text || typeof input.value !== 'string' || !NUMERAL.test(input.value.trim())) return undefined;
  return `Write the number without quotes: ${input.value.trim()}`;
}

export function whole(least: number, most = LARGEST_COUNT): Reader<number> {
  return (input, problems) => {
    const value = numberOf(input);
    if (value !== undefined && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = value !== undefined && value > most ? `from ${least} to ${most}` : `of at least ${least}`;
    return refuse(input, problems, `a whole number ${range}`, numeralHint(input), !input.text);
  };
}

/** A finite number, fractions allowed. */
export function amount(limit: 'positive' | 'not negative'): Reader<number> {
  const allowed = limit === 'positive' ? 'a number above 0' : 'a number of at least 0';
  return (input, problems) => {
    const value = numberOf(input);
    const fits =
      value !== undefined && Number.isFinite(value) && (limit === 'positive' ? value > 0 : value >= 0);
    return fits ? value : refuse(input, problems, allowed, numeralHint(input), !input.text);
  };
}

const DURATION_FORM = "such as '30s', '1m30s' or '200ms' (a plain number is milliseconds)";

/** Milliseconds of a duration. */
export function duration(limit: 'positive' | 'not negative'): Reader<number> {
  return (input, problems) => {
    const { value } = input;
    const ms =
      typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms === undefined || Number.isNaN(ms))
      return refuse(input, problems, `a duration ${DURATION_FORM}`, durationHint(value));
    if (!Number.isFinite(ms) || ms < 0)
      return refuse(input, problems, `a finite duration of at least 0, ${DURATION_FORM}`);
    if (ms === 0 && limit === 'positive')
      return refuse(input, problems, `a duration above 0, ${DURATION_FORM}`);
    return ms;
  };
}

/** Corrects the usual slips: `1 min`, `30 seconds`, `1m 30s`, `2hours`. */
function durationHint(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value
    .toLowerCase()
    .replace(/,(?=\d)/g, '.')
    .replace(/milliseconds?|millis|msecs?/g, 'ms')
    .replace(/seconds?|secs?/g, 's')
    .replace(/minutes?|mins?/g, 'm')
    .replace(/hours?|hrs?/g, 'h')
    .replace(/days?/g, 'd')
    .replace(/\s+/g, '');
  return text !== value && parseDuration(text) !== undefined ? `Did you mean '${text}'?` : undefined;
}

export const flag: Reader<boolean> = (input, problems) => {
  const { value } = input;
  if (typeof value === 'boolean') return value;
  if (input.text && typeof value === 'string') {
    if (/^(true|1|yes|on)$/i.test(value.trim())) return true;
    if (/^(false|0|no|off)$/i.test(value.trim())) return false;
  }
  return refuse(input, problems, 'true or false', undefined, !input.text);
};

export const text: Reader<string> = (input, problems) =>
  typeof input.value === 'string' ? input.value : refuse(input, problems, 'a text');

export const filledText: Reader<string> = (input, problems) =>
  typeof input.value === 'string' && input.value.trim() !== ''
    ? input.value
    : refuse(input, problems, 'a text that is not empty');

/** What an HTTP header can carry: printable Latin-1 on one line. */
function fitsHeader(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code > 0xff) return false;
  }
  return true;
}

export const headerText: Reader<string> = (input, problems) =>
  typeof input.value === 'string' && fitsHeader(input.value)
    ? input.value
    : refuse(input, problems, 'a text on one line, of letters that a header can carry (Latin-1)');

export function oneOf<const T extends string>(allowed: readonly T[]): Reader<T> {
  return (input, problems) => {
    const found = allowed.find((a) => a === input.value);
    if (found !== undefined) return found;
    const hint = typeof input.value === 'string' ? didYouMean(input.value, allowed, "'") : undefined;
    return refuse(input, problems, orList(allowed.map((a) => `'${a}'`)), hint);
  };
}

/** Keys to texts, as in `tags` and `env`. */
export const textRecord: Reader<Readonly<Record<string, string>>> = (input, problems) => {
  const members = membersOf(input);
  if (members === undefined) return refuse(input, problems, "an object of texts, such as { team: 'shop' }");
  const result: Record<string, string> = {};
  let good = true;
  for (const [key, member] of members) {
    if (key.trim() === '') {
      problems.add(member, `${subject(input)} has an empty key: every key must be a name.`, undefined, 'key');
      good = false;
    } else if (typeof member.value === 'string') {
      result[key] = member.value;
    } else {
      const plain = typeof member.value === 'number' || typeof member.value === 'boolean';
      refuse(member, problems, 'a text', plain ? `Put it in quotes: '${String(member.value)}'` : undefined);
      good = false;
    }
  }
  return good ? result : undefined;
};

export function listOf<T>(item: Reader<T>, what: string): Reader<readonly T[]> {
  return (input, problems) => {
    if (!Array.isArray(input.value)) return refuse(input, problems, `an array of ${what}`);
    const items = input.value.map((value: unknown, i) => item(childOf(input, i, value), problems));
    return items.includes(undefined) ? undefined : (items as T[]);
  };
}

export function orList(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? 'nothing';
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
