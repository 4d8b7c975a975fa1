/** `vu`, `test`, `env`: where a script is and what it may say about the run. */

import { InterruptedError } from './errors.ts';
import type { VuHost } from './host.ts';
import type { ResolvedOptions } from './options.ts';

/** The virtual user that runs the current iteration. */
export interface Vu {
  /** 1-based, unique over the run; 0 in setup and teardown. */
  readonly id: number;
  /** 0-based number of this VU's iteration. */
  readonly iteration: number;
  /** Name of the scenario. */
  readonly scenario: string;
  /** 0-based number of the iteration within its scenario, unique over all VUs. */
  readonly iterationInScenario: number;
  /** Tags of everything this VU records from now on: `vu.tags.region = 'eu'`; `delete vu.tags.region`. */
  readonly tags: Record<string, string | undefined>;
  /** Aborts when the iteration is interrupted; for clients that take an AbortSignal. */
  readonly signal: AbortSignal;
}

/** The run. */
export interface TestControl {
  /** Ends the run: teardown and summary follow, exit code 108. Ends the iteration too. */
  abort(reason?: string): never;
  /** Marks the run as failed (exit code 110) and lets it go on. */
  fail(reason?: string): void;
  /** Options after validation. */
  readonly options: ResolvedOptions;
  /** Milliseconds since the test started; 0 in setup. */
  elapsed(): number;
}

/** One VU's `vu`; tags and signal are made when first asked for. */
class BoundVu implements Vu {
  readonly #host: VuHost;
  #tags: Record<string, string | undefined> | undefined;
  #abort: AbortController | undefined;

  constructor(host: VuHost) {
    this.#host = host;
  }

  get id(): number {
    return this.#host.context.id;
  }

  get iteration(): number {
    return this.#host.context.iteration;
  }

  get scenario(): string {
    return this.#host.context.scenario;
  }

  get iterationInScenario(): number {
    return this.#host.context.iterationInScenario;
  }

  get tags(): Record<string, string | undefined> {
    const host = this.#host;
    this.#tags ??= new Proxy<Record<string, string | undefined>>(
      {},
      {
        get: (_, key) => (typeof key === 'string' ? host.tags().get(key) : undefined),
        has: (_, key) => typeof key === 'string' && host.tags().get(key) !== undefined,
        ownKeys: () => [...host.tags().entries()].map(([key]) => key),
        getOwnPropertyDescriptor: (_, key) => {
          const value = typeof key === 'string' ? host.tags().get(key) : undefined;
          return value === undefined
            ? undefined
            : { value, enumerable: true, configurable: true, writable: true };
        },
        set: (_, key, value) => {
          host.setTag(String(key), String(value));
          return true;
        },
        deleteProperty: (_, key) => {
          host.setTag(String(key), undefined);
          return true;
        },
      },
    );
    return this.#tags;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined || this.#abort.signal.aborted) {
      const first = this.#abort === undefined;
      this.#abort = new AbortController();
      if (first) this.#host.onInterrupt((reason) => this.#abort?.abort(reason));
      if (this.#host.interrupted) this.#abort.abort(new InterruptedError());
    }
    return this.#abort.signal;
  }
}

export function createVu(host: VuHost): Vu {
  return new BoundVu(host);
}

class BoundTest implements TestControl {
  readonly #host: VuHost;

  constructor(host: VuHost) {
    this.#host = host;
  }

  abort(reason = 'test.abort() was called'): never {
    this.#host.endRun('abort', String(reason));
    throw new InterruptedError(`the test was aborted: ${String(reason)}`);
  }

  fail(reason = 'test.fail() was called'): void {
    this.#host.endRun('fail', String(reason));
  }

  get options(): ResolvedOptions {
    return this.#host.options;
  }

  elapsed(): number {
    return this.#host.elapsedMs();
  }
}

export function createTest(host: VuHost): TestControl {
  return new BoundTest(host);
}
