/** What happens now: the figures of the last seconds, and every scenario with its progress. */

import type { LiveScenario, LiveState } from '../../../summary/model.ts';
import { formatCount, formatMs, formatPercent, formatRate, formatSpan } from '../../../terminal/format.ts';
import type { PageData } from '../../model.ts';
import { h, svg } from '../dom.ts';
import { drawnSection, type Section } from '../section.ts';
import { table } from '../table.ts';
import { outside } from '../text.ts';

const STATE: Readonly<Record<LiveScenario['state'], readonly [mark: string, tone: string]>> = {
  waiting: ['○', 'faint'],
  running: ['●', 'accent'],
  stopping: ['●', 'warn'],
  done: ['✓', 'good'],
};

function bar({ progress, state }: LiveScenario): Element {
  // A full bar means done.
  const width = state === 'done' ? 100 : Math.min(99, progress * 100);
  return svg(
    'svg',
    {
      class: 'bar accent',
      viewBox: '0 0 100 10',
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${Math.floor(width)} %`,
    },
    svg('rect', { class: 'back', x: 0, y: 3, width: 100, height: 4 }),
    svg('rect', { class: 'value', x: 0, y: 3, width, height: 4 }),
  );
}

function timeText({ state, elapsedMs, durationMs }: LiveScenario): string {
  if (state === 'waiting') return elapsedMs < 0 ? `in ${formatSpan(-elapsedMs, 'whole')}` : 'waiting';
  if (state !== 'running') return state;
  return `${formatSpan(Math.max(0, elapsedMs), 'whole')} of ${formatSpan(durationMs, 'whole')}`;
}

function doneText({ complete, iterations }: LiveScenario): string {
  return iterations === undefined
    ? formatCount(complete)
    : `${formatCount(complete)} of ${formatCount(iterations)}`;
}

/** Highest response time of 95 % in the newest step that has one. */
function newestP95({ course }: PageData): number | undefined {
  const metric = course.metrics.find(({ name }) => name === 'http_req_duration');
  return metric?.type === 'trend' ? (metric.p95.findLast((value) => value !== null) ?? undefined) : undefined;
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly tone?: 'bad';
}

function figures(live: LiveState, data: PageData): readonly Figure[] {
  const { scenarios, iterationErrors } = live;
  const vus = scenarios.reduce((sum, { activeVUs }) => sum + activeVUs, 0);
  const targets = scenarios.filter(({ state }) => state === 'running').map(({ targetRate }) => targetRate);
  const target = targets.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
  // One loop of VUs, and the measured rate is not the one that was aimed at.
  const goal = target > 0 && targets.every((rate) => rate !== undefined) ? ` of ${formatRate(target)}` : '';
  const p95 = newestP95(data);
  const list: (Figure | undefined)[] = [
    live.requests > 0 ? { name: 'Requests', value: `${formatRate(live.requestsPerSecond)}/s` } : undefined,
    p95 === undefined ? undefined : { name: 'p95', value: formatMs(p95) },
    { name: 'Iterations', value: `${formatRate(live.iterationsPerSecond)}${goal}/s` },
    { name: 'Virtual users', value: formatCount(vus) },
    iterationErrors > 0
      ? { name: 'Iterations that threw', value: formatCount(iterationErrors), tone: 'bad' }
      : undefined,
  ];
  return list.filter((one) => one !== undefined);
}

/** Gone when the run is over: it says nothing that the rest does not say better then. */
export const progress: Section = drawnSection(
  'now',
  'Now',
  (data) =>
    data.live === undefined || data.state !== 'running'
      ? undefined
      : { live: data.live, figures: figures(data.live, data) },
  ({ live, figures: list }) => [
    h(
      'dl',
      { class: 'figures' },
      list.map(({ name, value, tone }) => h('div', {}, h('dt', {}, name), h('dd', { class: tone }, value))),
    ),
    table<LiveScenario>({
      caption: 'Scenarios and how far they are',
      rows: live.scenarios,
      columns: [
        {
          title: 'Scenario',
          kind: 'name',
          cell: (one) => [
            h(
              'span',
              { class: `mark ${STATE[one.state][1]}`, role: 'img', 'aria-label': one.state },
              STATE[one.state][0],
            ),
            ' ',
            h('span', { dir: 'auto' }, outside(one.name)),
            one.note === undefined ? undefined : h('small', {}, ` ${outside(one.note)}`),
          ],
        },
        { title: 'Progress', kind: 'text', cell: bar, tone: () => 'wide' },
        {
          title: '',
          about: 'Share',
          kind: 'number',
          cell: (one) => formatPercent(Math.floor(one.progress * 100) / 100, 0),
        },
        { title: 'Time', kind: 'number', cell: timeText },
        {
          title: 'VUs',
          kind: 'number',
          cell: ({ activeVUs, maxVUs }) =>
            activeVUs === maxVUs
              ? formatCount(maxVUs)
              : `${formatCount(activeVUs)} of ${formatCount(maxVUs)}`,
        },
        ...(live.scenarios.some(({ targetRate }) => targetRate !== undefined)
          ? [
              {
                title: 'Target',
                kind: 'number' as const,
                cell: ({ targetRate }: LiveScenario) =>
                  targetRate === undefined ? '' : `${formatRate(targetRate)}/s`,
              },
            ]
          : []),
        { title: 'Done', about: 'Complete iterations', kind: 'number', cell: doneText },
        ...(live.scenarios.some(({ dropped }) => dropped > 0)
          ? [
              {
                title: 'Dropped',
                kind: 'number' as const,
                cell: ({ dropped }: LiveScenario) => formatCount(dropped),
                tone: ({ dropped }: LiveScenario) => (dropped > 0 ? 'bad' : 'faint'),
              },
            ]
          : []),
      ],
    }),
  ],
);
