/**
 * The way of single samples to one output. Batches wait in a line that is bounded in memory; where the output is slower
 * than the samples come in, those that find the line full are left out and counted. One call is under way at a time, and
 * nobody but this line waits for it.
 */

import { reasonOf } from './lane.ts';
import type { Output, SampleBatch } from './output.ts';

/** What may wait, by an estimate of its bytes: some 300,000 samples. */
const MOST_WAITING_BYTES = 8 * 2 ** 20;
/** A call that takes longer than this is worth a word: its reader may have stopped. */
const STALLED_MS = 10_000;

function bytesOf(batch: SampleBatch): number {
  return batch.urlTable.reduce((sum, url) => sum + url.length, batch.count * 24);
}

export class SampleLane {
  readonly #output: Output;
  /** Called when samples begin to be lost, and whenever another reason for it comes up. */
  readonly #failing: (reason: string) => void;
  readonly #line: SampleBatch[] = [];
  #lineBytes = 0;
  #underWay = 0;
  #working: Promise<void> | undefined;
  #written = 0;
  #lost = 0;
  #problem: string | undefined;
  readonly #told = new Set<string>();
  #ended = false;

  constructor(output: Output, failing: (reason: string) => void) {
    this.#output = output;
    this.#failing = failing;
  }

  get written(): number {
    return this.#written;
  }

  get lost(): number {
    return this.#lost;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Returns at once. */
  offer(batch: SampleBatch): void {
    if (this.#ended || batch.count === 0) return;
    const bytes = bytesOf(batch);
    if (this.#line.length > 0 && this.#lineBytes + bytes > MOST_WAITING_BYTES) {
      this.lose(batch.count, 'it is slower than the samples come in');
      return;
    }
    this.#line.push(batch);
    this.#lineBytes += bytes;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  lose(count: number, reason: string): void {
    this.#lost += count;
    this.#problem ??= reason;
    this.#tell(reason);
  }

  #tell(reason: string): void {
    if (this.#told.has(reason) || this.#ended) return;
    this.#told.add(reason);
    this.#failing(reason);
  }

  /** Nothing follows any more: resolves when all is written or lost, which may be never; `end` then ends it. */
  async drained(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Counts what has not arrived yet as lost. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const left = this.#line.reduce((sum, batch) => sum + batch.count, this.#underWay);
    if (left > 0) this.lose(left, 'it had not taken everything when the run was over');
    this.#line.length = 0;
  }

  async #work(): Promise<void> {
    for (let batch = this.#line.shift(); batch !== undefined && !this.#ended; batch = this.#line.shift()) {
      this.#lineBytes -= bytesOf(batch);
      this.#underWay = batch.count;
      let failure: string | undefined;
      const stalled = setTimeout(() => {
        this.#tell(`it has taken nothing for ${STALLED_MS / 1000} s`);
      }, STALLED_MS);
      stalled.unref();
      try {
        await this.#output.samples?.(batch);
      } catch (error) {
        failure = reasonOf(error);
      } finally {
        clearTimeout(stalled);
      }
      // `end` has counted them.
      if (this.#ended) return;
      this.#underWay = 0;
      if (failure === undefined) this.#written += batch.count;
      else this.lose(batch.count, failure);
    }
  }
}
