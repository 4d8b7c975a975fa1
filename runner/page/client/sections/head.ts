/** The top of the page: what ran, the verdict in words, and the figures that people ask for first. */

import { formatCount, formatMs, formatPercent, formatRate, formatSpan } from '../../../terminal/format.ts';
import type { PageData } from '../../model.ts';
import { type Child, h, outside } from '../dom.ts';
import { verdictWords } from '../words.ts';

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: 'bad' | undefined;
}

function figures({ summary, state, live }: PageData): readonly Figure[] {
  const { metrics, scenarios } = summary;
  const {
    http_reqs: reqs,
    http_req_duration: duration,
    http_req_failed: failed,
    checks,
    vus_max,
    vus,
  } = metrics;
  const iterations = Object.values(scenarios).reduce((sum, one) => sum + one.iterations, 0);
  const dropped = Object.values(scenarios).reduce((sum, one) => sum + one.dropped, 0);
  const highest = vus_max?.values.max ?? vus?.values.max;
  const list: Figure[] = [];
  if ((reqs?.values.count ?? 0) > 0) {
    list.push({
      name: 'Requests',
      value: formatCount(reqs?.values.count),
      note: `${formatRate(reqs?.values.rate)}/s`,
    });
    for (const p of [50, 95, 99]) {
      const value = duration?.values[`p(${p})`];
      if (value !== undefined) list.push({ name: `p${p}`, value: formatMs(value), note: 'response time' });
    }
    const share = failed?.values.rate ?? 0;
    list.push({
      name: 'Failed',
      value: formatPercent(share),
      note: `${formatCount(failed?.values.passes ?? 0)} requests`,
      tone: share > 0 ? 'bad' : undefined,
    });
  }
  list.push({
    name: 'Iterations',
    value: formatCount(iterations),
    ...(dropped > 0
      ? { note: `${formatCount(dropped)} dropped`, tone: 'bad' as const }
      : { note: 'complete' }),
  });
  if (checks !== undefined && (checks.values.passes ?? 0) + (checks.values.fails ?? 0) > 0) {
    list.push({
      name: 'Checks',
      value: formatPercent(checks.values.rate),
      note: (checks.values.fails ?? 0) > 0 ? `${formatCount(checks.values.fails)} failed` : 'passed',
      tone: (checks.values.fails ?? 0) > 0 ? 'bad' : undefined,
    });
  }
  if (highest !== undefined) list.push({ name: 'Users', value: formatCount(highest), note: 'VUs at most' });
  list.push({
    name: state === 'running' ? 'Elapsed' : 'Duration',
    value: formatSpan(live?.elapsedMs ?? summary.run.durationMs, state === 'running' ? 'whole' : 'tenths'),
    ...(live === undefined || live.durationMs === 0
      ? {}
      : { note: `of ${formatSpan(live.durationMs, 'whole')}` }),
  });
  return list;
}

function startText(iso: string): Child {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return h('time', { datetime: iso }, text);
}

export function head(data: PageData): HTMLElement {
  const { run } = data.summary;
  const { tone, label, headline, details } = verdictWords(data);
  return h(
    'header',
    { class: 'head' },
    h('p', { class: 'about' }, startText(run.startedAt), ' · Brunt ', outside(run.version)),
    h('h1', { dir: 'auto' }, outside(run.script)),
    h(
      'div',
      { class: `verdict ${tone}`, id: 'verdict', role: 'status' },
      h('p', { class: 'label' }, label),
      h(
        'div',
        {},
        h('p', { class: 'headline' }, headline),
        details.length === 0
          ? undefined
          : h(
              'ul',
              {},
              details.map((text) => h('li', { dir: 'auto' }, text)),
            ),
      ),
    ),
    h(
      'dl',
      { class: 'figures' },
      figures(data).map(({ name, value, note, tone: figureTone }) =>
        h(
          'div',
          {},
          h('dt', {}, name),
          h('dd', { class: figureTone }, value, note === undefined ? undefined : h('small', {}, note)),
        ),
      ),
    ),
  );
}
