/** The first lines: what ran, the verdict, and why. */

import type { Summary, ThresholdResult, Verdict } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatCount, formatSpan } from '../format.ts';
import type { Style } from '../style.ts';
import { cutMiddle, textWidth, wrap } from '../width.ts';

const LABEL: Readonly<Record<Verdict, readonly [tone: 'good' | 'bad' | 'warn', label: string]>> = {
  passed: ['good', 'PASSED'],
  failed: ['bad', 'FAILED'],
  invalid: ['warn', 'INVALID'],
  aborted: ['bad', 'ABORTED'],
  interrupted: ['warn', 'INTERRUPTED'],
  error: ['bad', 'ERROR'],
};

export interface NamedThreshold {
  readonly metric: string;
  readonly result: ThresholdResult;
}

/** Thresholds of all metrics, in the order of the summary. */
export function thresholdsOf(summary: Summary): NamedThreshold[] {
  return Object.entries(summary.metrics).flatMap(([metric, { thresholds }]) =>
    (thresholds ?? []).map((result) => ({ metric, result })),
  );
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function verdictNote(summary: Summary): string {
  const all = thresholdsOf(summary);
  const failed = all.filter(({ result }) => !result.ok).length;
  if (failed > 0)
    return `${failed} of ${plural(all.length, 'threshold')}${summary.run.verdict === 'failed' ? '' : ' failed'}`;
  if (summary.run.verdict === 'failed' && summary.comparison?.verdict === 'regression')
    return 'worse than its baseline';
  if (summary.run.verdict !== 'passed') return '';
  return all.length === 0 ? 'no thresholds' : plural(all.length, 'threshold');
}

/** How much ran, and how long: `2 scenarios, 50 VUs, 30.4 s`. */
export function runFacts(summary: Summary): string {
  const gauge = summary.metrics.vus_max?.values ?? summary.metrics.vus?.values;
  const vus = gauge?.max ?? gauge?.value;
  const scenarios = Object.keys(summary.scenarios).length;
  return [
    scenarios === 0 ? '' : plural(scenarios, 'scenario'),
    vus === undefined ? '' : plural(vus, 'VU'),
    formatSpan(summary.run.durationMs),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Reasons that the THRESHOLDS section does not tell already. */
export function reasonsToShow(summary: Summary): string[] {
  const failed = thresholdsOf(summary).filter(({ result }) => !result.ok);
  return summary.run.reasons.filter(
    (reason) =>
      !failed.some(({ metric, result }) => reason.includes(metric) && reason.includes(result.threshold)),
  );
}

/** `right` is the column at which the widest line of the summary ends: the verdict ends there too. */
export function renderHeader(summary: Summary, width: number, right: number, style: Style): string[] {
  const [tone, label] = LABEL[summary.run.verdict];
  const note = verdictNote(summary);
  const verdict = style.badge(tone, label) + (note === '' ? '' : `  ${style.paint(tone, note)}`);
  const about = runFacts(summary);
  // Under 70 columns the verdict gets a line of its own.
  const alone = width < 70;
  const room = (alone ? width : right - textWidth(verdict) - 2) - 2 - textWidth(about) - 2;
  const script = cutMiddle(clean(summary.run.script), Math.max(8, room));
  const left = `${style.paint('strong', script)}  ${style.paint('faint', about)}`;
  const lines = alone
    ? [`  ${verdict}`, `  ${left}`]
    : [`  ${left}${' '.repeat(Math.max(2, right - 2 - textWidth(left) - textWidth(verdict)))}${verdict}`];
  for (const reason of reasonsToShow(summary)) {
    wrap(clean(reason), width - 4).forEach((text, i) => {
      lines.push(i === 0 ? `  ${style.paint(tone, '→')} ${text}` : `    ${text}`);
    });
  }
  return lines;
}
