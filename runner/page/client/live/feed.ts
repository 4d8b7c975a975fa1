/**
 * The stream of a run, kept together: the whole state first, then what changes.
 *
 *     state    event                                next     does
 *     -------  -----------------------------------  -------  --------------------------------------
 *     opening  whole                                open     tells the whole state
 *     open     change                               open     tells the change
 *     open     broken off, or SILENT_MS of silence  opening  tells that it is lost; tries again soon
 *     opening  refused, or no answer                opening  tries again, less and less often
 *     any      a state with an end                  over     closes the stream for good
 */

import { type Patch, patched } from '../../../dashboard/patch.ts';
import {
  EVENTS_PATH,
  type LiveChange,
  type LiveRun,
  type LiveWhole,
  type LogLine,
} from '../../../dashboard/wire.ts';

export type FeedMessage =
  | ({ readonly kind: 'whole' } & LiveWhole)
  | ({ readonly kind: 'change' } & LiveChange)
  | { readonly kind: 'lost' };

/** The server tells something every second. */
const SILENT_MS = 10_000;
const CHECK_MS = 1000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;
const MOST_LINES = 500;

export function changed(run: LiveRun, patch: Patch | null): LiveRun {
  return patch === null ? run : (patched(run, patch) as LiveRun);
}

/** The newest lines. */
export function grown(log: readonly LogLine[], lines: readonly LogLine[]): readonly LogLine[] {
  return lines.length === 0 ? log : [...log, ...lines].slice(-MOST_LINES);
}

export class Feed {
  readonly #tell: (message: FeedMessage) => void;
  #source: EventSource | undefined;
  #run: LiveRun | undefined;
  #log: readonly LogLine[] = [];
  #lost = false;
  #heardMs = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(tell: (message: FeedMessage) => void) {
    this.#tell = tell;
    this.#watch = setInterval(() => {
      if (this.#source !== undefined && Date.now() - this.#heardMs > SILENT_MS) this.#broken();
    }, CHECK_MS);
    this.#open();
  }

  get over(): boolean {
    return this.#run !== undefined && this.#run.end !== null;
  }

  /** For somebody who comes later: what was told so far. */
  get soFar(): readonly FeedMessage[] {
    return [
      ...(this.#run === undefined ? [] : [{ kind: 'whole', run: this.#run, log: this.#log } as const]),
      ...(this.#lost ? [{ kind: 'lost' } as const] : []),
    ];
  }

  #open(): void {
    const source = new EventSource(EVENTS_PATH);
    this.#source = source;
    this.#heardMs = Date.now();
    source.addEventListener('whole', (event) => {
      const { run, log } = JSON.parse((event as MessageEvent<string>).data) as LiveWhole;
      this.#heard(run, log, { kind: 'whole', run, log });
    });
    source.addEventListener('change', (event) => {
      const { patch, log } = JSON.parse((event as MessageEvent<string>).data) as LiveChange;
      if (this.#run === undefined) return;
      this.#heard(changed(this.#run, patch), grown(this.#log, log), { kind: 'change', patch, log });
    });
    source.addEventListener('error', () => this.#broken());
  }

  #heard(run: LiveRun, log: readonly LogLine[], message: FeedMessage): void {
    this.#heardMs = Date.now();
    this.#retryMs = FIRST_RETRY_MS;
    this.#lost = false;
    this.#run = run;
    this.#log = log;
    this.#tell(message);
    if (run.end === null) return;
    this.#source?.close();
    this.#source = undefined;
    clearInterval(this.#watch);
  }

  #broken(): void {
    if (this.over) return;
    // Browsers differ in what they try again by themselves.
    this.#source?.close();
    this.#source = undefined;
    if (!this.#lost) {
      this.#lost = true;
      this.#tell({ kind: 'lost' });
    }
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }
}
