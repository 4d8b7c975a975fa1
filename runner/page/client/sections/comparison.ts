/** Against the baseline. */

import { headline } from '../../../terminal/comparison.ts';
import { comparisonView, VERDICTS } from '../comparison-view.ts';
import { h } from '../dom.ts';
import { drawnSection } from '../section.ts';
import { outside } from '../text.ts';

export const comparison = drawnSection(
  'comparison',
  'Against the baseline',
  ({ summary }) => summary.comparison,
  (found) => {
    const [tone, label] = VERDICTS[found.verdict];
    return [
      h('p', {}, h('strong', { class: tone }, label), `: ${outside(headline(found))}.`),
      comparisonView(found, 'This run'),
    ];
  },
);
