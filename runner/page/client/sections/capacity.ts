/** What a capacity search found: throughput and response times of every probe, as curves over the offered rate. */

import type { CapacityProbe, CapacitySummary } from '../../../summary/model.ts';
import { formatMs, formatPercent, formatRate } from '../../../terminal/format.ts';
import { headline } from '../../../terminal/sections/capacity.ts';
import type { PageData } from '../../model.ts';
import { Chart, type ChartData } from '../chart.ts';
import { append, h } from '../dom.ts';
import type { Mark } from '../marks.ts';
import type { Section } from '../section.ts';
import { table } from '../table.ts';
import { outside } from '../text.ts';

interface Found {
  readonly scenario: string;
  readonly capacity: CapacitySummary;
}

function foundIn({ summary }: PageData): readonly Found[] {
  return Object.entries(summary.scenarios).flatMap(([scenario, { capacity }]) =>
    capacity === undefined ? [] : [{ scenario, capacity }],
  );
}

/** Probes by rate; of several at one rate the last counts, as it does for the search. */
function byRate({ probes }: CapacitySummary): readonly CapacityProbe[] {
  return [...new Map(probes.map((probe) => [probe.rate, probe])).values()].toSorted(
    (a, b) => a.rate - b.rate,
  );
}

function marks({ rate, failedAt }: CapacitySummary): readonly Mark[] {
  return [
    ...(rate === null ? [] : [{ axis: 'x', at: rate, label: 'held', color: 'good' } as const]),
    ...(failedAt === null ? [] : [{ axis: 'x', at: failedAt, label: 'failed', color: 'bad' } as const]),
  ];
}

const rateAxis = {
  name: 'Offered',
  format: (rate: number) => `${formatRate(rate)}/s`,
  range: (min: number, max: number) => [Math.min(0, min), Math.max(max * 1.03, 1)] as const,
};

function charts(): readonly [Chart, Chart] {
  return [
    new Chart({ title: 'Throughput over offered load', x: rateAxis, yFormat: formatRate }),
    new Chart({ title: 'Response time over offered load', x: rateAxis, yFormat: formatMs }),
  ];
}

function dataOf(capacity: CapacitySummary): readonly [ChartData, ChartData] {
  const probes = byRate(capacity);
  const x = probes.map(({ rate }) => rate);
  const rate = (value: number): string => `${formatRate(value)}/s`;
  const words = `${headline(capacity)}.`;
  const times = (['p50', 'p95', 'p99'] as const).map((label, i) => ({
    label,
    color: `c${i + 1}`,
    values: probes.map(({ responseTime }) => responseTime?.[label] ?? null),
    format: formatMs,
  }));
  return [
    {
      x,
      words,
      marks: marks(capacity),
      curves: [
        { label: 'completed', color: 'c1', values: probes.map(({ achieved }) => achieved), format: rate },
        { label: 'offered', color: 'faint', values: x, format: rate, dashed: true },
      ],
    },
    { x, words, marks: marks(capacity), curves: times },
  ];
}

function probeTable(capacity: CapacitySummary): HTMLElement {
  return table<CapacityProbe>({
    caption: 'Probes',
    rows: capacity.probes.toSorted((a, b) => a.rate - b.rate || a.number - b.number),
    rowTone: ({ held }) => (held ? 'good' : 'bad'),
    columns: [
      {
        title: 'Offered',
        kind: 'name',
        cell: ({ rate, held }) => [
          h('span', { class: 'mark', role: 'img', 'aria-label': held ? 'held' : 'failed' }, held ? '✓' : '✗'),
          ` ${formatRate(rate)}/s`,
          rate === capacity.knee ? h('small', {}, ' knee') : undefined,
        ],
      },
      { title: 'Completed /s', kind: 'number', cell: ({ achieved }) => formatRate(achieved) },
      ...(['p50', 'p95', 'p99', 'max'] as const).map((key) => ({
        title: key,
        kind: 'number' as const,
        cell: ({ responseTime }: CapacityProbe) => formatMs(responseTime?.[key]),
      })),
      { title: 'Failed', kind: 'number', cell: ({ failedShare }) => formatPercent(failedShare) },
      { title: 'Why it failed', kind: 'text', cell: ({ reasons }) => outside(reasons.join('; ')) },
    ],
  });
}

export function capacitySection(): Section {
  const content = h('div');
  const drawn = new Map<string, readonly [Chart, Chart]>();
  let shown = '';
  return {
    id: 'capacity',
    title: 'Capacity',
    content,
    update: (data) => {
      const all = foundIn(data);
      const text = JSON.stringify(all);
      if (text === shown) return all.length > 0;
      shown = text;
      content.textContent = '';
      for (const { scenario, capacity } of all) {
        const pair = drawn.get(scenario) ?? charts();
        drawn.set(scenario, pair);
        append(content, [
          all.length > 1 && h('h3', { dir: 'auto' }, outside(scenario)),
          h('p', {}, h('strong', {}, outside(headline(capacity), 1000)), '.'),
          capacity.probes.length > 0 && h('div', { class: 'charts' }, pair[0].element, pair[1].element),
          capacity.probes.length > 0 && probeTable(capacity),
          h(
            'ul',
            { class: 'notes' },
            capacity.notes.map((note) => h('li', {}, outside(note, 1000))),
          ),
        ]);
        for (const [i, one] of dataOf(capacity).entries()) pair[i as 0 | 1].set(one);
      }
      return all.length > 0;
    },
  };
}
