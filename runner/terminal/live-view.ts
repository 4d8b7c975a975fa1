/**
 * Shows the live state while a run goes on. In a window the block is drawn in place and lines of the script scroll
 * above it; piped or in CI it is one plain line now and then; quiet, it is nothing but those lines of the script. Where
 * there is a dashboard its address stands in the block, or is a line of its own once the script is loaded.
 *
 *     idle --update--> shown (block at the bottom, cursor hidden) --close, exit--> closed (window as it was found)
 *
 * Lines logged while idle or closed are written at once, while shown with the next drawing, above the block.
 */

import type { LiveState } from '../summary/model.ts';
import { clean, cleanColoredLines, cleanLines } from './clean.ts';
import { PHASE_TEXT, renderLive, renderProgress } from './live.ts';
import type { Tone } from './style.ts';
import type { Terminal } from './terminal.ts';
import { textWidth } from './width.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LiveViewOptions {
  /** No progress at all. Default false. */
  readonly quiet?: boolean;
  /** Milliseconds on a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/** Redrawing more often than this shows nobody more. */
const REDRAW_MS = 100;

/** A step before the run is worth a plain line only once it takes this long. */
const SLOW_STEP_MS = 1000;

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const ERASE_TO_LINE_END = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;
/** Terminals that know it show what lies between in one go; the others ignore it. */
const BEGIN_UPDATE = `${ESC}?2026h`;
const END_UPDATE = `${ESC}?2026l`;

const LEVEL_TONE: Readonly<Record<LogLevel, Tone>> = {
  debug: 'faint',
  info: 'accent',
  warn: 'warn',
  error: 'bad',
};

/**
 * Elapsed time after which the next plain line is due: at 1 s, then every 10 s, every 30 s from the first minute on,
 * every minute from the fifth on. An hour of CI is then some 70 lines.
 */
export function nextPlainLineMs(elapsedMs: number): number {
  if (elapsedMs < 1000) return 1000;
  const every = elapsedMs < 60_000 ? 10_000 : elapsedMs < 300_000 ? 30_000 : 60_000;
  return (Math.floor(elapsedMs / every) + 1) * every;
}

export class LiveView {
  readonly #terminal: Terminal;
  readonly #mode: 'window' | 'plain' | 'quiet';
  readonly #now: () => number;
  #latest: LiveState | undefined;
  /** The block as it stands in the window. */
  #block: readonly string[] = [];
  /** Lines for above the block, to be written with the next drawing. */
  #pending: string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #cursorHidden = false;
  #closed = false;
  #plainDueMs = 1000;
  #dashboardTold = false;
  #phase: { name: LiveState['phase']; since: number; told: boolean } | undefined;
  #release: readonly (() => void)[] = [];

  constructor(terminal: Terminal, options: LiveViewOptions = {}) {
    this.#terminal = terminal;
    this.#mode = options.quiet === true ? 'quiet' : terminal.interactive ? 'window' : 'plain';
    this.#now = options.now ?? (() => performance.now());
  }

  /** Shows the state, at most ten times a second; a change of phase at once. Call it as often as is easy. */
  update(state: LiveState): void {
    if (this.#closed) return;
    if (this.#mode !== 'window') this.#tellDashboard(state);
    if (this.#mode === 'quiet') return;
    const changed = this.#latest?.phase !== state.phase;
    this.#latest = state;
    if (this.#mode === 'plain') this.#plain(state);
    else if (changed || this.#now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** A line of the script or a warning of ours, above the block. */
  log(level: LogLevel, message: string): void {
    const { err } = this.#terminal;
    const [first = '', ...rest] = err.style.color ? cleanColoredLines(message) : cleanLines(message);
    const mark = level === 'info' ? '' : `${err.style.paint(LEVEL_TONE[level], level)} `;
    const lines = [mark + first, ...rest].map((text) => err.style.encode(text));
    if (this.#block.length === 0) {
      err.lines(lines);
      return;
    }
    // A script that logs in every iteration must not make us redraw as often.
    this.#pending.push(...lines);
    if (this.#now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Takes the block away and gives the window back. May be called more than once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#restore();
    for (const release of this.#release) release();
  }

  #tellDashboard({ dashboard, phase }: LiveState): void {
    if (dashboard === undefined || this.#dashboardTold || phase === 'bundling' || phase === 'preparing')
      return;
    this.#dashboardTold = true;
    this.#terminal.err.lines([`dashboard: ${dashboard}`]);
  }

  #plain(state: LiveState): void {
    const { err } = this.#terminal;
    if (this.#phase?.name !== state.phase)
      this.#phase = { name: state.phase, since: this.#now(), told: false };
    if (state.phase === 'running' || state.phase === 'stopping') {
      if (state.elapsedMs < this.#plainDueMs) return;
      this.#plainDueMs = nextPlainLineMs(state.elapsedMs);
      err.lines([renderProgress(state, err.style)]);
      return;
    }
    if (state.phase === 'done' || this.#phase.told || this.#now() - this.#phase.since < SLOW_STEP_MS) return;
    this.#phase.told = true;
    err.lines([err.style.encode(`${clean(state.script)}: ${PHASE_TEXT[state.phase]} …`)]);
  }

  #restore(): void {
    const { err } = this.#terminal;
    if (this.#block.length > 0) err.write(this.#toBlockStart() + ERASE_BELOW);
    this.#block = [];
    err.lines(this.#pending);
    this.#pending = [];
    if (this.#cursorHidden) err.write(SHOW_CURSOR);
    this.#cursorHidden = false;
  }

  /** Rows that the block takes now: a window made narrower has wrapped its lines. */
  #blockRows(): number {
    const { width } = this.#terminal.err;
    return this.#block.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / width)), 0);
  }

  #toBlockStart(): string {
    const rows = Math.min(this.#blockRows(), this.#terminal.err.height - 1);
    return rows > 0 ? `\r${ESC}${rows}A` : '\r';
  }

  #draw(): void {
    if (this.#latest === undefined) return;
    const { err } = this.#terminal;
    if (!this.#cursorHidden) {
      this.#cursorHidden = true;
      if (this.#release.length === 0) {
        this.#release = [
          this.#terminal.onExit(() => this.#restore()),
          this.#terminal.onResize(() => this.#draw()),
        ];
      }
      err.write(HIDE_CURSOR);
    }
    // The last column stays free: some terminals wrap as soon as it is written to; the last row holds the cursor.
    const block = renderLive(this.#latest, err.width - 1, err.height - 2, err.style);
    const body = [...this.#pending, ...block].map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('');
    err.write(`${BEGIN_UPDATE}${this.#toBlockStart()}${body}${ERASE_BELOW}${END_UPDATE}`);
    this.#block = block;
    this.#pending = [];
    this.#drawnAt = this.#now();
  }
}
