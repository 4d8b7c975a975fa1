/** The top of the page: what ran, the verdict in words, and the figures that people ask for first. */

import { formatCount, formatMs, formatPercent, formatRate, formatSpan } from '../../../terminal/format.ts';
import type { PageData } from '../../model.ts';
import { type Child, h } from '../dom.ts';
import { outside } from '../text.ts';
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

/** Of a run that goes on only the words of the verdict are to be announced, and only when they change. */
export function createHead(): { readonly element: HTMLElement; update(data: PageData): void } {
  const about = h('div');
  const label = h('p', { class: 'label' });
  const headline = h('p', { class: 'headline' });
  const details = h('ul');
  const verdict = h(
    'div',
    { id: 'verdict' },
    label,
    h('div', {}, h('div', { role: 'status' }, headline), details),
  );
  const list = h('dl', { class: 'figures' });
  const parts = new Map<Element, string>();
  const show = (element: Element, source: unknown, children: () => readonly Node[]): void => {
    const text = JSON.stringify(source);
    if (parts.get(element) === text) return;
    parts.set(element, text);
    element.replaceChildren(...children());
  };
  return {
    element: h('header', { class: 'head' }, about, verdict, list),
    update: (data) => {
      const { run } = data.summary;
      const words = verdictWords(data);
      show(about, run, () => [
        h('p', { class: 'about' }, startText(run.startedAt), ' · Brunt ', outside(run.version)),
        h('h1', { dir: 'auto' }, outside(run.script)),
      ]);
      verdict.className = `verdict ${words.tone}`;
      show(label, words.label, () => [document.createTextNode(words.label)]);
      show(headline, words.headline, () => [document.createTextNode(words.headline)]);
      show(details, words.details, () => words.details.map((text) => h('li', { dir: 'auto' }, text)));
      const shown = figures(data);
      show(list, shown, () =>
        shown.map(({ name, value, note, tone }) =>
          h(
            'div',
            {},
            h('dt', {}, name),
            h('dd', { class: tone }, value, note === undefined ? undefined : h('small', {}, note)),
          ),
        ),
      );
    },
  };
}
