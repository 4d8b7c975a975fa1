/**
 * Sends one snapshot a second to the main thread, at most one in flight: while the last one is not acknowledged, what
 * is new gathers in the recorder and goes with the next one. So back-pressure costs memory of the order of the
 * number of series, never of samples. The memory of a snapshot comes back with its acknowledgement and is used again:
 * new memory each second would lie in the main thread, which has so little to do that it rarely collects garbage.
 */

import type { MessagePort } from 'node:worker_threads';
import type { FromWorker } from './messages.ts';

export interface Flushable {
  flush(source: string, seq: number, fromMs: number, toMs: number): ArrayBuffer;
  reuse(bytes: ArrayBuffer): void;
}

export class Reporter {
  readonly #port: MessagePort;
  readonly #recorder: Flushable;
  readonly #source: string;
  readonly #elapsedMs: () => number;
  readonly #beforeFlush: () => void;
  readonly #samples: { flush(): void } | undefined;
  #seq = 0;
  #acknowledged = 0;
  #lastToMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `beforeFlush` records what is sampled rather than counted: gauges, the thread's own health. `samples` leave each time
   * before the snapshot that has counted them.
   */
  constructor(
    port: MessagePort,
    recorder: Flushable,
    source: string,
    elapsedMs: () => number,
    beforeFlush: () => void,
    samples?: { flush(): void },
  ) {
    this.#samples = samples;
    this.#port = port;
    this.#recorder = recorder;
    this.#source = source;
    this.#elapsedMs = elapsedMs;
    this.#beforeFlush = beforeFlush;
  }

  /** Begins the second-by-second reports; they fall on whole seconds of the run, the same in every thread. */
  start(): void {
    this.#arm(1000);
  }

  /** A timer may fire a fraction early; a report before its second would leave next to nothing for the one behind it. */
  #arm(dueMs: number): void {
    this.#timer = setTimeout(
      () => {
        const elapsedMs = this.#elapsedMs();
        if (elapsedMs < dueMs) {
          this.#arm(dueMs);
          return;
        }
        this.#arm((Math.floor(elapsedMs / 1000) + 1) * 1000);
        this.#beforeFlush();
        this.#samples?.flush();
        if (this.#acknowledged === this.#seq) this.send();
      },
      Math.ceil(dueMs - this.#elapsedMs()),
    );
  }

  /** Sends what is new since the last snapshot, whether that one was acknowledged or not. */
  send(): void {
    this.#samples?.flush();
    const toMs = this.#elapsedMs();
    this.#seq += 1;
    const bytes = this.#recorder.flush(this.#source, this.#seq, this.#lastToMs, toMs);
    this.#lastToMs = toMs;
    this.#port.postMessage({ type: 'snapshot', seq: this.#seq, bytes } satisfies FromWorker, [bytes]);
  }

  /** The snapshot was read; its memory comes back. */
  acknowledge(seq: number, bytes: ArrayBuffer): void {
    if (seq > this.#acknowledged) this.#acknowledged = seq;
    this.#recorder.reuse(bytes);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
