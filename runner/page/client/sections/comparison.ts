/** Against the baseline: each effect with its interval, drawn beside the margin within which it does not matter. */

import type { Compared, Comparison } from '../../../compare/model.ts';
import {
  adviceText,
  boundsText,
  designText,
  effectText,
  headline,
  sharedAdvice,
  valueText,
} from '../../../terminal/comparison.ts';
import { type Child, code, h, svg } from '../dom.ts';
import { drawnSection } from '../section.ts';
import { table } from '../table.ts';
import { outside } from '../text.ts';

const LABELS: Readonly<Record<Compared['verdict'], readonly [tone: string, text: string]>> = {
  regression: ['bad', 'Regression'],
  ok: ['good', 'OK'],
  inconclusive: ['warn', 'Not certain'],
};

const WIDTH = 200;

/** Half of what the axis spans: the farthest bound, but not so far that the margin cannot be seen. */
function reachOf({ metrics, margin }: Comparison): number {
  const far = metrics.flatMap(({ effect, lower, upper }) =>
    [effect, lower, upper].map((value) => Math.abs(value ?? 0)),
  );
  return Math.min(Math.max(margin * 2, ...far) * 1.1, margin * 20 + 0.5);
}

/** Left of the middle is better, right is worse; the band is the margin. */
function interval({ effect, lower, upper, verdict }: Compared, margin: number, reach: number): Child {
  if (effect === null) return undefined;
  const place = (share: number): number =>
    WIDTH / 2 + (Math.max(-reach, Math.min(reach, share)) / reach) * (WIDTH / 2 - 6);
  const [from, to] = [place(lower ?? effect), place(upper ?? effect)];
  return svg(
    'svg',
    { class: `interval ${LABELS[verdict][0]}`, viewBox: `0 0 ${WIDTH} 16`, 'aria-hidden': 'true' },
    svg('rect', {
      class: 'margin',
      x: place(-margin),
      y: 0,
      width: place(margin) - place(-margin),
      height: 16,
    }),
    svg('line', { class: 'zero', x1: WIDTH / 2, x2: WIDTH / 2, y1: 0, y2: 16 }),
    svg('line', { class: 'span', x1: from, x2: to, y1: 8, y2: 8 }),
    svg('circle', { cx: place(effect), cy: 8, r: 4 }),
  );
}

export const comparison = drawnSection(
  'comparison',
  'Against the baseline',
  ({ summary }) => summary.comparison,
  (found) => {
    const reach = reachOf(found);
    const shared = sharedAdvice(found);
    const [tone, label] = LABELS[found.verdict];
    const failed = found.overMaxRatio.length > 0;
    return [
      h('p', {}, h('strong', { class: failed ? 'bad' : tone }, label), `: ${outside(headline(found))}.`),
      table<Compared>({
        caption: 'Effects against the baseline',
        rows: found.metrics,
        columns: [
          { title: 'Metric', kind: 'name', cell: ({ metric, stat }) => [code(metric), ' ', code(stat)] },
          { title: 'Baseline', kind: 'number', cell: (row) => valueText(row.baselineValue, row) },
          { title: 'This run', kind: 'number', cell: (row) => valueText(row.candidateValue, row) },
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
          {
            title: 'Verdict',
            kind: 'text',
            cell: (row) => {
              const advice = adviceText(row);
              return [
                h('span', { class: LABELS[row.verdict][0] }, LABELS[row.verdict][1]),
                advice === '' || advice === shared ? undefined : h('small', {}, ` ${outside(advice)}`),
              ];
            },
          },
        ],
      }),
      h(
        'ul',
        { class: 'notes' },
        [shared, designText(found)].map((text) => text !== undefined && h('li', {}, outside(text))),
        found.overMaxRatio.map((metric) =>
          h('li', { class: 'bad' }, `${outside(metric)} is above ${found.maxRatio} times the baseline`),
        ),
        found.skipped.map(({ metric, reason }) =>
          h('li', { class: 'warn' }, `${outside(metric)} was not compared: ${outside(reason)}`),
        ),
        found.warnings.map((warning) => h('li', { class: 'warn' }, outside(warning, 1000))),
      ),
    ];
  },
);
