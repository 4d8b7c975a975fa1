/** A script's thresholds as a group of Prometheus alerting rules. */

import type { ThresholdRule } from '../thresholds/rule.ts';
import { dimensionOf } from '../thresholds/statistics.ts';
import { type ExpressionOptions, expressionOf } from './expression.ts';

export interface Alert {
  /** `BruntHttpReqDurationP95`; unique in its group. */
  readonly name: string;
  readonly expr: string;
  readonly forMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A threshold without an alert, and why. */
export interface Skipped {
  /** Metric or sub-metric, and the threshold. */
  readonly threshold: string;
  readonly reason: string;
}

export interface AlertGroup {
  readonly script: string;
  readonly alerts: readonly Alert[];
  readonly skipped: readonly Skipped[];
}

export interface AlertOptions extends ExpressionOptions {
  /** How long a threshold must fail; undefined: as is fitting for each. */
  readonly forMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** A statistic of the whole run swings while there is little of it, and only the last word counts. */
const WHOLE_RUN_FOR_MS = 15_000;

function camel(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function nameOf({ selector, measure }: ThresholdRule): string {
  const stat = measure.kind === 'stat' ? measure.stat : measure.kind;
  return `Brunt${camel(selector.metric)}${camel(stat.replace('.', '_'))}${selector.tags.map(([, value]) => camel(value)).join('')}`;
}

/** Whether a failure cannot pass: of a window, of a count that is over, of an extreme that is beyond. */
function isFinal({ windowMs, measure, operator }: ThresholdRule): boolean {
  if (windowMs !== undefined) return true;
  const stat = measure.kind === 'stat' ? measure.stat : '';
  if (stat === 'max') return operator.startsWith('<');
  if (stat === 'min') return operator.startsWith('>');
  return /^(?:count|passes|fails)$/.test(stat);
}

/** The alert's value as a template of Prometheus: with its unit, where it has one. */
function shownValue({ def, measure }: ThresholdRule, of: string | undefined): string {
  if (of !== undefined) return `{{ $value }} ${of}`;
  const { dimension, perSecond } = dimensionOf(measure, def);
  const shown = {
    ms: '{{ $value | humanizeDuration }}',
    bytes: '{{ $value | humanize1024 }}B',
    share: '{{ $value | humanizePercentage }}',
    plain: '{{ $value | humanize }}',
    any: '{{ $value }}',
  }[dimension];
  return perSecond ? `${shown}/s` : shown;
}

/** Text that Prometheus takes as a template: its braces are none of ours. */
function verbatim(text: string): string {
  return text.includes('{{') ? `{{ ${JSON.stringify(text)} }}` : text;
}

export function alertsOf(rules: readonly ThresholdRule[], options: AlertOptions): AlertGroup {
  const alerts: Alert[] = [];
  const skipped: Skipped[] = [];
  const names = new Set<string>();
  for (const rule of rules) {
    const threshold = `${rule.metric} ${rule.threshold}`;
    const expressed = expressionOf(rule, options);
    if (!expressed.ok) {
      skipped.push({ threshold, reason: expressed.reason });
      continue;
    }
    const wanted = nameOf(rule);
    let name = wanted;
    for (let n = 2; names.has(name); n++) name = `${wanted}_${n}`;
    names.add(name);
    const value = shownValue(rule, expressed.of);
    const told = rule.builtin ? 'an iteration threw' : `${verbatim(threshold)} does not hold`;
    alerts.push({
      name,
      expr: expressed.expr,
      forMs: options.forMs ?? (isFinal(rule) ? 0 : WHOLE_RUN_FOR_MS),
      labels: {
        severity: rule.abortOnFail ? 'critical' : 'warning',
        metric: rule.selector.metric,
        ...options.labels,
      },
      annotations: {
        summary: `${verbatim(options.script)}: ${told}`,
        description: [
          `Run {{ $labels.run }} of ${verbatim(options.script)}: ${verbatim(threshold)} does not hold, with ${value}.`,
          ...(expressed.note === undefined ? [] : [expressed.note]),
        ].join(' '),
        threshold: verbatim(threshold),
      },
    });
  }
  return { script: options.script, alerts, skipped };
}
