/** A threshold after validation: what is measured, how it is compared, and what follows from it. */

import type { MetricDef } from '../../dsl/metrics.ts';
import type { Selector, Stat } from '../aggregate/types.ts';
import type { ThresholdBaseline } from '../summary/model.ts';

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/**
 * `stat`: a statistic that the aggregate keeps. `growth` and `slope`: of a gauge's course over the run, see
 * `course.ts`.
 */
export type Measure =
  | { readonly kind: 'stat'; readonly stat: Stat }
  | { readonly kind: 'growth' }
  | { readonly kind: 'slope' };

/** A limit that refers to a baseline: its value times `factor` plus `offset`. */
export interface BaselineTerm {
  readonly factor: number;
  readonly offset: number;
}

/** The meaning of one threshold text. */
export interface ThresholdExpression {
  readonly measure: Measure;
  readonly operator: Operator;
  /** In the metric's unit: ms, bytes, share from 0 to 1; per second where the measure is. */
  readonly limit: number | BaselineTerm;
  /** Length of the trailing window, ms; undefined: the whole run. */
  readonly windowMs: number | undefined;
}

export interface ThresholdRule extends Omit<ThresholdExpression, 'limit'> {
  /** NaN until the baseline is known, where it refers to one. */
  readonly limit: number;
  /** What the limit is to be made of; absent where it was written as a number. */
  readonly term?: BaselineTerm;
  /** What it was made of. */
  readonly baseline?: ThresholdBaseline;
  /** Place in the list that was validated; -1 for a built-in rule. */
  readonly index: number;
  /** Metric or sub-metric in canonical spelling (`formatSelector`); the key of its results. */
  readonly metric: string;
  readonly selector: Selector;
  readonly def: MetricDef;
  /** As written. */
  readonly threshold: string;
  readonly abortOnFail: boolean;
  readonly delayAbortEvalMs: number;
  readonly noData: 'fail' | 'pass';
  /** Brunt's own rule, not the script's: it can fail the run but is not listed among the thresholds. */
  readonly builtin: boolean;
}

/** Whether `value operator limit` holds. */
export function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
