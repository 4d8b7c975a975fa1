/** All followers of a run as one. */

import type { RequestTraces } from '../../dsl/request-trace.ts';
import type { SampleColumns } from '../../workers/record/sample-columns.ts';
import type { LiveState, Summary } from '../summary/model.ts';
import type { Cause } from '../summary/verdict.ts';
import type { LogLevel } from '../terminal/live-view.ts';
import type { Findings, RunFollower, RunPreparation, RunSecond } from './follower.ts';

export class Followers {
  readonly #all = new Set<RunFollower>();
  readonly #warn: (text: string) => void;

  constructor(followers: readonly RunFollower[], warn: (text: string) => void) {
    for (const follower of followers) this.#all.add(follower);
    this.#warn = warn;
  }

  /** Rejects with the first one's refusal. */
  async prepared(run: RunPreparation): Promise<void> {
    for (const follower of this.#all) await follower.prepared?.(run);
  }

  live(state: LiveState): void {
    this.#tell((follower) => follower.live?.(state));
  }

  log(level: LogLevel, text: string): void {
    this.#tell((follower) => follower.log?.(level, text));
  }

  started(at: Date): void {
    this.#tell((follower) => follower.started?.(at));
  }

  snapshot(bytes: ArrayBuffer): void {
    this.#tell((follower) => follower.snapshot?.(bytes));
  }

  traces(added: RequestTraces): void {
    this.#tell((follower) => follower.traces?.(added));
  }

  get wantSamples(): boolean {
    return [...this.#all].some((follower) => follower.wantsSamples === true);
  }

  samples(columns: SampleColumns): void {
    this.#tell((follower) => follower.samples?.(columns));
  }

  second(second: () => RunSecond): void {
    let made: RunSecond | undefined;
    this.#tell((follower) => {
      if (follower.second === undefined) return;
      made ??= second();
      follower.second(made);
    });
  }

  async finishing(summarize: () => Summary): Promise<Findings & { readonly causes: readonly Cause[] }> {
    let made: Summary | undefined;
    const summary = (): Summary => {
      made ??= summarize();
      return made;
    };
    const found = await this.#tellAll((follower) => follower.finishing?.(summary));
    const causes = found.flatMap((findings) => findings?.causes ?? []);
    return { ...Object.assign({}, ...found), causes };
  }

  async ended(summary: Summary): Promise<void> {
    await this.#tellAll((follower) => follower.ended?.(summary));
  }

  abandoned(summary: Summary): void {
    this.#tell((follower) => follower.abandoned?.(summary));
  }

  discarded(): void {
    this.#tell((follower) => follower.discarded?.());
  }

  #tell(what: (follower: RunFollower) => void): void {
    for (const follower of this.#all) {
      try {
        what(follower);
      } catch (error) {
        this.#failed(follower, error);
      }
    }
  }

  /** All at the same time: the user waits for the slowest, not for their sum. */
  #tellAll<T>(what: (follower: RunFollower) => T | Promise<T>): Promise<(T | undefined)[]> {
    return Promise.all(
      [...this.#all].map(async (follower) => {
        try {
          return await what(follower);
        } catch (error) {
          this.#failed(follower, error);
          return undefined;
        }
      }),
    );
  }

  #failed(follower: RunFollower, error: unknown): void {
    this.#all.delete(follower);
    this.#warn(
      `${follower.name} failed and is left out: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
