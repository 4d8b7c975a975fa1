/**
 * Runs a piece of work with a time limit and ends waiting for it when the iteration is interrupted. Work that looks at
 * its signal stops; work that does not is left to itself, and its outcome is ignored.
 */

import { InterruptedError } from './errors.ts';
import type { VuHost } from './host.ts';
import { Roster } from './roster.ts';
import { type Pending, rejectAll, Wait } from './wait.ts';

/** The time limit was reached. `code` is the number of HTTP's timeouts. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 1050;
}

/** What the work is given. The signal is made when it is asked for: most work needs none. */
export class Bounds {
  #controller: AbortController | undefined;
  #ended: Error | undefined;

  /** Aborts when the time limit is reached, the iteration is interrupted, or the work is over. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  end(reason: Error): void {
    this.#ended ??= reason;
    this.#controller?.abort(reason);
  }
}

/** The work of one verb of one VU. */
export class BoundedWork {
  readonly #host: VuHost;
  readonly #pending = new Roster<Pending>();
  #listening = false;

  constructor(host: VuHost) {
    this.#host = host;
  }

  /** Settles as `fn` does, or rejects with an InterruptedError or a TimeoutError. `timeoutMs` 0 is no limit. */
  run<T, B extends Bounds>(
    timeoutMs: number,
    bounds: B,
    what: string,
    fn: (bounds: B) => T | PromiseLike<T>,
  ): Promise<T> {
    if (this.#host.interrupted) return Promise.reject(new InterruptedError());
    if (!this.#listening) {
      this.#listening = true;
      this.#host.onInterrupt((reason) =>
        rejectAll(
          this.#pending,
          reason instanceof InterruptedError ? reason : new InterruptedError(reason.message),
        ),
      );
      this.#host.onRetire(() => rejectAll(this.#pending, new InterruptedError('the VU was retired')));
    }
    const expired = (): Error => new TimeoutError(`${what} timed out after ${timeoutMs} ms`);
    const wait = new Wait<T>(this.#pending, timeoutMs, expired);
    wait.promise.catch((error: unknown) => {
      if (error instanceof TimeoutError || error instanceof InterruptedError) bounds.end(error);
    });
    const failed = (error: unknown): void =>
      wait.reject(error instanceof Error ? error : new Error(String(error), { cause: error }));
    try {
      const outcome = fn(bounds);
      if (isThenable(outcome)) outcome.then((value) => wait.resolve(value), failed);
      else wait.resolve(outcome);
    } catch (error) {
      failed(error);
    }
    return wait.promise;
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
