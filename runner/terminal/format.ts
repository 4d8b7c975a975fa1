/**
 * Numbers for people: three significant digits and a unit. What is not a number is a dash. A share is never rounded
 * to "all" or "none" unless it is that exactly.
 */

import type { MetricType, MetricUnit } from '../../dsl/metrics.ts';

export const DASH = '–';

/** Rounded to `digits` significant digits, without exponent and trailing zeros. */
function significant(value: number, digits: number): string {
  const whole = Math.abs(value) >= 10 ** digits;
  const rounded = whole ? Math.round(value) : Number(value.toPrecision(digits));
  if (rounded === 0) return '0';
  if (Math.abs(rounded) >= 1e21) return rounded.toExponential(2);
  return Math.abs(rounded) < 1e-6 ? rounded.toFixed(12).replace(/0+$/, '') : String(rounded);
}

/** Groups of three from five digits on: 9999, 10 000, 1 234 567. */
function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const digits = whole.replace('-', '');
  if (digits.length < 5 || text.includes('e')) return text;
  const spaced = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

/** The largest unit in which the rounded value is at least 1: 999.6 ms is 1 s, not 1000 ms. */
function scaled(
  value: number,
  digits: number,
  units: readonly (readonly [size: number, name: string])[],
): string {
  for (let i = 0; i < units.length; i++) {
    const [size, name] = units[i] as readonly [number, string];
    const text = significant(value / size, digits);
    if (Number(text) >= 1 || i === units.length - 1) return `${grouped(text)} ${name}`;
  }
  return DASH;
}

const TIME_UNITS = [
  [1000, 's'],
  [1, 'ms'],
] as const;

const BYTE_UNITS = [
  [1e15, 'PB'],
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'B'],
] as const;

/** From here on minutes are easier to read than seconds. */
const LONG_MS = 120_000;

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}

/** Hours, minutes, seconds of whole seconds: 59s, 1m30s, 2h05m. */
function clock(totalSeconds: number): string {
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = totalSeconds % 60;
  if (hours > 0) return `${hours}h${pad2(minutes)}m`;
  return minutes > 0 ? `${minutes}m${pad2(seconds)}s` : `${seconds}s`;
}

/** A measured time: `85 µs`, `1.4 ms`, `11.2 ms`, `640 ms`, `1.2 s`, `2m05s`. */
export function formatMs(ms: number | null | undefined, digits = 3): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return DASH;
  if (ms === 0) return '0 ms';
  if (ms < 0) return `-${formatMs(-ms, digits)}`;
  if (ms >= LONG_MS && digits <= 3) return clock(Math.round(ms / 1000));
  if (Number(ms.toPrecision(digits)) >= 1) return scaled(ms, digits, TIME_UNITS);
  // The clock's resolution is a microsecond: more digits only where two values have to be told apart.
  const micros = digits <= 3 ? Math.round(ms * 1000) : Number((ms * 1000).toPrecision(digits));
  return micros === 0 ? '<1 µs' : `${significant(micros, digits)} µs`;
}

/** How long something went on: `4.2 s`, `1m30s`, `2h05m`; in whole seconds, for what is redrawn, `30s`. */
export function formatSpan(ms: number, precision: 'tenths' | 'whole' = 'tenths'): string {
  if (!Number.isFinite(ms) || ms < 0) return DASH;
  if (precision === 'tenths' && ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  return clock(precision === 'whole' ? Math.floor(ms / 1000) : Math.round(ms / 1000));
}

/** A count or sum: `9999`, `16 071`; fractions keep three digits. */
export function formatCount(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  return grouped(Number.isInteger(value) ? significant(value, 21) : significant(value, digits));
}

/** Events per second, without a unit: `0.333`, `53.6`, `1607`. */
export function formatRate(perSecond: number | null | undefined, digits = 3): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return DASH;
  return grouped(significant(perSecond, digits));
}

export function formatBytes(bytes: number | null | undefined, digits = 3): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return DASH;
  if (bytes < 0) return `-${formatBytes(-bytes, digits)}`;
  if (bytes === 0) return '0 B';
  return scaled(bytes, digits, BYTE_UNITS);
}

/**
 * A share, 0 to 1: `0 %` and `100 %` only for exactly that; one decimal, two where one would say none or all, then
 * `<0.01 %` and `>99.99 %`.
 */
export function formatPercent(share: number | null | undefined, decimals = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return DASH;
  if (share < 0) return `-${formatPercent(-share, decimals)}`;
  const percent = share * 100;
  if (share === 0 || share === 1) return `${percent} %`;
  const says = (places: number) => Number(percent.toFixed(places));
  for (let places = decimals; places <= Math.max(2, decimals); places++) {
    const rounded = says(places);
    if (rounded !== 0 && !(rounded === 100 && share !== 1)) return `${percent.toFixed(places)} %`;
  }
  return share < 0.5 ? '<0.01 %' : share < 1 ? '>99.99 %' : '>100 %';
}

/** What a number is: its unit, and whether it is one per second. */
export interface Quantity {
  readonly unit: MetricUnit;
  readonly perSecond: boolean;
}

/** The quantity that a statistic of a metric yields: the count of a trend is no time, the rate of a counter no share. */
export function quantityOf(stat: string, type: MetricType, unit: MetricUnit): Quantity {
  if (stat === 'count' && type === 'trend') return { unit: 'count', perSecond: false };
  if (stat === 'passes' || stat === 'fails') return { unit: 'count', perSecond: false };
  if (stat === 'rate')
    return type === 'rate' ? { unit: 'ratio', perSecond: false } : { unit, perSecond: true };
  return { unit, perSecond: stat === 'slope' };
}

/** A value in its unit. More `digits` only where two values have to be told apart. */
export function formatQuantity(value: number | null | undefined, quantity: Quantity, digits = 3): string {
  const text = formatUnit(value, quantity.unit, digits);
  return quantity.perSecond && text !== DASH ? `${text}/s` : text;
}

function formatUnit(value: number | null | undefined, unit: MetricUnit, digits: number): string {
  switch (unit) {
    case 'ms':
      return formatMs(value, digits);
    case 'bytes':
      return formatBytes(value, digits);
    case 'ratio':
      return formatPercent(value, digits - 2);
    case 'count':
    case 'none':
      return formatCount(value, digits);
  }
}

/** One statistic of one metric, ready for a table. */
export function formatStat(
  stat: string,
  value: number | null | undefined,
  metric: { readonly type: MetricType; readonly unit: MetricUnit },
): string {
  return formatQuantity(value, quantityOf(stat, metric.type, metric.unit));
}
