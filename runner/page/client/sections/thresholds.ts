/** Thresholds: failed ones first, each with its measured value drawn against its limit. */

import type { Summary, ThresholdResult } from '../../../summary/model.ts';
import { measuredText, missText } from '../../../terminal/miss.ts';
import { type NamedThreshold, thresholdsOf } from '../../../terminal/sections/header.ts';
import { code, h, svg } from '../dom.ts';
import { drawnSection } from '../section.ts';
import { table } from '../table.ts';
import { outside } from '../text.ts';
import { barOf } from '../threshold-bar.ts';

function bar(result: ThresholdResult, unit: string): Element | undefined {
  const found = barOf(result, unit);
  if (found === undefined) return undefined;
  return svg(
    'svg',
    {
      class: `bar ${result.ok ? 'good' : 'bad'}`,
      viewBox: '0 0 100 10',
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    svg('rect', { class: 'back', x: 0, y: 3, width: 100, height: 4 }),
    svg('rect', { class: 'value', x: 0, y: 3, width: Math.max(found.value, 0.8), height: 4 }),
    svg('rect', { class: 'limit', x: Math.min(found.limit, 99.2), y: 0, width: 0.8, height: 10 }),
  );
}

function marginText({ result, metric }: NamedThreshold, { metrics }: Summary): string {
  const { unit = 'none', type } = metrics[metric] ?? {};
  const { value, limit, note, ok } = result;
  if (!ok) {
    const miss = missText(result, unit, type);
    return note === undefined || miss.includes(note) ? miss : `${miss}, ${note}`;
  }
  // While the run goes on: what keeps it from being judged.
  if (note !== undefined || value === null || limit === null) return note ?? '';
  const gap = Math.abs(limit - value);
  if (unit === 'ratio') return `${Number((gap * 100).toPrecision(2))} points to spare`;
  if (limit === 0) return '';
  return `${Math.round((gap / Math.abs(limit)) * 100)} % to spare`;
}

type Standing = 'good' | 'bad' | 'open';

const STANDING: Readonly<Record<Standing, readonly [mark: string, word: string]>> = {
  good: ['✓', 'held'],
  bad: ['✗', 'failed'],
  open: ['○', 'not judged'],
};

function standingOf({ ok, note }: ThresholdResult): Standing {
  return !ok ? 'bad' : note === undefined ? 'good' : 'open';
}

export const thresholds = drawnSection(
  'thresholds',
  'Thresholds',
  ({ summary }) => {
    const all = thresholdsOf(summary);
    return all.length === 0 ? undefined : all.toSorted((a, b) => Number(a.result.ok) - Number(b.result.ok));
  },
  (all, { summary }) =>
    table<NamedThreshold>({
      caption: 'Thresholds: what was measured, and the limit',
      rows: all,
      rowTone: (one) => standingOf(one.result),
      columns: [
        {
          title: 'Threshold',
          kind: 'name',
          cell: ({ metric, result }) => [
            h(
              'span',
              { class: 'mark', 'aria-label': STANDING[standingOf(result)][1], role: 'img' },
              STANDING[standingOf(result)][0],
            ),
            ' ',
            code(metric),
            ' ',
            h('span', { class: 'expression' }, code(result.threshold)),
          ],
        },
        {
          title: 'Measured',
          kind: 'number',
          cell: ({ metric, result }) => {
            const { unit = 'none', type } = summary.metrics[metric] ?? {};
            return measuredText(result, unit, type);
          },
          tone: ({ result }) => (result.ok ? undefined : 'bad'),
        },
        {
          title: 'Against the limit',
          kind: 'text',
          cell: ({ metric, result }) => bar(result, summary.metrics[metric]?.unit ?? 'none'),
          tone: () => 'wide',
        },
        {
          title: 'Margin',
          kind: 'text',
          cell: (named) => outside(marginText(named, summary)),
          tone: ({ result }) => (result.ok ? 'faint' : 'bad'),
        },
      ],
    }),
);
