/** What `full` adds: every metric and sub-metric with every statistic. */

import type { MetricType } from '../../../dsl/metrics.ts';
import type { MetricSummary, Summary } from '../../summary/model.ts';
import { clean } from '../clean.ts';
import { formatStat } from '../format.ts';
import { type Item, line } from '../grid.ts';
import type { Style } from '../style.ts';
import { cutMiddle, padEnd, padStart, textWidth } from '../width.ts';

const LEAST_NAME = 24;

type Entry = readonly [name: string, metric: MetricSummary];

const STATS_OF: Readonly<Record<Exclude<MetricType, 'trend'>, readonly string[]>> = {
  counter: ['count', 'rate'],
  rate: ['rate', 'passes', 'fails'],
  gauge: ['value', 'min', 'max'],
};

/** Each metric followed by its sub-metrics. */
function inOrder(summary: Summary): Entry[] {
  const entries = Object.entries(summary.metrics);
  const base = (name: string) => name.split('{')[0] as string;
  const order = new Map<string, number>();
  for (const [name] of entries) if (!order.has(base(name))) order.set(base(name), order.size);
  return entries.sort(
    ([a], [b]) =>
      (order.get(base(a)) as number) - (order.get(base(b)) as number) ||
      Number(a.includes('{')) - Number(b.includes('{')),
  );
}

/** A table where the width suffices for it, else one line of `stat value` pairs under each name. */
function table(
  title: string,
  entries: readonly Entry[],
  stats: readonly string[],
  width: number,
  style: Style,
): Item[] {
  if (entries.length === 0) return [];
  const texts = entries.map(([, metric]) =>
    stats.map((stat) => formatStat(stat, metric.values[stat], metric)),
  );
  const widths = stats.map((stat, i) =>
    Math.max(textWidth(stat), ...texts.map((row) => textWidth(row[i] as string))),
  );
  const room = width - 2 - widths.reduce((sum, w) => sum + w + 2, 0);
  const names = entries.map(([name]) => clean(name));
  if (room >= LEAST_NAME) {
    const nameWidth = Math.min(room, Math.max(textWidth(title), ...names.map(textWidth)));
    const head = stats
      .map((stat, i) => style.paint('faint', padStart(stat, (widths[i] as number) + 2)))
      .join('');
    return [
      line(style.paint('strong', padEnd(title, nameWidth)) + head),
      ...names.map((name, n) =>
        line(
          padEnd(cutMiddle(name, nameWidth), nameWidth) +
            (texts[n] as string[]).map((text, i) => padStart(text, (widths[i] as number) + 2)).join(''),
        ),
      ),
    ];
  }
  // Equal widths in all metrics make the lines break at the same places, and so the values stand under each other.
  const valueWidths = stats.map((_, i) => Math.max(...texts.map((row) => textWidth(row[i] as string))));
  const items: Item[] = [line(style.paint('strong', title))];
  names.forEach((name, n) => {
    items.push(line(cutMiddle(name, width - 2)));
    let text = '';
    stats.forEach((stat, i) => {
      const value = padStart((texts[n] as string[])[i] as string, valueWidths[i] as number);
      const pair = `${style.paint('faint', stat)} ${value}`;
      if (text !== '' && textWidth(text) + textWidth(pair) + 2 > width - 4) {
        items.push(line(`  ${text}`));
        text = '';
      }
      text += text === '' ? pair : `  ${pair}`;
    });
    items.push(line(`  ${text}`));
  });
  return items;
}

/** Trends alone, for `--summary-trend-stats` in the compact summary. */
export function trendItems(summary: Summary, stats: readonly string[], width: number, style: Style): Item[] {
  const trends = inOrder(summary).filter(([, m]) => m.type === 'trend' && (m.values.count ?? 0) > 0);
  return table('TRENDS', trends, stats, width, style);
}

export function everythingItems(
  summary: Summary,
  stats: readonly string[],
  width: number,
  style: Style,
): Item[][] {
  const entries = inOrder(summary);
  const of = (type: MetricType) => entries.filter(([, metric]) => metric.type === type);
  return [
    trendItems(summary, stats, width, style),
    table('COUNTERS', of('counter'), STATS_OF.counter, width, style),
    table('RATES', of('rate'), STATS_OF.rate, width, style),
    table('GAUGES', of('gauge'), STATS_OF.gauge, width, style),
  ];
}
