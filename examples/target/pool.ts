/** How a connection pool is used at this moment, and how often it turned somebody away. */
export interface PoolUse {
  readonly size: number;
  readonly inUse: number;
  readonly waiting: number;
  readonly timeouts: number;
}

/** Nobody gave a connection back within the time limit. */
export class PoolTimeout extends Error {
  override readonly name = 'PoolTimeout';

  constructor(limitMs: number, cause?: unknown) {
    super(
      `no database connection became free within ${limitMs} ms`,
      cause === undefined ? undefined : { cause },
    );
  }
}

interface Waiter {
  readonly admit: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A fixed number of slots, handed out first come, first served.
 *
 *     acquire, slot free   ->  taken at once
 *     acquire, none free   ->  waits in line, at most `timeoutMs`, then PoolTimeout
 *     release, line empty  ->  the slot is free
 *     release, someone waits ->  the slot passes to the head of the line without becoming free
 *
 * The last line keeps the order: a newcomer cannot overtake the line between release and wake-up.
 */
export class Pool {
  readonly #size: number;
  readonly #timeoutMs: number;
  readonly #line = new Set<Waiter>();
  #inUse = 0;
  #timeouts = 0;

  constructor(size: number, timeoutMs: number) {
    this.#size = size;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when a slot is the caller's, who must `release` it. Rejects with PoolTimeout. */
  acquire(): Promise<void> {
    if (this.#inUse < this.#size) {
      this.#inUse += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: resolve,
        timer: setTimeout(() => {
          this.#line.delete(waiter);
          this.#timeouts += 1;
          reject(new PoolTimeout(this.#timeoutMs));
        }, this.#timeoutMs),
      };
      this.#line.add(waiter);
    });
  }

  release(): void {
    for (const next of this.#line) {
      this.#line.delete(next);
      clearTimeout(next.timer);
      next.admit();
      return;
    }
    this.#inUse -= 1;
  }

  use(): PoolUse {
    return {
      size: this.#size,
      inUse: this.#inUse,
      waiting: this.#line.size,
      timeouts: this.#timeouts,
    };
  }
}
