/** Thresholds in words: what was measured, and by how much it missed. */

import type { MetricType, MetricUnit } from '../../dsl/metrics.ts';
import type { ThresholdResult } from '../summary/model.ts';
import { formatCount, formatPercent, formatQuantity, type Quantity, quantityOf } from './format.ts';

/** Above this many times the limit, a factor says more than a percentage. */
const FACTOR_FROM = 3;

const STAT = /^\s*([a-z]+(?:\([^)]*\))?)/i;

/** The statistic that a threshold's expression starts with: `p(95)` of `p(95)<400 over 30s`. */
export function statOf(threshold: string): string {
  return STAT.exec(threshold)?.[1] ?? 'value';
}

function quantityOfThreshold(result: ThresholdResult, unit: MetricUnit, type: MetricType): Quantity {
  return quantityOf(statOf(result.threshold), type, unit);
}

/** Without the type: a share is a rate; whatever has a `rate` else is a counter. */
function guessType(unit: MetricUnit, stat: string): MetricType {
  if (unit === 'ratio') return 'rate';
  return stat === 'rate' ? 'counter' : 'trend';
}

/**
 * Measured value and limit as texts that differ wherever the numbers do: 500.4 ms against 500 ms, where three digits
 * would say 500 ms twice.
 */
function toldApart(
  value: number,
  limit: number,
  quantity: Quantity,
): readonly [value: string, limit: string] {
  for (let digits = 3; digits <= 9; digits++) {
    const measured = formatQuantity(value, quantity, digits);
    const allowed = formatQuantity(limit, quantity, digits);
    if (value === limit || measured !== allowed) return [measured, allowed];
  }
  return [String(value), String(limit)];
}

/** The measured value, with enough digits to see on which side of the limit it lies. */
export function measuredText(result: ThresholdResult, unit: MetricUnit, type?: MetricType): string {
  const quantity = quantityOfThreshold(result, unit, type ?? guessType(unit, statOf(result.threshold)));
  if (result.value === null || result.limit === null) return formatQuantity(result.value, quantity);
  return toldApart(result.value, result.limit, quantity)[0];
}

/** `limit 9.43 ms: baseline 8.57 ms, median of 20 runs`; empty for a limit that was written as a number. */
export function baselineText(
  { baseline, limit, threshold }: ThresholdResult,
  unit: MetricUnit,
  type: MetricType,
): string {
  if (baseline === undefined) return '';
  const quantity = quantityOf(statOf(threshold), type, unit);
  const [of, allowed] = [baseline.value, limit].map((value) => formatQuantity(value, quantity));
  return `limit ${allowed}: baseline ${of}${baseline.runs === 1 ? '' : `, median of ${baseline.runs} runs`}`;
}

/**
 * By how much a failed threshold missed: `62 % over`, `7x the limit`, `4.0 points under` for shares, `at the limit`;
 * the note where there is no number.
 */
export function missText(result: ThresholdResult, unit: MetricUnit, type?: MetricType): string {
  const { value, limit } = result;
  if (value === null || limit === null) return result.note ?? (value === null ? 'no data' : '');
  if (value === limit) return 'at the limit';
  const side = value > limit ? 'over' : 'under';
  const quantity = quantityOfThreshold(result, unit, type ?? guessType(unit, statOf(result.threshold)));
  const gap = Math.abs(value - limit);
  if (quantity.unit === 'ratio' && !quantity.perSecond) {
    return `${formatPercent(gap, 1).replace(' %', '')} points ${side}`;
  }
  if (limit === 0) return `${formatQuantity(gap, quantity)} ${side}`;
  const factor = value / limit;
  if (factor >= FACTOR_FROM)
    return `${formatCount(factor >= 10 ? Math.round(factor) : Number(factor.toFixed(1)))}x the limit`;
  const share = gap / Math.abs(limit);
  return `${share >= 0.01 ? `${Math.round(share * 100)} %` : formatPercent(share)} ${side}`;
}

/**
 * A failed threshold as part of a sentence: `812 ms, 62 % over the limit of 500 ms`. `type` is the metric's; without
 * it a share counts as a rate and `rate` of anything else as a counter's.
 */
export function describeMiss(result: ThresholdResult, unit: MetricUnit, type?: MetricType): string {
  const { value, limit } = result;
  if (value === null) return result.note ?? 'no data';
  const quantity = quantityOfThreshold(result, unit, type ?? guessType(unit, statOf(result.threshold)));
  if (limit === null)
    return `${formatQuantity(value, quantity)}${result.note === undefined ? '' : `, ${result.note}`}`;
  const [measured, allowed] = toldApart(value, limit, quantity);
  const miss = missText(result, unit, type);
  if (value === limit) return `${measured}, at the limit`;
  return miss.endsWith('x the limit')
    ? `${measured}, ${miss} of ${allowed}`
    : `${measured}, ${miss} the limit of ${allowed}`;
}
