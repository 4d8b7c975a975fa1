/**
 * The part of a run in which the scenarios' iterations run, as a state machine.
 *
 *     state         event                         next          does
 *     ------------  ----------------------------  ------------  ---------------------------------------------
 *     running       every worker finished         done
 *     running       latest planned end + 3 s      done          workers that have not finished are given up
 *     running       drain(grace)                  draining      no new iterations
 *     running       interrupt                     interrupting  iterations under way are ended
 *     running       a worker is lost              interrupting  a result without it would not be the test's
 *     draining      grace is over | interrupt     interrupting
 *     interrupting  2 s passed                    done          workers that have not finished are given up
 *     any           every worker finished or lost done
 */

import { BruntError, EXIT } from '../../dsl/errors.ts';
import type { WorkerLink } from './worker-link.ts';

type State = 'running' | 'draining' | 'interrupting' | 'done';

/** What a worker gets on top of the plan's latest end before it counts as stuck. */
const STUCK_MS = 3000;
/** What interrupted iterations get to unwind; a worker abandons them after a fraction of this. */
const UNWIND_MS = 2000;

export class LoadPhase {
  /** Settles when no iteration runs any more. */
  readonly done: Promise<void>;

  readonly #links: readonly WorkerLink[];
  readonly #unfinished: Set<WorkerLink>;
  #state: State = 'running';
  #timer: NodeJS.Timeout | undefined;
  #resolve: () => void = () => undefined;

  constructor(links: readonly WorkerLink[]) {
    this.#links = links;
    this.#unfinished = new Set(links);
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get state(): State {
    return this.#state;
  }

  /** Tells the workers to start at `epoch` (ms on the process's monotonic clock). */
  start(epoch: number, data: unknown, latestEndMs: number): void {
    for (const link of this.#links) {
      link.ask({ type: 'start', epoch, data }, 'finished').then(
        () => this.#finish(link),
        () => {
          this.#finish(link);
          this.interrupt();
        },
      );
    }
    this.#arm(latestEndMs + STUCK_MS, () => this.#giveUp());
  }

  drain(graceMs: number): void {
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    this.#tell('drain');
    this.#arm(graceMs, () => this.interrupt());
  }

  interrupt(): void {
    if (this.#state !== 'running' && this.#state !== 'draining') return;
    this.#state = 'interrupting';
    this.#tell('interrupt');
    this.#arm(UNWIND_MS, () => this.#giveUp());
  }

  /** Ends the phase now; workers that have not finished stay as they are. */
  abandon(): void {
    this.#end();
  }

  #tell(how: 'drain' | 'interrupt'): void {
    for (const link of this.#unfinished) if (link.lost === undefined) link.send({ type: 'stop', how });
  }

  #finish(link: WorkerLink): void {
    this.#unfinished.delete(link);
    if (this.#unfinished.size === 0) this.#end();
  }

  #giveUp(): void {
    for (const link of [...this.#unfinished]) {
      const silentS = Math.round((performance.now() - link.lastHeardMs) / 1000);
      link.lose(
        new BruntError(
          `worker ${link.worker} does not answer (last heard of ${silentS} s ago) and was ended`,
          {
            code: 'WORKER_STUCK',
            exitCode: EXIT.invalid,
            hint: 'a function of the script is in a synchronous endless loop or computes for very long without awaiting anything',
          },
        ),
      );
    }
    this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#state = 'done';
    this.#resolve();
  }

  #arm(ms: number, fn: () => void): void {
    clearTimeout(this.#timer);
    // Longer waits than a platform timer can do are checked again when it fires.
    const chunk = Math.min(ms, 2 ** 31 - 1);
    this.#timer = setTimeout(() => (ms > chunk ? this.#arm(ms - chunk, fn) : fn()), chunk);
  }
}
