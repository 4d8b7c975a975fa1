/** THRESHOLDS: failed ones first, each with what was measured and by how much it missed. */

import type { Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { type Item, line } from '../grid.ts';
import { baselineText, measuredText, missText } from '../miss.ts';
import type { Style } from '../style.ts';
import { cutEnd, cutMiddle, padEnd, padStart, textWidth } from '../width.ts';
import { type NamedThreshold, thresholdsOf } from './header.ts';

/** Passing thresholds beyond this many are counted only, unless everything was asked for. */
const MOST_PASSING = 20;

/** A threshold's row as texts. */
export interface ThresholdEntry {
  readonly ok: boolean;
  readonly metric: string;
  readonly expression: string;
  readonly value: string;
  readonly note: string;
}

export function thresholdEntry({ metric, result }: NamedThreshold, summary: Summary): ThresholdEntry {
  const { unit, type } = summary.metrics[metric] as Summary['metrics'][string];
  const miss = result.ok ? '' : missText(result, unit, type);
  const note = [result.note === undefined ? '' : clean(result.note), baselineText(result, unit, type)]
    .filter((part) => part !== '')
    .join(', ');
  return {
    ok: result.ok,
    metric: clean(metric),
    expression: clean(result.threshold),
    value: measuredText(result, unit, type),
    note:
      miss === '' || clean(miss) === clean(result.note ?? '')
        ? note
        : [miss, note].filter((part) => part !== '').join(', '),
  };
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(textWidth));
}

export function thresholdItems(summary: Summary, width: number, full: boolean, style: Style): Item[] {
  const entries = thresholdsOf(summary).map((named) => thresholdEntry(named, summary));
  if (entries.length === 0) return [];
  const failed = entries.filter((e) => !e.ok);
  const passed = entries.filter((e) => e.ok);
  const shown = [...failed, ...(full ? passed : passed.slice(0, MOST_PASSING))];
  const valueWidth = widest(shown.map((e) => e.value));
  const noteWidth = widest(shown.map((e) => e.note));
  // Indent, symbol, and the gaps between columns take twelve columns.
  const room = width - 12 - valueWidth - Math.min(noteWidth, 24);
  const expressionWidth = Math.min(
    widest(shown.map((e) => e.expression)),
    Math.max(10, Math.floor(room * 0.5)),
  );
  const metricWidth = Math.min(widest(shown.map((e) => e.metric)), Math.max(10, room - expressionWidth));
  const lines = shown.map((e) => {
    const tone = e.ok ? 'good' : 'bad';
    const metric = padEnd(cutMiddle(e.metric, metricWidth), metricWidth);
    const expression = padEnd(cutEnd(e.expression, expressionWidth), expressionWidth);
    const value = padStart(e.value, valueWidth);
    const text = `${style.paint(tone, e.ok ? '✓' : '✗')} ${metric}  ${style.paint('faint', expression)}  `;
    const note = e.note === '' ? '' : `   ${style.paint(e.ok ? 'faint' : 'bad', e.note)}`;
    return line(`${text}${style.paint(e.ok ? 'plain' : 'bad', value)}${note}`);
  });
  const hidden = entries.length - shown.length;
  return [
    line(style.paint('strong', 'THRESHOLDS')),
    ...lines,
    ...(hidden > 0 ? [line(style.paint('faint', `and ${hidden} more that passed`))] : []),
  ];
}
