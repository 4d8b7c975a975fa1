/**
 * What the dashboard's server tells its pages:
 *
 *     event    data         when
 *     -------  -----------  ---------------------------------------------------------
 *     whole    LiveWhole    a page joins, or has missed something
 *     change   LiveChange   once a second, and at the end
 *
 * A stream whose last state has `end` is over; one that breaks off before is to be opened again.
 */

import type { PageData } from '../page/model.ts';
import type { LiveState } from '../summary/model.ts';
import type { Patch } from './patch.ts';

export const PAGE_PATH = '/';
export const EVENTS_PATH = '/events';
export const STREAM_PATH = '/stream.js';

export interface LogLine {
  readonly level: 'warn' | 'error';
  /** Since the start of the load; null before it. */
  readonly atMs: number | null;
  readonly text: string;
}

/**
 * How the run came to its end: `ended` with a verdict; `given up` where nobody waited for it (a second Ctrl-C), with
 * what was measured; `unstarted` where its load never began.
 */
export type LiveEnd = 'ended' | 'given up' | 'unstarted';

export interface LiveRun {
  /** Tells runs apart at the same address. */
  readonly run: string;
  readonly live: LiveState;
  /** Null until something was measured. */
  readonly page: PageData | null;
  readonly end: LiveEnd | null;
}

export interface LiveWhole {
  readonly run: LiveRun;
  /** The last lines. */
  readonly log: readonly LogLine[];
}

export interface LiveChange {
  readonly patch: Patch | null;
  /** New lines. */
  readonly log: readonly LogLine[];
}
