/**
 * The right side of a threshold.
 *
 *     limit  := [sign] number              in the metric's unit, as in k6: ms, bytes, share from 0 to 1
 *             | [sign] duration            metrics in ms: `1.5s`, `1m30s`
 *             | number '%'                 shares: `99%` is 0.99
 *             | [sign] number byte-unit    metrics in bytes: `100MB` (10^6), `64KiB` (2^10)
 *     any of them followed by '/s' where the measure is per second
 */

import { parseDuration } from '../../dsl/duration.ts';
import type { Dimension } from './statistics.ts';

export type LimitReading =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w.])/i;
const AMOUNT = /^(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)$/i;
const DURATION_UNIT = /^\s*(?:[\d.]+\s*(?:d|h|m|s|ms|us|µs|μs|ns)\s*)+$/;

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const UNIT_OF: Readonly<Record<Dimension, string>> = {
  ms: 'a number of milliseconds or a duration such as `1.5s`',
  bytes: 'a number of bytes or an amount such as `100MB`',
  share: 'a share from 0 to 1 or a percentage such as `99%`',
  plain: 'a plain number',
  any: 'a number, a duration, a percentage or an amount of bytes',
};

/** Reads a limit in a dimension; the value is in ms, bytes, share (0 to 1) or as it stands. */
export function readLimit(text: string, dimension: Dimension, perSecond: boolean): LimitReading {
  if (/\bbaseline\b/i.test(text)) {
    return {
      ok: false,
      message: 'A threshold cannot be compared with a baseline yet.',
      hint: 'Write the number itself for now, such as `p(95)<400`.',
    };
  }
  const perSecondMark = /\s*\/\s*s(?:ec)?$/.exec(text);
  if (perSecondMark !== null && !perSecond) {
    return { ok: false, message: `\`${text}\` is per second, but what it is compared with is not.` };
  }
  const amount = perSecondMark === null ? text : text.slice(0, perSecondMark.index);
  const negative = amount.startsWith('-');
  const body = amount.replace(/^[+-]\s*/, '');
  const magnitude = readMagnitude(body, dimension);
  if (magnitude === undefined) return refuse(text, body, dimension);
  const value = negative ? -magnitude : magnitude;
  if (!Number.isFinite(value)) return { ok: false, message: `\`${text}\` is too large for a number.` };
  if (dimension === 'share' && (value < 0 || value > 1)) {
    const percent = value > 1 && value <= 100 && !body.includes('%');
    return {
      ok: false,
      message: `\`${text}\` is outside of what a share can be: 0 to 1, or 0% to 100%.`,
      ...(percent ? { hint: `Did you mean \`${body}%\`?` } : {}),
    };
  }
  return { ok: true, value: value === 0 ? 0 : value };
}

function readMagnitude(body: string, dimension: Dimension): number | undefined {
  const number = NUMBER.exec(body);
  const after = number === null ? undefined : body.slice(number[0].length).trim();
  if (after === '') return Number(number![0]);
  const any = dimension === 'any';
  if (after === '%') return dimension === 'share' || any ? shareOf(Number(number![0])) : undefined;
  if (dimension === 'ms' || any) {
    const ms = DURATION_UNIT.test(body) ? parseDuration(body.replaceAll(/\s+/g, '')) : undefined;
    if (ms !== undefined) return ms;
  }
  if (dimension === 'bytes' || any) {
    const parts = AMOUNT.exec(body);
    const factor = parts === null ? undefined : BYTES[parts[2]!.toLowerCase()];
    if (factor !== undefined) return Number(parts![1]) * factor;
  }
  return undefined;
}

/** 99.9 % as the number that `0.999` is: dividing by 100 may be one bit off. */
function shareOf(percent: number): number {
  return Number((percent / 100).toPrecision(15));
}

function refuse(text: string, body: string, dimension: Dimension): LimitReading {
  const message = `\`${text}\` is no limit here: it has to be ${UNIT_OF[dimension]}.`;
  if (/[&|<>=;,]|\b(?:and|or)\b/i.test(text)) {
    return {
      ok: false,
      message,
      hint: "One comparison per threshold; write several as a list: ['p(95)<400', 'avg<200'].",
    };
  }
  if (dimension === 'plain' && DURATION_UNIT.test(body)) {
    return {
      ok: false,
      message,
      hint: "The metric does not hold times. A custom trend of times is made with `new Trend('name', true)`.",
    };
  }
  const start = dimension === 'share' ? undefined : /^[\d.]+/.exec(body)?.[0];
  return start === undefined
    ? { ok: false, message }
    : { ok: false, message, hint: `Did you mean \`${start}\`?` };
}
