/**
 * `--dashboard`: follows a run and shows it on a page of its own while it goes on.
 *
 * What pages show is made once a second, and only while somebody looks: of the measured course, which is kept from the
 * start so that a late page has all of it, and of the summary as of now. To the pages goes what has changed. A run with
 * very many series is summed up less often, so that looking at it takes no more than a few per cent of one thread.
 */

import { randomUUID } from 'node:crypto';
import { RunCourse } from '../course/course.ts';
import { pageData } from '../page/build.ts';
import { clientScript, pageHtml } from '../page/html.ts';
import type { PageData } from '../page/model.ts';
import type { RunFollower, RunSecond } from '../run/follower.ts';
import type { LiveState, Summary } from '../summary/model.ts';
import { cleanLines } from '../terminal/clean.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import { Hub, type HubEvent } from './hub.ts';
import { diff } from './patch.ts';
import { DashboardServer } from './server.ts';
import {
  EVENTS_PATH,
  type LiveChange,
  type LiveEnd,
  type LiveRun,
  type LiveWhole,
  type LogLine,
  PAGE_PATH,
  STREAM_PATH,
} from './wire.ts';

const EVERY_MS = 1000;
/** A second without a report, as in setup: pages are told all the same. */
const SILENT_MS = 900;
/** Lines that a page gets when it joins. */
const MOST_LINES = 200;
/** New lines of one second; a script that warns in every iteration must not fill the stream. */
const MOST_NEW_LINES = 50;
const LONGEST_LINE = 2000;
/** Share of the main thread's time that may go into what pages show. */
const MOST_BUSY = 0.03;

const BEFORE: Omit<LiveState, 'script'> = {
  phase: 'bundling',
  elapsedMs: 0,
  durationMs: 0,
  scenarios: [],
  requestsPerSecond: 0,
  requests: 0,
  iterationsPerSecond: 0,
  p95Ms: null,
  failedRate: null,
  iterationErrors: 0,
  thresholdsFailing: [],
};

function html(script: string, run: string): string {
  return pageHtml({ title: script, kind: 'live', run });
}

class Dashboard implements RunFollower {
  readonly name = '--dashboard';
  readonly #server: DashboardServer;
  readonly #hub: Hub;
  readonly #course = new RunCourse();
  readonly #lines: LogLine[] = [];
  readonly #run: string;
  readonly #timer: NodeJS.Timeout;
  #newLines: LogLine[] = [];
  #left = 0;
  #live: LiveState;
  #second: RunSecond | undefined;
  /** When what was measured is to be shown again. */
  #dueAt = 0;
  /** As pages know it. */
  #shown: LiveRun;
  #shownAt = 0;

  constructor(script: string, port: number) {
    const run = randomUUID();
    this.#run = run;
    this.#live = { script, ...BEFORE };
    this.#shown = { run, live: this.#live, page: null, end: null };
    this.#hub = new Hub({ whole: () => this.#whole() });
    this.#server = new DashboardServer({
      port,
      files: {
        [PAGE_PATH]: () => ({ type: 'text/html; charset=utf-8', text: html(script, run) }),
        [STREAM_PATH]: () => ({ type: 'text/javascript; charset=utf-8', text: clientScript('live-stream') }),
      },
      events: EVENTS_PATH,
      join: (response) => {
        // While nobody looked nothing was made.
        if (this.#hub.size === 0) this.#refresh(true);
        this.#hub.join(response);
      },
    });
    this.#timer = setInterval(() => {
      if (performance.now() - this.#shownAt >= SILENT_MS) this.#publish();
    }, EVERY_MS);
    this.#timer.unref();
  }

  get url(): string {
    return this.#server.url;
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  live(state: LiveState): void {
    this.#live = state;
  }

  log(level: LogLevel, text: string): void {
    if (level !== 'warn' && level !== 'error') return;
    if (this.#newLines.length >= MOST_NEW_LINES) {
      this.#left++;
      return;
    }
    const clean = cleanLines(text).join('\n');
    const line = clean.length > LONGEST_LINE ? `${clean.slice(0, LONGEST_LINE)}…` : clean;
    this.#newLines.push({ level, atMs: this.#second?.atMs ?? null, text: line });
  }

  snapshot(bytes: ArrayBuffer): void {
    this.#course.addBytes(bytes);
  }

  second(second: RunSecond): void {
    this.#second = second;
    this.#publish();
  }

  async ended(summary: Summary): Promise<void> {
    await this.#end('ended', summary);
    this.#server.close();
  }

  abandoned(summary: Summary): void {
    // The process is about to end; what the kernel has taken arrives.
    void this.#end('given up', summary);
  }

  discarded(): void {
    void this.#end('unstarted').then(() => this.#server.close());
  }

  #publish(): void {
    this.#shownAt = performance.now();
    const log = this.#takeLines();
    if (this.#hub.size === 0) return;
    const before = this.#shown;
    this.#refresh(false);
    this.#hub.send(this.#change(before, log));
  }

  #end(end: LiveEnd, summary?: Summary): Promise<void> {
    clearInterval(this.#timer);
    const before = this.#shown;
    const page = summary === undefined ? before.page : this.#page('ended', summary);
    this.#shown = { run: this.#run, live: this.#live, page, end };
    return this.#hub.end(this.#change(before, this.#takeLines()));
  }

  #refresh(now: boolean): void {
    let { page } = this.#shown;
    const startedAt = performance.now();
    if (this.#second !== undefined && (now || startedAt >= this.#dueAt)) {
      page = this.#page('running', this.#second.summary());
      const endedAt = performance.now();
      this.#dueAt = endedAt + (endedAt - startedAt) / MOST_BUSY - EVERY_MS;
    }
    this.#shown = { run: this.#run, live: this.#live, page, end: null };
  }

  #page(state: PageData['state'], summary: Summary): PageData {
    return pageData({ state, summary, course: this.#course });
  }

  #takeLines(): readonly LogLine[] {
    const taken = this.#newLines;
    if (this.#left > 0) {
      const text = `… and ${this.#left} more lines within a second`;
      taken.push({ level: 'warn', atMs: this.#second?.atMs ?? null, text });
    }
    this.#newLines = [];
    this.#left = 0;
    this.#lines.push(...taken);
    this.#lines.splice(0, this.#lines.length - MOST_LINES);
    return taken;
  }

  #change(before: LiveRun, log: readonly LogLine[]): HubEvent {
    const change: LiveChange = { patch: diff(before, this.#shown) ?? null, log };
    return { event: 'change', json: JSON.stringify(change) };
  }

  #whole(): HubEvent {
    const whole: LiveWhole = { run: this.#shown, log: this.#lines };
    return { event: 'whole', json: JSON.stringify(whole) };
  }
}

/** Rejects with a BruntError where the port cannot be had. */
export async function serveDashboard(script: string, port: number): Promise<RunFollower> {
  const dashboard = new Dashboard(script, port);
  await dashboard.listen();
  return dashboard;
}
