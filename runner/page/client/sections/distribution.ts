/** How the times are distributed: a histogram with a logarithmic axis, and the percentile curve as HdrHistogram draws it. */

import { formatCount, formatMs, formatPercent } from '../../../terminal/format.ts';
import type { Distribution, PageData } from '../../model.ts';
import { curvePercentiles } from '../../scale.ts';
import { binAxis, percentileAxis, percentilePlace } from '../axes.ts';
import { Chart, type Curve } from '../chart.ts';
import { h } from '../dom.ts';
import { rowChoice } from '../row-choice.ts';
import type { Section } from '../section.ts';

interface Named {
  readonly label: string;
  readonly color: string;
  readonly distribution: Distribution;
}

function ofMetric(data: PageData, name: string): Distribution | undefined {
  const metric = data.course.metrics.find((one) => one.name === name);
  return metric?.type === 'trend' ? metric.distribution : undefined;
}

/** The first that the run has. */
const MAIN = [
  ['http_req_duration', 'requests'],
  ['grpc_req_duration', 'gRPC calls'],
  ['sql_query_duration', 'SQL statements'],
  ['redis_req_duration', 'Redis commands'],
  ['measure_duration', 'measure()'],
  ['iteration_duration', 'iterations'],
] as const;

function mainOf(data: PageData): Named | undefined {
  for (const [metric, label] of MAIN) {
    const distribution = ofMetric(data, metric);
    if (distribution !== undefined) return { label, color: 'c1', distribution };
  }
  return undefined;
}

/** Places of all bins, and one behind the last, so that it has an end. */
function binsOf({ firstBin, bins, count }: Distribution): { x: number[]; share: (number | null)[] } {
  const x = Array.from({ length: bins.length + 1 }, (_, i) => firstBin + i);
  return { x, share: [...bins.map((samples) => samples / count), 0] };
}

function valueAt({ curve, count }: Distribution, p: number): number {
  const at = curvePercentiles(count).findIndex((one) => one >= p);
  return curve[at < 0 ? curve.length - 1 : at] ?? 0;
}

/** Several curves on the places of all of them. */
function percentileCurves(all: readonly Named[]): { x: number[]; curves: Curve[] } {
  const points = all.map(({ distribution: { count, curve } }) => {
    const places = curvePercentiles(count).map((p) => percentilePlace(p, count));
    return new Map(places.map((place, i) => [Number(place.toFixed(6)), curve[i] ?? null] as const));
  });
  const x = [...new Set(points.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  return {
    x,
    curves: all.map(({ label, color }, i) => ({
      label,
      color,
      values: x.map((place) => points[i]?.get(place) ?? null),
      format: (value) => formatMs(value),
    })),
  };
}

export function distributionSection(): Section {
  const choice = rowChoice('Times of', (data) => show(data));
  const histogram = new Chart({
    title: 'How many took how long',
    x: binAxis,
    yFormat: (share) => formatPercent(share),
  });
  const percentiles = new Chart({
    title: 'How long at most, for how many',
    x: percentileAxis,
    yFormat: formatMs,
  });
  const note = h('p', { class: 'note' });
  const content = h(
    'div',
    {},
    choice.element,
    h('div', { class: 'charts' }, histogram.element, percentiles.element),
    note,
  );

  function show(data: PageData): boolean {
    const row = choice.row(data);
    const main: Named | undefined =
      row?.distribution === undefined
        ? mainOf(data)
        : { label: 'requests', color: 'c1', distribution: row.distribution };
    if (main === undefined) return false;
    const { distribution } = main;
    const { x, share } = binsOf(distribution);
    const [p50, p95, p99] = [50, 95, 99].map((p) => valueAt(distribution, p)) as [number, number, number];
    const at = (ms: number): number => Math.log10(Math.max(ms, 0.001) * 1000) * 20;
    histogram.set({
      x,
      curves: [
        {
          label: main.label,
          color: 'c1',
          values: share,
          format: (value) => formatPercent(value),
          shape: 'steps',
        },
      ],
      marks: [
        { axis: 'x', at: at(p50), label: 'p50', color: 'faint' },
        { axis: 'x', at: at(p95), label: 'p95', color: 'c2' },
        { axis: 'x', at: at(p99), label: 'p99', color: 'c3' },
      ],
      words: `Half took at most ${formatMs(p50)}, 95 % at most ${formatMs(p95)}, 99 % at most ${formatMs(p99)}.`,
    });
    const waited = row === undefined ? ofMetric(data, 'iteration_response_time') : undefined;
    const ran = row === undefined ? ofMetric(data, 'iteration_duration') : undefined;
    const all: Named[] = [
      main,
      ...(waited === undefined || ran === undefined
        ? []
        : [
            { label: 'iterations, waited', color: 'c3', distribution: waited },
            { label: 'iterations, ran', color: 'c2', distribution: ran },
          ]),
    ];
    const drawn = percentileCurves(all);
    percentiles.set({
      ...drawn,
      words: all
        .map(({ label, distribution: one }) => `${label}: 99 % at most ${formatMs(valueAt(one, 99))}`)
        .join('; ')
        .concat('.'),
    });
    note.textContent =
      waited === undefined
        ? `${formatCount(distribution.count)} samples. Each step to the right on the percentile axis leaves a tenth of the samples beyond it.`
        : 'Waited counts from the moment at which an iteration should have started, ran from when it did: where they part, the system did not keep up with the arrivals.';
    return true;
  }

  return {
    id: 'distribution',
    title: 'Distribution',
    content,
    update: (data) => {
      choice.update(data);
      return show(data);
    },
  };
}
