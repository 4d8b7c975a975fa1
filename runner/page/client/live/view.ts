/**
 * The live page: the report's page, drawn again with every message, and around it what only a run under way has.
 *
 * What comes while the view is paused or the tab is hidden is kept and drawn later, all at once: a tab in the background
 * costs the generator's machine next to nothing.
 */

import type { LiveRun, LogLine } from '../../../dashboard/wire.ts';
import { PHASE_TEXT } from '../../../terminal/live.ts';
import type { PageData } from '../../model.ts';
import { clockOf } from '../axes.ts';
import { append, h } from '../dom.ts';
import { createPage, type Page } from '../page.ts';
import { outside } from '../text.ts';
import { createBar } from './bar.ts';
import { changed, type FeedMessage, grown } from './feed.ts';
import { logSection } from './log.ts';
import { progress } from './progress.ts';
import { barWords, type LinkState, titleOf } from './words.ts';

function pageOf({ page, live }: LiveRun): PageData | undefined {
  if (page === null) return undefined;
  return page.state === 'running' ? { ...page, live } : page;
}

/** Before anything was measured. */
function drawWaiting(root: HTMLElement, run: LiveRun | undefined): void {
  const script = run === undefined ? 'Brunt' : outside(run.live.script);
  const words =
    run === undefined
      ? 'Waiting for the run …'
      : run.end === null
        ? `${PHASE_TEXT[run.live.phase]} …`
        : 'The run ended before its load began.';
  const text = `${script}\n${words}`;
  if (root.dataset.waiting === text) return;
  root.dataset.waiting = text;
  root.textContent = '';
  append(root, [
    h('main', { id: 'main', tabindex: -1 }, h('h1', { dir: 'auto' }, script), h('p', {}, words)),
  ]);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea, [contenteditable]') !== null;
}

export class LiveView {
  readonly #root: HTMLElement;
  readonly #content = h('div', { class: 'live' });
  readonly #log = logSection();
  readonly #bar = createBar(() => this.#togglePause());
  #page: Page | undefined;
  #run: LiveRun | undefined;
  #lines: readonly LogLine[] = [];
  #link: LinkState = 'opening';
  /** Time of the run that the paused view shows, ms. */
  #pausedAtMs: number | undefined;
  #dirty = false;

  constructor(root: HTMLElement) {
    this.#root = root;
    root.textContent = '';
    append(root, [this.#content, this.#bar.element]);
    drawWaiting(this.#content, undefined);
    this.#drawBar();
    addEventListener('keydown', (event) => {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (plain && event.key.toLowerCase() === 'p' && !typing(event.target)) this.#togglePause();
    });
    document.addEventListener('visibilitychange', () => this.#draw());
  }

  hear(message: FeedMessage): void {
    switch (message.kind) {
      case 'whole':
        this.#run = message.run;
        this.#lines = message.log;
        this.#link = 'open';
        break;
      case 'change':
        if (this.#run === undefined) return;
        this.#run = changed(this.#run, message.patch);
        this.#lines = grown(this.#lines, message.log);
        this.#link = 'open';
        break;
      case 'lost':
        this.#link = 'lost';
        break;
    }
    this.#dirty = true;
    if (this.#run !== undefined) document.title = titleOf(this.#run, this.#link);
    this.#draw();
  }

  #togglePause(): void {
    if (this.#pausedAtMs === undefined && this.#run?.end != null) return;
    this.#pausedAtMs = this.#pausedAtMs === undefined ? (this.#run?.live.elapsedMs ?? 0) : undefined;
    this.#draw();
  }

  #draw(): void {
    if (document.hidden) return;
    this.#drawBar();
    if (!this.#dirty || this.#pausedAtMs !== undefined) return;
    this.#dirty = false;
    this.#log.set(this.#lines);
    const data = this.#run === undefined ? undefined : pageOf(this.#run);
    if (data === undefined) {
      this.#page = undefined;
      drawWaiting(this.#content, this.#run);
      return;
    }
    this.#page ??= createPage(this.#content, { first: [progress], last: [this.#log] });
    this.#root.dataset.state = data.state;
    this.#page.update(data);
  }

  #drawBar(): void {
    const paused =
      this.#pausedAtMs === undefined
        ? undefined
        : `View paused at ${clockOf(Math.floor(this.#pausedAtMs / 1000))}`;
    const over = this.#run !== undefined && this.#run.end !== null;
    this.#bar.update(barWords(this.#run, this.#link), paused, over);
  }
}
