/** Traced requests of all workers as one list: the slowest and the first failing ones of the run. */

import type { RequestTrace, RequestTraces } from '../../dsl/request-trace.ts';
import { Best } from '../../workers/record/best.ts';

export class MergedTraces {
  readonly #slowest: Best<RequestTrace>;
  readonly #failed: Best<RequestTrace>;

  /** Of each kind. */
  constructor(most: number) {
    this.#slowest = new Best(most, (a, b) => a.timings.duration > b.timings.duration);
    this.#failed = new Best(most, (a, b) => a.atMs < b.atMs);
  }

  /** Takes those that belong to them, and returns these; undefined where none does. */
  add({ slowest, failed }: RequestTraces): RequestTraces | undefined {
    const added = {
      slowest: slowest.filter((trace) => this.#slowest.add(trace)),
      failed: failed.filter((trace) => this.#failed.add(trace)),
    };
    return added.slowest.length + added.failed.length === 0 ? undefined : added;
  }

  all(): RequestTraces {
    return { slowest: [...this.#slowest.items], failed: [...this.#failed.items] };
  }
}
