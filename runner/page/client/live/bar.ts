/** The bar at the foot of the live page: how far the run is, whether the page still hears of it, and the pause switch. */

import { button, h, svg } from '../dom.ts';
import type { BarWords } from './words.ts';

export interface Bar {
  readonly element: HTMLElement;
  /** `paused`: what the page shows stands still, and since when; `over`: nothing will come any more. */
  update(words: BarWords, paused: string | undefined, over: boolean): void;
}

export function createBar(onPause: () => void): Bar {
  const fill = svg('rect', { x: 0, y: 0, width: 0, height: 2 });
  const line = svg(
    'svg',
    { class: 'progress', viewBox: '0 0 100 2', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    fill,
  );
  const state = h('strong', { role: 'status' });
  const detail = h('span', { class: 'detail' });
  const label = h('span', {});
  const pause = button(
    [label, ' ', h('kbd', {}, 'P')],
    { class: 'pause', 'aria-keyshortcuts': 'p' },
    onPause,
  );
  return {
    element: h(
      'footer',
      { class: 'bar', 'aria-label': 'The run now' },
      line,
      h('p', {}, state, ' ', detail),
      pause,
    ),
    update: (words, paused, over) => {
      const { parentElement } = line;
      parentElement?.setAttribute('class', `bar ${paused === undefined ? words.tone : 'warn'}`);
      fill.setAttribute('width', String((words.progress ?? 0) * 100));
      if (state.textContent !== words.state) state.textContent = words.state;
      detail.textContent = paused === undefined ? words.detail : `${paused}; ${words.detail}`;
      label.textContent = paused === undefined ? 'Pause view' : 'Go on';
      pause.hidden = over && paused === undefined;
      pause.setAttribute('aria-pressed', String(paused !== undefined));
    },
  };
}
