/**
 * Brunt's own rule: an iteration that throws fails the run. It is a rule like the script's, so that there is one way
 * to a verdict, and it holds wherever the script says nothing about `iteration_errors` itself:
 *
 *     thresholds of the script on           built-in rule
 *     nothing of iteration_errors           iteration_errors  count==0
 *     iteration_errors                      none
 *     iteration_errors{scenario:a}          iteration_errors{scenario:b}  count==0  for every other scenario b
 *     iteration_errors{other:tag}           iteration_errors  count==0  (it says nothing of the rest)
 *
 * Capacity scenarios are left out, as if they had a rule: their probes judge their own errors.
 */

import { BUILTIN_METRICS, M } from '../../dsl/metrics.ts';
import type { ThresholdRule } from './rule.ts';
import { formatSelector } from './selector.ts';

const METRIC = 'iteration_errors';

function noErrors(tags: readonly (readonly [string, string])[]): ThresholdRule {
  const selector = { metric: METRIC, tags };
  return {
    index: -1,
    metric: formatSelector(selector),
    selector,
    def: BUILTIN_METRICS[M[METRIC]]!,
    threshold: 'count==0',
    measure: { kind: 'stat', stat: 'count' },
    operator: '==',
    limit: 0,
    windowMs: undefined,
    abortOnFail: false,
    delayAbortEvalMs: 0,
    noData: 'pass',
    builtin: true,
  };
}

/** The script's rules followed by the built-in ones that they leave in force; `judged`: scenarios that they can hold for. */
export function withBuiltinRules(
  rules: readonly ThresholdRule[],
  scenarios: readonly string[],
  judged: readonly string[] = scenarios,
): readonly ThresholdRule[] {
  const own = rules.filter((rule) => rule.selector.metric === METRIC).map((rule) => rule.selector.tags);
  if (own.some((tags) => tags.length === 0)) return rules;
  const covered = new Set(
    own.filter((tags) => tags.length === 1 && tags[0]![0] === 'scenario').map((tags) => tags[0]![1]),
  );
  if (covered.size === 0 && judged.length === scenarios.length) return [...rules, noErrors([])];
  const rest = judged.filter((name) => !covered.has(name));
  return [...rules, ...rest.map((name) => noErrors([['scenario', name]]))];
}
