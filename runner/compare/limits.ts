/** Puts limits that refer to a baseline into numbers: of one run its value, of several the median of theirs. */

import { holds, type ThresholdRule } from '../thresholds/rule.ts';
import { mentionOf, type ThresholdProblem } from '../thresholds/validate.ts';
import { DIFFERENT_DEFINITIONS, type Subject, sameDefinition, tooFewSamples } from './metrics.ts';
import type { ComparedRun } from './reading.ts';
import { medianOf } from './verdict.ts';

export interface Limits {
  /** All rules, those without a problem in numbers. */
  readonly rules: readonly ThresholdRule[];
  readonly problems: readonly ThresholdProblem[];
}

export function subjectOfRule({ measure, selector }: ThresholdRule): Subject {
  return { selector, stat: measure.kind === 'stat' ? measure.stat : measure.kind };
}

export function limitsFrom(rules: readonly ThresholdRule[], baseline: readonly ComparedRun[]): Limits {
  const problems: ThresholdProblem[] = [];
  const resolved = rules.map((rule) => {
    if (rule.term === undefined) return rule;
    const found = limitOf(rule, rule.term, baseline);
    if ('limit' in found) return { ...rule, ...found };
    problems.push({ ...found, ...mentionOf(rule.threshold), index: rule.index, part: 'threshold' });
    return rule;
  });
  return { rules: resolved, problems };
}

type Found = Pick<ThresholdRule, 'limit' | 'baseline'> | { readonly message: string; readonly hint?: string };

function limitOf(
  rule: ThresholdRule,
  { factor, offset }: NonNullable<ThresholdRule['term']>,
  baseline: readonly ComparedRun[],
): Found {
  const subject = subjectOfRule(rule);
  const values: number[] = [];
  for (const run of baseline) {
    const reading = run.reading(subject);
    const { name } = run.identity;
    if (reading.def !== undefined && !sameDefinition(reading.def, rule.def))
      return { message: `\`${rule.metric}\` is not the same metric in ${name}: ${DIFFERENT_DEFINITIONS}.` };
    if (reading.kind === 'missing') {
      return {
        message: `The baseline has no value for this: ${name} ${reading.instead}.`,
        hint: 'Save a new baseline with this script as it is (with --no-thresholds), or write a number.',
      };
    }
    const few = tooFewSamples(name, reading.stat, reading.samples);
    if (few !== undefined) {
      return {
        message: `The baseline cannot tell this: ${few}.`,
        hint: 'Use a longer run as the baseline, or a lower percentile.',
      };
    }
    values.push(reading.value);
  }
  const value = medianOf(values.sort((a, b) => a - b));
  const limit = value * factor + offset;
  if (!canHold(rule, limit)) {
    return {
      message: `\`${rule.threshold}\` can never hold: the baseline is ${value}, so the limit is ${limit}.`,
      hint: 'Allow some more than nothing, as in `rate<=baseline+0.01`.',
    };
  }
  return { limit, baseline: { value, runs: values.length } };
}

/** Whether any share can meet a limit: there is none below 0 and none above 1. */
function canHold({ def, measure, operator }: ThresholdRule, limit: number): boolean {
  if (def.type !== 'rate' || measure.kind !== 'stat' || measure.stat !== 'rate') return true;
  return operator === '==' || operator === '!=' || holds(0, operator, limit) || holds(1, operator, limit);
}
