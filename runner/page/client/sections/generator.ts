/** The generator's own health: whether the numbers can be trusted. */

import { formatBytes, formatMs, formatPercent } from '../../../terminal/format.ts';
import type { Column, PageData } from '../../model.ts';
import { timeAxis } from '../axes.ts';
import { Chart, type Curve } from '../chart.ts';
import { append, h } from '../dom.ts';
import type { Section } from '../section.ts';
import { outside } from '../text.ts';
import { stepTimes } from './course.ts';

interface HealthPart {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly curves: readonly (readonly [metric: string, label: string, color: string])[];
}

const PARTS: readonly HealthPart[] = [
  {
    title: 'Load on the generator',
    format: (share) => formatPercent(share, 0),
    curves: [
      ['generator_loop_busy', 'event loop busy', 'c1'],
      ['generator_cpu', 'processor', 'c4'],
    ],
  },
  {
    title: 'Lateness',
    format: (ms) => formatMs(ms),
    curves: [
      ['generator_start_lag', 'start lag p99', 'c3'],
      ['generator_loop_lag', 'event loop lag p99', 'c2'],
    ],
  },
  {
    title: 'Memory',
    format: (bytes) => formatBytes(bytes),
    curves: [['generator_memory', 'resident', 'c4']],
  },
];

/** From here on requests wait in the generator for their turn. */
const BUSY = 0.85;

function columnOf(data: PageData, name: string): Column | undefined {
  const metric = data.course.metrics.find((one) => one.name === name);
  if (metric?.type === 'gauge') return metric.value;
  return metric?.type === 'trend' ? metric.p99 : undefined;
}

function words({ summary }: PageData): string {
  const { generator, run } = summary;
  const busy = generator.loopBusyMax;
  const facts = [
    busy > 0 ? `an event loop was at most ${formatPercent(busy, 0)} busy` : '',
    generator.startLagP99Ms === null
      ? ''
      : `99 % of arrivals started within ${formatMs(generator.startLagP99Ms)} of their time`,
    generator.memoryMaxBytes > 0 ? `memory ${formatBytes(generator.memoryMaxBytes)}` : '',
    run.workers > 0 ? `${run.workers} worker thread${run.workers === 1 ? '' : 's'}` : '',
  ].filter((fact) => fact !== '');
  const state = !generator.valid
    ? 'The generator could not keep up, so this result is not valid'
    : busy >= BUSY
      ? 'The generator was near its limit'
      : 'The generator kept up';
  return `${[state, facts.join(', ')].filter((part) => part !== '').join(': ')}.`;
}

export function generatorSection(): Section {
  const text = h('p');
  const notes = h('ul', { class: 'notes' });
  const grid = h('div', { class: 'charts three' });
  const content = h('div', {}, text, notes, grid);
  const charts = new Map<HealthPart, Chart>();
  let endMs = 1;

  return {
    id: 'generator',
    title: 'Generator',
    content,
    update: (data) => {
      const { course, summary } = data;
      endMs = course.toMs;
      text.textContent = words(data);
      text.className = summary.generator.valid && summary.generator.loopBusyMax < BUSY ? '' : 'warn';
      notes.textContent = '';
      append(
        notes,
        summary.generator.notes.map((note) => h('li', {}, outside(note, 1000))),
      );
      for (const part of PARTS) {
        const curves = part.curves.flatMap(([metric, label, color]): Curve[] => {
          const values = columnOf(data, metric);
          return values === undefined ? [] : [{ label, color, values, format: part.format }];
        });
        if (curves.length === 0) continue;
        let chart = charts.get(part);
        if (chart === undefined) {
          chart = new Chart({
            title: part.title,
            x: timeAxis(() => endMs),
            yFormat: part.format,
            group: 'time',
          });
          charts.set(part, chart);
        }
        const highest = (values: Column): number => Math.max(0, ...values.map((value) => value ?? 0));
        chart.set({
          x: stepTimes(course.steps, course.stepMs, course.toMs),
          curves,
          words: `${curves.map(({ label, values }) => `${label}: at most ${part.format(highest(values))}`).join('; ')}.`,
        });
      }
      append(
        grid,
        PARTS.map((part) => charts.get(part)?.element),
      );
      return true;
    },
  };
}
