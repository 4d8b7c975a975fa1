/**
 * A comparison, drawn: each effect with its interval beside the margin within which it does not matter, and where there
 * are several runs, what each of them had.
 */

import type { Compared, Comparison } from '../../compare/model.ts';
import {
  adviceText,
  boundsText,
  designText,
  effectText,
  sharedAdvice,
  valueText,
} from '../../terminal/comparison.ts';
import { type Child, code, h, svg } from './dom.ts';
import { type TableColumn, table } from './table.ts';
import { outside } from './text.ts';

export const VERDICTS: Readonly<Record<Compared['verdict'], readonly [tone: string, text: string]>> = {
  regression: ['bad', 'Regression'],
  ok: ['good', 'OK'],
  inconclusive: ['warn', 'Not certain'],
};

const WIDTH = 200;

/**
 * Half of what the axis spans, which all rows share: the farthest bound, but at most ten times the margin, so that the
 * margin can be seen. What lies beyond ends in an arrow.
 */
function reachOf({ metrics, margin }: Pick<Comparison, 'metrics' | 'margin'>): number {
  const far = metrics.flatMap(({ effect, lower, upper }) =>
    [effect, lower, upper].map((value) => Math.abs(value ?? 0)),
  );
  return Math.min(Math.max(margin * 2, ...far) * 1.1, Math.max(margin * 10, LEAST_REACH));
}

/** With a margin of nothing. */
const LEAST_REACH = 0.2;

/** Left of the middle is better, right is worse; the band is the margin. */
function interval({ effect, lower, upper, verdict }: Compared, margin: number, reach: number): Child {
  const half = WIDTH / 2;
  const place = (share: number): number =>
    half + (Math.max(-reach, Math.min(reach, share)) / reach) * (half - 8);
  const from = lower ?? effect ?? 0;
  // Without an upper bound, or from nothing to something: as far as one can see.
  const to = upper ?? (lower === null ? effect : null) ?? Number.POSITIVE_INFINITY;
  const beyond = [from, to, effect ?? Number.POSITIVE_INFINITY];
  return svg(
    'svg',
    { class: `interval ${VERDICTS[verdict][0]}`, viewBox: `0 0 ${WIDTH} 16`, 'aria-hidden': 'true' },
    svg('rect', {
      class: 'margin',
      x: place(-margin),
      y: 0,
      width: place(margin) - place(-margin),
      height: 16,
    }),
    svg('line', { class: 'zero', x1: half, x2: half, y1: 0, y2: 16 }),
    svg('line', { class: 'span', x1: place(from), x2: place(to), y1: 8, y2: 8 }),
    beyond.some((share) => share < -reach) && svg('path', { class: 'arrow', d: 'M9 3 L1 8 L9 13 z' }),
    beyond.some((share) => share > reach) &&
      svg('path', { class: 'arrow', d: `M${WIDTH - 9} 3 L${WIDTH - 1} 8 L${WIDTH - 9} 13 z` }),
    effect !== null && Math.abs(effect) <= reach && svg('circle', { cx: place(effect), cy: 8, r: 4 }),
  );
}

/** Of every run its value, from the lowest on the left to the highest on the right; the baseline's above. */
function runsPlot({ baseline, candidate }: Compared): Child {
  const all = [...baseline, ...candidate];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const place = (value: number): number =>
    high === low ? WIDTH / 2 : 6 + ((value - low) / (high - low)) * (WIDTH - 12);
  const dots = (values: readonly number[], kind: string, y: number): Child =>
    values.map((value) => svg('circle', { class: kind, cx: place(value), cy: y, r: 3 }));
  return svg(
    'svg',
    { class: 'runs', viewBox: `0 0 ${WIDTH} 20`, 'aria-hidden': 'true' },
    dots(baseline, 'baseline', 5),
    dots(candidate, 'candidate', 15),
  );
}

const RUNS: TableColumn<Compared> = {
  title: 'Runs',
  about: 'Drawn: what every run had; those of the baseline above, the others below',
  kind: 'text',
  cell: runsPlot,
  tone: () => 'wide',
};

/** `candidate`: what the other side is called. */
export function comparisonView(found: Comparison, candidate: string): Child {
  const reach = reachOf(found);
  const shared = sharedAdvice(found);
  return [
    table<Compared>({
      caption: 'Effects against the baseline',
      rows: found.metrics,
      columns: [
        { title: 'Metric', kind: 'name', cell: ({ metric, stat }) => [code(metric), ' ', code(stat)] },
        {
          title: 'Verdict',
          kind: 'text',
          cell: ({ verdict }) => VERDICTS[verdict][1],
          tone: ({ verdict }) => VERDICTS[verdict][0],
        },
        { title: 'Baseline', kind: 'number', cell: (row) => valueText(row.baselineValue, row) },
        { title: candidate, kind: 'number', cell: (row) => valueText(row.candidateValue, row) },
        { title: 'Change', kind: 'number', cell: effectText },
        ...(found.metrics.some((row) => boundsText(row) !== '')
          ? [{ title: '95 % bounds', kind: 'number', cell: boundsText, tone: () => 'faint' } as const]
          : []),
        {
          title: 'better · worse',
          about: 'Drawn: better to the left, worse to the right; the band is the margin',
          kind: 'text',
          cell: (row) => interval(row, found.margin, reach),
          tone: () => 'wide',
        },
        ...(found.baseline.length + found.candidate.length > 2 ? [RUNS] : []),
      ],
    }),
    h(
      'ul',
      { class: 'notes' },
      [shared, designText(found)].map((text) => text !== undefined && h('li', {}, outside(text))),
      found.metrics.map((row) => {
        const advice = adviceText(row);
        return (
          advice !== '' &&
          advice !== shared &&
          h('li', {}, code(row.metric), ' ', code(row.stat), `: ${outside(advice)}`)
        );
      }),
      found.overMaxRatio.map((metric) =>
        h('li', { class: 'bad' }, `${outside(metric)} is above ${found.maxRatio} times the baseline`),
      ),
      found.skipped.map(({ metric, reason }) =>
        h('li', { class: 'warn' }, `${outside(metric)} was not compared: ${outside(reason)}`),
      ),
      found.warnings.map((warning) => h('li', { class: 'warn' }, outside(warning, 1000))),
    ),
  ];
}
