/** The verdict in words. */

import type { Summary, ThresholdResult } from '../../summary/model.ts';
import { formatCount, formatPercent, formatSpan } from '../../terminal/format.ts';
import { describeMiss } from '../../terminal/miss.ts';
import { reasonsToShow, thresholdsOf } from '../../terminal/sections/header.ts';
import type { PageData } from '../model.ts';
import { outside } from './text.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

export interface Words {
  readonly tone: Tone;
  readonly label: string;
  readonly headline: string;
  /** One sentence for each thing to know beside it. */
  readonly details: readonly string[];
}

/** Failed thresholds that are told in full; the table has all. */
const MOST_TOLD = 4;

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

export function missOf(metric: string, result: ThresholdResult, summary: Summary): string {
  const { unit, type } = summary.metrics[metric] ?? { unit: 'none', type: 'trend' };
  return describeMiss(result, unit, type);
}

/** How much of what the limit allows was used, 0 to 1 for what holds; undefined where that says nothing. */
export function usedShare({ threshold, value, limit }: ThresholdResult): number | undefined {
  if (value === null || limit === null || limit <= 0 || value < 0) return undefined;
  if (/<|<=/.test(threshold)) return value / limit;
  return undefined;
}

function closest(summary: Summary): string | undefined {
  const near = thresholdsOf(summary)
    .map((named) => ({ ...named, share: usedShare(named.result) }))
    .filter((one) => one.share !== undefined)
    .toSorted((a, b) => (b.share as number) - (a.share as number))[0];
  if (near === undefined) return undefined;
  const { metric, result, share } = near;
  return `The closest, ${outside(result.threshold)} of ${outside(metric)}, used ${formatPercent(share)} of its limit.`;
}

function thresholdWords(summary: Summary, soFar: string): Pick<Words, 'headline' | 'details'> {
  const all = thresholdsOf(summary);
  const failed = all.filter(({ result }) => !result.ok);
  if (all.length === 0) {
    return { headline: `No thresholds: nothing was judged${soFar}.`, details: [] };
  }
  if (failed.length === 0) {
    const near = closest(summary);
    return {
      headline:
        all.length === 1
          ? `The threshold held${soFar}.`
          : `All ${plural(all.length, 'threshold')} held${soFar}.`,
      details: near === undefined ? [] : [near],
    };
  }
  const told = failed.slice(0, MOST_TOLD).map(({ metric, result }) => {
    return `${outside(metric)} ${outside(result.threshold)}: ${missOf(metric, result, summary)}.`;
  });
  const more = failed.length - told.length;
  return {
    headline:
      all.length === 1
        ? `The threshold failed${soFar}.`
        : `${formatCount(failed.length)} of ${plural(all.length, 'threshold')} failed${soFar}.`,
    details: more > 0 ? [...told, `And ${formatCount(more)} more below.`] : told,
  };
}

const LABELS: Readonly<Record<Summary['run']['verdict'], readonly [Tone, string, string | undefined]>> = {
  passed: ['good', 'Passed', undefined],
  failed: ['bad', 'Failed', undefined],
  invalid: ['warn', 'Invalid', 'The generator, not the system, shaped this result.'],
  aborted: ['bad', 'Aborted', 'The run was aborted.'],
  interrupted: ['warn', 'Interrupted', 'The run was interrupted.'],
  error: ['bad', 'Error', 'The run ended with an error.'],
};

function partialWords(data: PageData): Words {
  const { summary, course } = data;
  const { plannedMs = 0 } = summary.partial ?? {};
  const reach = summary.partial?.toMs ?? course.toMs;
  const of =
    plannedMs <= reach
      ? ''
      : ` of ${formatSpan(plannedMs)} (${formatPercent(Math.min(1, reach / plannedMs))})`;
  const thresholds = thresholdWords(summary, ' in this part');
  return {
    tone: 'warn',
    label: 'Partial',
    headline: `This run never came to its end: what follows covers its first ${formatSpan(reach)}${of}.`,
    details: [
      ...(thresholdsOf(summary).length === 0 ? [] : [thresholds.headline, ...thresholds.details]),
      'Its end, teardown and verdict are missing; so may be the last second before it broke off.',
    ],
  };
}

export function verdictWords(data: PageData): Words {
  const { summary, state } = data;
  if (state === 'partial') return partialWords(data);
  if (state === 'running') {
    const failing = thresholdsOf(summary).some(({ result }) => !result.ok);
    return { tone: failing ? 'bad' : 'plain', label: 'Running', ...thresholdWords(summary, ' so far') };
  }
  const [tone, label, headline] = LABELS[summary.run.verdict];
  const thresholds = thresholdWords(summary, '');
  const reasons = reasonsToShow(summary).map((reason) => {
    const text = outside(reason, 1000);
    return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
  });
  const judged = thresholdsOf(summary).length > 0;
  if (headline === undefined) {
    // Nothing failed, but green would say more than that.
    const shown = tone === 'good' && !judged ? 'plain' : tone;
    return { tone: shown, label, ...thresholds, details: [...thresholds.details, ...reasons] };
  }
  return {
    tone,
    label,
    headline,
    details: [...reasons, ...(judged ? [thresholds.headline, ...thresholds.details] : [])],
  };
}
