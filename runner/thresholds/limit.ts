/**
 * The right side of a threshold.
 *
 *     limit     := amount | reference
 *     amount    := [sign] number              in the metric's unit, as in k6: ms, bytes, share from 0 to 1
 *                | [sign] duration            metrics in ms: `1.5s`, `1m30s`
 *                | number '%'                 shares: `99%` is 0.99
 *                | [sign] number byte-unit    metrics in bytes: `100MB` (10^6), `64KiB` (2^10)
 *     any of them followed by '/s' where the measure is per second
 *     reference := [ number '*' ] 'baseline' [ ('*' | '/') number ['%'] ] [ ('+' | '-') amount without sign ]
 *
 * `baseline` is the baseline's value of what is measured. `baseline+10%` is a tenth more than it; of a share, ten
 * points more, as `10%` is an amount there.
 */

import { parseDuration } from '../../dsl/duration.ts';
import type { BaselineTerm } from './rule.ts';
import type { Dimension } from './statistics.ts';

export type LimitReading =
  | { readonly ok: true; readonly value: number | BaselineTerm }
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

/**
 * Reads a limit in a dimension; the value is in ms, bytes, share (0 to 1) or as it stands, or what is to be made of the
 * baseline's.
 */
export function readLimit(text: string, dimension: Dimension, perSecond: boolean): LimitReading {
  return MENTION.test(text)
    ? readReference(text, dimension, perSecond)
    : readAmount(text, dimension, perSecond);
}

const MENTION = /\bbaseline\b/i;
const FACTOR = String.raw`(\d+(?:\.\d*)?|\.\d+)`;
const REFERENCE = new RegExp(
  String.raw`^(?:${FACTOR}\s*\*\s*)?baseline\b\s*(?:([*/])\s*${FACTOR}\s*(%)?\s*)?(?:([+-])\s*(.+))?$`,
  'is',
);
const SHARE = new RegExp(String.raw`^${FACTOR}\s*%$`);

function readReference(text: string, dimension: Dimension, perSecond: boolean): LimitReading {
  const match = REFERENCE.exec(text);
  if (match === null) {
    return {
      ok: false,
      message: `\`${text}\` is no limit: what is made of a baseline is a multiple of it, or so much more or less.`,
      hint: 'Write it as in `baseline*1.1`, `baseline+20` or `baseline*1.1+5`.',
    };
  }
  const [, before, operator, after, percent, sign, amount] = match;
  const by = after === undefined ? 1 : Number(after) / (percent === undefined ? 1 : 100);
  const factor = Number(before ?? 1) * (operator === '/' ? 1 / by : by);
  if (!(factor > 0 && Number.isFinite(factor)))
    return { ok: false, message: `\`${text}\` leaves nothing of the baseline.` };
  if (amount === undefined) return { ok: true, value: { factor, offset: 0 } };
  const direction = sign === '-' ? -1 : 1;
  const share = dimension === 'share' ? null : SHARE.exec(amount.trim());
  if (share !== null) {
    const relative = 1 + (direction * Number(share[1])) / 100;
    return { ok: true, value: { factor: factor * relative, offset: 0 } };
  }
  const read = readAmount(amount.trim(), dimension, perSecond);
  if (!read.ok || typeof read.value !== 'number') return read;
  return { ok: true, value: { factor, offset: direction * read.value } };
}

function readAmount(text: string, dimension: Dimension, perSecond: boolean): LimitReading {
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
