/** From threshold and breakdown texts to rules and selectors, with every problem at once. */

import type { Problem } from '../../dsl/errors.ts';
import { BUILTIN_METRICS, type MetricDef } from '../../dsl/metrics.ts';
import type { ResolvedThreshold } from '../../dsl/options.ts';
import type { TagSelection } from '../../workers/messages.ts';
import type { Selector } from '../aggregate/types.ts';
import { nearest } from '../config/nearest.ts';
import { parseThreshold, type TextProblem } from './parser.ts';
import type { ThresholdRule } from './rule.ts';
import { formatSelector, parseSelector } from './selector.ts';

/** A problem with the place in the text, so that the caller can put a caret under it. */
export interface ThresholdProblem extends Problem {
  /** Place of the threshold (or breakdown entry) in the list. */
  readonly index: number;
  /** Which text `offset` counts in. */
  readonly part: 'metric' | 'threshold' | 'breakdown';
  /** Characters from the start of that text, from 0. */
  readonly offset: number;
  readonly length: number;
}

export interface ThresholdCheck {
  /** Rules of the thresholds that are right, in their order. */
  readonly rules: readonly ThresholdRule[];
  readonly problems: readonly ThresholdProblem[];
}

/** Checked `breakdown` option. */
export interface Breakdown {
  /** Tag keys that split every metric. */
  readonly keys: readonly string[];
  readonly selectors: readonly Selector[];
  readonly problems: readonly ThresholdProblem[];
}

interface Known {
  readonly metrics: ReadonlyMap<string, MetricDef>;
  readonly scenarios: readonly string[];
}

function known(metrics: readonly MetricDef[], scenarios: readonly string[]): Known {
  return { metrics: new Map([...BUILTIN_METRICS, ...metrics].map((def) => [def.name, def])), scenarios };
}

interface CheckedSelector {
  readonly selector: Selector | undefined;
  readonly def: MetricDef | undefined;
  readonly problem: TextProblem | undefined;
}

/** A selector whose metric exists and whose tags can have data. */
function checkSelector(text: string, { metrics, scenarios }: Known): CheckedSelector {
  const parsed = parseSelector(text);
  if (!parsed.ok) {
    const open = text.indexOf('{');
    const def = metrics.get((open < 0 ? text : text.slice(0, open)).trim());
    return { selector: undefined, def, problem: parsed.problem };
  }
  const { selector } = parsed;
  const def = metrics.get(selector.metric);
  if (def === undefined) return { selector, def, problem: unknownMetric(text, selector.metric, metrics) };
  for (const [key, value] of selector.tags) {
    const place = { offset: Math.max(0, text.indexOf(value, text.indexOf('{'))), length: value.length };
    if (key === 'scenario' && !scenarios.includes(value)) {
      const meant = nearest(value, scenarios);
      const message = `There is no scenario \`${value}\`; there ${scenarios.length === 1 ? 'is' : 'are'} ${scenarios.join(', ')}.`;
      const problem = { message, ...place };
      return {
        selector,
        def,
        problem: meant === undefined ? problem : { ...problem, hint: `Did you mean \`scenario:${meant}\`?` },
      };
    }
    if (key === 'url' && !def.custom) {
      const message =
        'The tag `url` stands in raw sample outputs only, so this sub-metric would never have data.';
      return {
        selector,
        def,
        problem: { message, hint: `Select by name: \`${selector.metric}{name:…}\`.`, ...place },
      };
    }
  }
  return { selector, def, problem: undefined };
}

function unknownMetric(text: string, name: string, metrics: ReadonlyMap<string, MetricDef>): TextProblem {
  const meant = nearest(name, metrics.keys());
  const custom = [...metrics.values()].filter((def) => def.custom).map((def) => def.name);
  const own =
    custom.length === 0
      ? 'the script makes none of its own (they have to be made in module code)'
      : `the script makes ${custom.slice(0, 10).join(', ')}${custom.length > 10 ? ', …' : ''}`;
  return {
    message: `There is no metric \`${name}\`: it is none of Brunt's, and ${own}.`,
    ...(meant === undefined ? {} : { hint: `Did you mean \`${text.trim().replace(name, () => meant)}\`?` }),
    offset: text.indexOf(name),
    length: name.length,
  };
}

type Refusal = Pick<Problem, 'message' | 'hint'>;

/** Why a threshold cannot refer to a baseline; undefined where it can. */
export type BaselineRefusal = (index: number) => Refusal | undefined;

const NO_BASELINE: Refusal = {
  message: 'The threshold refers to a baseline, but this run has none.',
  hint: 'Name one: --baseline FILE, saved by an earlier run with --save FILE. For a run without it: --no-thresholds',
};

const PROBED: Refusal = {
  message: 'What a probe of a capacity scenario has to meet cannot refer to a baseline.',
  hint: 'Write the number itself, and compare what was found: `capacity_rate: ["value>=baseline*0.9"]`.',
};

