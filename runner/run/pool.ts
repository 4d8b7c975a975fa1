/**
 * The thread pool: everything that we know of Piscina is in this file. Each worker runs one task that ends when the run
 * does; all talk goes over a MessageChannel of its own. A thread's death reaches us as the task's rejection.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { packageRoot } from '../../dsl/package-root.ts';
import type { WorkerTask } from '../../workers/messages.ts';
import { WorkerLink } from './worker-link.ts';

/** More threads than any machine this is run on has cores; a bound against typing errors. */
export const MOST_WORKERS = 256;

/** How long a thread that was told to exit may take before it is destroyed. */
const CLOSE_MS = 500;

/**
 * What a request leaves behind is garbage when the next begins, so few of it survive a collection, however often there
 * is one. A quarter of V8's default costs about 1 % of the requests per second and saves 15 MB per thread.
 */
const YOUNG_GENERATION_MB = 12;

/**
 * Collections of the young generation without helper threads, which V8 wakes for each. Where every core has a worker,
 * they only take turns with it: without them there are 2 % more requests per CPU second. V8 looks at the flag whenever
 * it collects, so it can be set now.
 */
function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

export class WorkerPool {
  readonly #piscina: Piscina;
  readonly #links: WorkerLink[] = [];

  constructor() {
    this.#piscina = new Piscina({
      filename: join(packageRoot(), 'dist', 'workers', 'main.js'),
      minThreads: 1,
      maxThreads: MOST_WORKERS,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // The default parks a worker's event loop between tasks; ours must always turn.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      closeTimeout: CLOSE_MS,
    });
    // Piscina emits what it cannot attribute, such as a close past its time limit; a listener keeps that from throwing.
    this.#piscina.on('error', () => undefined);
  }

  /** Starts the next worker's task. */
  start(task: Omit<WorkerTask, 'port'>): WorkerLink {
    const { port1, port2 } = new MessageChannel();
    const ended = this.#piscina.run({ ...task, port: port2 } satisfies WorkerTask, { transferList: [port2] });
    const link = new WorkerLink(task.worker, port1, ended);
    this.#links.push(link);
    if (this.#links.length === availableParallelism()) collectAlone();
    return link;
  }

  /** Ends every thread: asks, waits briefly, then destroys. Covers scripts in an endless loop. */
  async close(): Promise<void> {
    for (const link of this.#links) link.exit();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([Promise.all(this.#links.map((link) => link.ended)), patience]);
    clearTimeout(timer);
    await this.#piscina.destroy();
  }
}
