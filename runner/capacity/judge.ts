/**
 * Whether a probe held, and whether that is clear.
 *
 *     criterion                        fails when                          clear when
 *     a threshold on times             it does not hold                    limit and value differ by a factor of 1.5
 *     a threshold on a share           it does not hold                    they differ by 3 standard errors
 *     a threshold on a count           it does not hold                    they differ by 3 * sqrt(count)
 *     thrown iterations (where no      any                                 more than 1 % of the arrivals
 *       threshold speaks of them)
 *     dropped or interrupted arrivals  any                                 more than 1 % of the arrivals
 *     completions                      they fall 5 % behind, and 3         10 % behind
 *                                      standard deviations of a Poisson count
 *
 * The factor for times comes from queues: near the limit, waiting times of neighbours are so alike that a window of a
 * few thousand arrivals tells its mean to within a fifth, so that 1.5 is about two standard errors.
 *
 * Evidence: a percentile p needs ten samples above it, 10 / (1 - p/100): 200 for p(95), 1,000 for p(99). A share with
 * limit r needs 3 / min(r, 1 - r), so that none out of so many means something. Other statistics need 100.
 */

import { percentileOf } from '../aggregate/cells.ts';
import { holds, type ThresholdRule } from '../thresholds/rule.ts';
import type { ProbeVerdict } from './search.ts';

/** A threshold's value over the window of a probe. */
export interface Measured {
  readonly rule: ThresholdRule;
  /** Undefined where there was no data. */
  readonly value: number | undefined;
  readonly samples: number;
}

export interface ProbeFacts {
  readonly thresholds: readonly Measured[];
  /** Arrivals that were due in the window. */
  readonly arrivals: number;
  readonly dropped: number;
  readonly interrupted: number;
  readonly thrown: number;
  /** Share by which completions fell behind arrivals; 0 where they kept up. */
  readonly behind: number;
}

export interface Judged extends ProbeVerdict {
  /** Why it failed; empty where it held. */
  readonly reasons: readonly string[];
  /** False where a threshold had fewer samples than it needs. */
  readonly evident: boolean;
}

const CLEAR_FACTOR = 1.5;
const CLEAR_ERRORS = 3;
const CLEAR_SHARE = 0.01;
const LEAST_BEHIND = 0.05;
export const CLEARLY_BEHIND = 0.1;
const LEAST_SAMPLES = 100;
const TAIL_SAMPLES = 10;

/** Samples of its metric that a threshold needs. */
export function samplesNeeded(rule: ThresholdRule): number {
  const { measure, limit, def } = rule;
  if (measure.kind !== 'stat' || def.type === 'counter' || def.type === 'gauge') return 0;
  if (def.type === 'rate') {
    const rare = Math.min(limit, 1 - limit);
    return measure.stat === 'rate' && rare > 0 ? Math.max(LEAST_SAMPLES, Math.ceil(3 / rare)) : LEAST_SAMPLES;
  }
  const p = measure.stat === 'med' ? 50 : percentileOf(measure.stat);
  if (p === undefined || p >= 100) return LEAST_SAMPLES;
  // Rounded first, as 1 - 0.99 is a little less than 0.01.
  return Math.max(LEAST_SAMPLES, Math.ceil(Number((TAIL_SAMPLES / (1 - p / 100)).toFixed(6))));
}

export function judgeProbe(facts: ProbeFacts): Judged {
  const failures: { readonly reason: string; readonly clear: boolean }[] = [];
  const { arrivals, behind } = facts;
  const count = (n: number, what: string): void => {
    if (n > 0) failures.push({ reason: `${n} ${what}`, clear: n > CLEAR_SHARE * arrivals });
  };
  count(facts.dropped, facts.dropped === 1 ? 'arrival was dropped' : 'arrivals were dropped');
  count(facts.interrupted, 'did not end within gracefulStop');
  count(facts.thrown, facts.thrown === 1 ? 'iteration threw an error' : 'iterations threw an error');
  if (behind > Math.max(LEAST_BEHIND, 3 / Math.sqrt(Math.max(1, arrivals)))) {
    failures.push({
      reason: `completions fell ${Math.round(behind * 100)} % behind arrivals`,
      clear: behind > CLEARLY_BEHIND,
    });
  }
  let clear = true;
  let evident = true;
  for (const measured of facts.thresholds) {
    const { rule, value, samples } = measured;
    const sure = isClear(measured);
    if (!sure) clear = false;
    if (value === undefined) {
      if (rule.noData === 'fail')
        failures.push({ reason: `${rule.metric} ${rule.threshold}: no data`, clear: false });
    } else if (!holds(value, rule.operator, rule.limit)) {
      failures.push({ reason: `${rule.metric} ${rule.threshold}: ${valueText(rule, value)}`, clear: sure });
    }
    if (samples < samplesNeeded(rule)) evident = false;
  }
  const held = failures.length === 0;
  const surelyFailed = failures.some((failure) => failure.clear);
  return {
    held,
    clear: held ? clear && evident : surelyFailed,
    reasons: failures.map((failure) => failure.reason),
    // What failed clearly needs no more samples.
    evident: evident || surelyFailed,
  };
}

function isClear({ rule, value, samples }: Measured): boolean {
  if (value === undefined) return false;
  const { limit, def, measure } = rule;
  if (def.type === 'rate' && measure.kind === 'stat' && measure.stat === 'rate') {
    const error = Math.sqrt(Math.max(limit * (1 - limit), 1 / Math.max(1, samples)) / Math.max(1, samples));
    return Math.abs(value - limit) > CLEAR_ERRORS * error;
  }
  if (def.type === 'counter' || def.type === 'rate') {
    return Math.abs(value - limit) > CLEAR_ERRORS * Math.sqrt(Math.max(1, limit));
  }
  if (limit <= 0 || value <= 0) return value !== limit;
  return value >= limit * CLEAR_FACTOR || value * CLEAR_FACTOR <= limit;
}

function valueText({ def, measure }: ThresholdRule, value: number): string {
  const number = String(Number(value.toPrecision(3)));
  const stat = measure.kind === 'stat' ? measure.stat : '';
  if (def.unit === 'ratio' && stat === 'rate') return `${Number((value * 100).toPrecision(3))} %`;
  if (def.unit === 'ms' && stat !== 'count') return `${number} ms`;
  return number;
}
