/** Entry of the page that `brunt compare --html` writes: shows the comparison that stands in it. */

import type { Comparison } from '../../compare/model.ts';
import { headline } from '../../terminal/comparison.ts';
import { comparisonView, VERDICTS } from './comparison-view.ts';
import { append, type Child, code, h } from './dom.ts';
import { outside } from './text.ts';
import { themeButton } from './theme.ts';

const MEANING: Readonly<Record<Comparison['verdict'], string>> = {
  regression: 'The candidate is worse than its baseline, by more than the margin.',
  ok: 'The candidate is no worse than its baseline, within the margin.',
  inconclusive: 'The runs cannot tell whether the candidate is worse.',
};

function head(found: Comparison): HTMLElement {
  const over = found.overMaxRatio.length > 0;
  const [tone, label] = VERDICTS[found.verdict];
  const meaning = over
    ? `The candidate is above ${found.maxRatio} times its baseline.`
    : MEANING[found.verdict];
  return h(
    'header',
    { class: 'head' },
    h('h1', {}, 'Comparison of load tests'),
    h(
      'div',
      { class: `verdict ${over ? 'bad' : tone}`, id: 'verdict', role: 'status' },
      h('p', { class: 'label' }, over ? 'Failed' : label),
      h('div', {}, h('p', { class: 'headline' }, meaning), h('p', {}, `${outside(headline(found))}.`)),
    ),
  );
}

function files(title: string, names: readonly string[]): Child {
  return [
    h('h3', {}, title),
    h(
      'ul',
      {},
      names.map((name) => h('li', {}, code(name))),
    ),
  ];
}

function show(root: HTMLElement, found: Comparison): void {
  root.textContent = '';
  append(root, [
    h('nav', { 'aria-label': 'Page' }, h('div', { class: 'links' }), themeButton()),
    h(
      'main',
      { id: 'main', tabindex: -1 },
      head(found),
      h(
        'section',
        { id: 'comparison', 'aria-label': 'Comparison' },
        h('h2', {}, 'By metric'),
        comparisonView(found, 'Candidate'),
      ),
      h(
        'section',
        { id: 'about', 'aria-label': 'Runs' },
        h('h2', {}, 'Runs'),
        files('Baseline', found.baseline),
        files('Candidate', found.candidate),
      ),
    ),
  ]);
}

const data = document.getElementById('data');
const root = document.getElementById('page');
if (data !== null && root !== null) show(root, JSON.parse(data.textContent ?? '') as Comparison);
