/**
 * The end summary, in the order in which a person asks: did it pass, what failed and by how much, how fast was it,
 * what went wrong, and can the number be trusted. A section without content is left out.
 */

import type { Summary } from '../summary/model.ts';
import { BLANK, type Item, line, renderItems } from './grid.ts';
import { baselineItems } from './sections/baseline.ts';
import { capacityItems } from './sections/capacity.ts';
import { checkItems } from './sections/checks.ts';
import { errorItems } from './sections/errors.ts';
import { everythingItems, trendItems } from './sections/everything.ts';
import { generatorItems } from './sections/generator.ts';
import { renderHeader } from './sections/header.ts';
import { iterationItems } from './sections/iterations.ts';
import { metricItems } from './sections/metrics.ts';
import { outputItems } from './sections/outputs.ts';
import { callItems, requestItems } from './sections/requests.ts';
import { slowestItems } from './sections/slowest.ts';
import { thresholdItems } from './sections/thresholds.ts';
import type { Style } from './style.ts';
import { textWidth } from './width.ts';

export interface SummaryLook {
  /** `full` adds every metric with all its statistics, and shortens no list. */
  readonly mode: 'compact' | 'full';
  /** Columns of the terminal; from 60 on every section fits. */
  readonly width: number;
  readonly style: Style;
  /** Statistics of trends; in compact mode they are shown only where they are not the default ones. */
  readonly trendStats?: readonly string[];
}

/** Default of the option `summaryTrendStats`. */
const DEFAULT_TREND_STATS = 'count,avg,min,med,max,stdev,p(50),p(90),p(95),p(99),p(99.9)'.split(',');

/** The header's verdict stands above the right end of the tables, but not further in than this. */
const LEAST_HEADER = 78;

function withBlanks(sections: readonly (readonly Item[])[]): Item[] {
  return sections
    .filter((items) => items.length > 0)
    .flatMap((items, i) => (i === 0 ? items : [BLANK, ...items]));
}

/** Lines of the summary, without line ends. No line is wider than `width`. */
export function renderSummary(summary: Summary, look: SummaryLook): string[] {
  const { width, style } = look;
  const full = look.mode === 'full';
  const stats = look.trendStats ?? DEFAULT_TREND_STATS;
  const chosen = stats.join() !== DEFAULT_TREND_STATS.join();

  const measured = [
    thresholdItems(summary, width, full, style),
    baselineItems(summary, width, style),
    ...capacityItems(summary, width, full, style),
    requestItems(summary, full, style),
    ...callItems(summary, full, style),
    slowestItems(summary, width, full, style),
    iterationItems(summary, width, full, style),
    checkItems(summary, width, full, style),
    errorItems(summary, width, full, style),
    ...metricItems(summary, style),
  ];
  const nothing = measured.every((items) => items.length === 0);
  const body = withBlanks([
    ...(nothing ? [[line(style.paint('faint', 'Nothing was measured.'))]] : measured),
    ...(full
      ? everythingItems(summary, stats, width, style)
      : chosen
        ? [trendItems(summary, stats, width, style)]
        : []),
    outputItems(summary, width, style),
    generatorItems(summary, width, style),
  ]);

  const lines = renderItems(body, width, style);
  const right = Math.min(width, Math.max(LEAST_HEADER, ...lines.map(textWidth)));
  return ['', ...renderHeader(summary, width, right, style), '', ...lines, ''].map((text) =>
    style.encode(text.trimEnd()),
  );
}
