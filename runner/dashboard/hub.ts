/**
 * The browsers that watch, each with one stream of server-sent events.
 *
 *     state    event                                              next
 *     -------  -------------------------------------------------  -------
 *     (joins)  gets the whole state                               current
 *     current  gets what changed                                  current
 *     current  has more than MOST_UNSENT waiting: left out        behind
 *     behind   all is sent: gets the whole state                  current
 *     behind   has not read for PATIENCE_MS                       dropped; its browser joins again
 *
 * So no more than one whole state and one event wait for a slow browser, however long it sleeps. Each event is encoded
 * once for all of them, and the whole state is made only when somebody needs it.
 */

import type { ServerResponse } from 'node:http';

/** Something to send: the name of the event, and its data as JSON. */
export interface HubEvent {
  readonly event: string;
  readonly json: string;
}

export interface HubOptions {
  /** The whole state as of the last event. */
  readonly whole: () => HubEvent;
  readonly now?: () => number;
  readonly patienceMs?: number;
}

/** After which time a browser comes back when its stream broke off. */
const RETRY_MS = 1000;
const MOST_UNSENT = 256 * 1024;
const PATIENCE_MS = 15_000;
/** What browsers get to take the last event. */
const END_MS = 500;

interface Watcher {
  readonly stream: ServerResponse;
  /** Since when it has been behind; undefined while it is current. */
  behindSince: number | undefined;
}

export class Hub {
  readonly #whole: () => HubEvent;
  readonly #now: () => number;
  readonly #patienceMs: number;
  readonly #watchers = new Set<Watcher>();
  #id = 0;
  #wholeFrame: Buffer | undefined;

  constructor({ whole, now = () => performance.now(), patienceMs = PATIENCE_MS }: HubOptions) {
    this.#whole = whole;
    this.#now = now;
    this.#patienceMs = patienceMs;
  }

  /** How many watch. */
  get size(): number {
    return this.#watchers.size;
  }

  /** Starts a stream on this response. */
  join(stream: ServerResponse): void {
    stream.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
    });
    stream.write(`retry: ${RETRY_MS}\n\n`);
    const watcher: Watcher = { stream, behindSince: undefined };
    this.#watchers.add(watcher);
    stream.once('close', () => this.#watchers.delete(watcher));
    stream.write(this.#frameOfWhole());
  }

  /** Sends what changed to all who are current. */
  send(event: HubEvent): void {
    this.#id++;
    this.#wholeFrame = undefined;
    if (this.#watchers.size === 0) return;
    const frame = this.#frame(event);
    for (const watcher of [...this.#watchers]) this.#sendTo(watcher, frame);
  }

  /**
   * Sends the last event, to those who are behind the whole state, and ends all streams. Resolves when all of it is on
   * its way, or a moment later all the same.
   */
  async end(event: HubEvent): Promise<void> {
    this.#id++;
    this.#wholeFrame = undefined;
    if (this.#watchers.size === 0) return;
    const frame = this.#frame(event);
    const sent = [...this.#watchers].map(
      ({ stream, behindSince }) =>
        new Promise<void>((resolve) => {
          stream.once('close', resolve);
          stream.end(behindSince === undefined ? frame : this.#frameOfWhole(), resolve);
        }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_MS);
    });
    await Promise.race([Promise.all(sent), late]);
    clearTimeout(timer);
  }

  #sendTo(watcher: Watcher, frame: Buffer): void {
    const { stream } = watcher;
    if (watcher.behindSince !== undefined) {
      if (stream.writableLength === 0) {
        watcher.behindSince = undefined;
        stream.write(this.#frameOfWhole());
      } else if (this.#now() - watcher.behindSince >= this.#patienceMs) {
        this.#watchers.delete(watcher);
        stream.destroy();
      }
      return;
    }
    if (stream.writableLength > MOST_UNSENT) watcher.behindSince = this.#now();
    else stream.write(frame);
  }

  #frameOfWhole(): Buffer {
    this.#wholeFrame ??= this.#frame(this.#whole());
    return this.#wholeFrame;
  }

  #frame({ event, json }: HubEvent): Buffer {
    return Buffer.from(`id: ${this.#id}\nevent: ${event}\ndata: ${json}\n\n`);
  }
}
