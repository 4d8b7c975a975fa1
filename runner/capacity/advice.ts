/** What else than the system may have been the limit of a probe that failed, as sentences for the user. */

import type { HistoryPoint, MetricState } from '../aggregate/types.ts';
import type { ThresholdRule } from '../thresholds/rule.ts';
import type { ProbeMeasures } from './measures.ts';
import type { Tally } from './progress.ts';

/** An event loop that is busy for more of the time than this has no time left. */
const SATURATED = 0.95;
/** Share of a limit on response times that late starts may take of it before they, not the system, decide. */
const OWN_SHARE = 0.2;
/**
 * What a late start adds to a response time: itself, and at most as much again, as the starts that it held up come all
 * at once and wait for each other. A value that is over its limit by more than that is the system's doing.
 */
const COST_OF_LATENESS = 2;
/** A second belongs to a window if it overlaps it by at least half. */
const HALF_SECOND_MS = 500;

export function perSecond(rate: number): string {
  return `${Number(rate.toPrecision(4))}/s`;
}

export interface GeneratorFacts {
  readonly maxStartLagMs: number;
  readonly workers: number;
  readonly rules: readonly ThresholdRule[];
  /** Course of the busiest worker's share, one point per second, at its end. */
  readonly busy: readonly HistoryPoint[];
}

/** Undefined where the generator had time enough. Waiting for a VU is not its doing, and not in its start lag. */
export function generatorLimit(
  { maxStartLagMs, workers, rules, busy }: GeneratorFacts,
  measures: ProbeMeasures,
  window: { readonly from: Tally; readonly to: Tally },
  rate: number,
): string | undefined {
  const lag = measures.state('generator_start_lag');
  const share = busyBetween(busy, window.from.atMs, window.to.atMs);
  const late = tooLate(lag, maxStartLagMs, rules, measures);
  if (late === undefined && share < SATURATED) return undefined;
  const what = late ?? `its event loops were ${Math.round(share * 100)} % busy`;
  return (
    `at ${perSecond(rate)} the generator was the limit, not the system: ${what}. ` +
    `Give it more workers (there ${workers === 1 ? 'was 1' : `were ${workers}`}) or a machine of its own, or make the script do less.`
  );
}

/** Late starts count in response times, so what they may be depends on the limits of these too. */
function tooLate(
  lag: MetricState,
  maxStartLagMs: number,
  rules: readonly ThresholdRule[],
  measures: ProbeMeasures,
): string | undefined {
  const p99 = lag.stat('p(99)') ?? 0;
  if (p99 > maxStartLagMs) return `it started arrivals late (start lag p99 ${Math.round(p99)} ms)`;
  for (const rule of rules) {
    const { selector, measure, limit, operator } = rule;
    const isUpperLimit = operator === '<' || operator === '<=';
    if (selector.metric !== 'iteration_response_time' || measure.kind !== 'stat' || !isUpperLimit) continue;
    if (measure.stat === 'count' || measure.stat === 'sum') continue;
    const own = lag.stat(measure.stat) ?? 0;
    const value = measures.measure(rule).value ?? 0;
    if (own > OWN_SHARE * limit && value - COST_OF_LATENESS * own <= limit) {
      return `it started arrivals late (start lag ${measure.stat} ${Number(own.toPrecision(3))} ms, with ${limit} ms allowed for the whole response time)`;
    }
  }
  return undefined;
}

/** Mean over the seconds of a window; 0 where it holds none. */
export function busyBetween(busy: readonly HistoryPoint[], fromMs: number, toMs: number): number {
  const seconds = busy.filter(
    ({ atMs }) => atMs - 1000 >= fromMs - HALF_SECOND_MS && atMs <= toMs + HALF_SECOND_MS,
  );
  if (seconds.length === 0) return 0;
  return seconds.reduce((sum, { value }) => sum + value, 0) / seconds.length;
}

/** Where most of the response time was a wait for a VU, their number may be the limit that was found. */
export function vuLimit(
  measures: ProbeMeasures,
  vus: { readonly made: number; readonly most: number },
  rate: number,
): string | undefined {
  if (vus.made < vus.most) return undefined;
  const waited = measures.state('iteration_start_lag').stat('avg') ?? 0;
  const took = measures.state('iteration_duration').stat('avg') ?? 0;
  if (waited <= took) return undefined;
  return `at ${perSecond(rate)} arrivals waited longer for a VU than for the system: if it could serve more than ${vus.most} at once, raise maxVUs`;
}