/** `probesFrom`: where in the list of thresholds those of capacity scenarios begin. */
export function baselineRefusal(given: boolean, probesFrom = Number.POSITIVE_INFINITY): BaselineRefusal {
  return (index) => (index >= probesFrom ? PROBED : given ? undefined : NO_BASELINE);
}

/** Where a threshold's text speaks of the baseline. */
export function mentionOf(threshold: string): { readonly offset: number; readonly length: number } {
  const offset = threshold.search(/\bbaseline\b/i);
  return { offset: Math.max(0, offset), length: 'baseline'.length };
}

/**
 * Checks thresholds against the metrics that exist (the built-in ones and `metrics`, the script's own) and the names
 * of scenarios. A threshold with a problem gives no rule; it may give two problems, one for each of its texts. Limits
 * that refer to a baseline stay open.
 */
export function validateThresholds(
  thresholds: readonly ResolvedThreshold[],
  metrics: readonly MetricDef[],
  scenarios: readonly string[],
  refusal: BaselineRefusal = baselineRefusal(false),
): ThresholdCheck {
  const rules: ThresholdRule[] = [];
  const problems: ThresholdProblem[] = [];
  const all = known(metrics, scenarios);
  // Thresholds of one metric share its name: its problem is told once.
  const told = new Set<string>();
  thresholds.forEach((threshold, index) => {
    const { selector, def, problem } = checkSelector(threshold.metric, all);
    if (problem !== undefined && !told.has(threshold.metric)) {
      told.add(threshold.metric);
      problems.push({ ...problem, index, part: 'metric' });
    }
    const parsed = parseThreshold(threshold.threshold, def);
    if (!parsed.ok) problems.push({ ...parsed.problem, index, part: 'threshold' });
    const limit = parsed.ok ? parsed.expression.limit : Number.NaN;
    const refused = typeof limit === 'number' ? undefined : refusal(index);
    if (refused !== undefined)
      problems.push({ ...refused, ...mentionOf(threshold.threshold), index, part: 'threshold' });
    if (problem !== undefined || !parsed.ok || selector === undefined || def === undefined) return;
    if (refused !== undefined) return;
    rules.push({
      ...parsed.expression,
      ...(typeof limit === 'number' ? { limit } : { limit: Number.NaN, term: limit }),
      index,
      metric: formatSelector(selector),
      selector,
      def,
      threshold: threshold.threshold.trim(),
      abortOnFail: threshold.abortOnFail,
      delayAbortEvalMs: threshold.delayAbortEvalMs,
      noData: threshold.noData,
      builtin: false,
    });
  });
  return { rules, problems };
}

/** Splits the `breakdown` option into tag keys and sub-metric selectors. */
export function validateBreakdown(
  breakdown: readonly string[],
  metrics: readonly MetricDef[],
  scenarios: readonly string[],
): Breakdown {
  const keys = new Set<string>();
  const selectors = new Map<string, Selector>();
  const problems: ThresholdProblem[] = [];
  const all = known(metrics, scenarios);
  breakdown.forEach((entry, index) => {
    const report = (problem: TextProblem) => problems.push({ ...problem, index, part: 'breakdown' });
    const text = entry.trim();
    if (text.includes('{')) {
      const { selector, problem } = checkSelector(entry, all);
      if (problem !== undefined) report(problem);
      else if (selector !== undefined) selectors.set(formatSelector(selector), selector);
    } else if (text === '' || /[\s,:}]/.test(text) || all.metrics.has(text)) {
      report({
        message: all.metrics.has(text)
          ? `\`${text}\` is a metric, and as a whole it is reported anyway.`
          : `\`${entry}\` is neither a tag key nor a sub-metric.`,
        hint: 'A breakdown is a tag key such as `region`, or a sub-metric such as `http_req_duration{region:eu}`.',
        offset: 0,
        length: Math.max(1, entry.length),
      });
    } else keys.add(text);
  });
  return { keys: [...keys], selectors: [...selectors.values()], problems };
}

/** Tag keys that have to make series, so that every rule and every breakdown can be answered. */
export function tagSelection(rules: readonly ThresholdRule[], breakdown: readonly string[]): TagSelection {
  const everywhere = new Set<string>();
  const byMetric = new Map<string, Set<string>>();
  const select = ({ metric, tags }: Selector) => {
    if (tags.length === 0) return;
    const keys = byMetric.get(metric) ?? new Set();
    byMetric.set(metric, keys);
    for (const [key] of tags) keys.add(key);
  };
  for (const rule of rules) select(rule.selector);
  for (const entry of breakdown) {
    if (!entry.includes('{')) {
      everywhere.add(entry.trim());
      continue;
    }
    const parsed = parseSelector(entry);
    if (parsed.ok) select(parsed.selector);
  }
  return {
    everywhere: [...everywhere],
    byMetric: Object.fromEntries([...byMetric].map(([metric, keys]) => [metric, [...keys]])),
  };
}
