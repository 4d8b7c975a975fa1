/** The wish to stop from outside: Ctrl-C, `kill`. Waiting for anything can be raced with it. */

import { BruntError, EXIT } from '../../dsl/errors.ts';

export class StopSignal {
  #reason: string | undefined;
  readonly #requested: Promise<never>;
  #reject: (error: BruntError) => void = () => undefined;

  constructor() {
    this.#requested = new Promise<never>((_, reject) => {
      this.#reject = reject;
    });
    // Nobody may be waiting when it comes.
    this.#requested.catch(() => undefined);
  }

  get requested(): boolean {
    return this.#reason !== undefined;
  }

  request(reason: string): void {
    this.#reason ??= reason;
    this.#reject(new BruntError(reason, { code: 'INTERRUPTED', exitCode: EXIT.interrupted }));
  }

  /** The work's outcome, or a rejection (exit 105) as soon as a stop is requested. */
  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#requested]);
  }
}

/** The work's outcome; after `ms` calls `late`, whose error it rejects with. */
export async function within<T>(work: Promise<T>, ms: number, late: () => BruntError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    // The work may never settle, and its threads keep the process alive as long as that matters.
    timer = setTimeout(() => reject(late()), Math.min(ms, 2 ** 31 - 1)).unref();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
