/**
 * One dial for all requests that want a connection to the same place, where it may turn out to be HTTP/2: they are
 * sent side by side on it then. If it is not, it is the first one's, and the others dial for themselves.
 */

import type { Connection } from './connection.ts';
import type { Dialing, DialListener, DialTimes } from './dial.ts';
import type { Stage } from './error-codes.ts';
import type { MeteredSocket } from './metered-socket.ts';
import { NO_DIAL } from './timings.ts';

/** A request that waits for the connection. */
export class Waiter implements Dialing {
  readonly listener: DialListener;
  readonly #shared: SharedDial;
  #own: Dialing | undefined;

  constructor(shared: SharedDial, listener: DialListener) {
    this.#shared = shared;
    this.listener = listener;
  }

  get stage(): Stage {
    return this.#own?.stage ?? this.#shared.stage;
  }

  get socket(): MeteredSocket | undefined {
    return this.#own?.socket ?? this.#shared.socketFor(this);
  }

  /** Waits for another dial from now on. */
  follow(dialing: Dialing): void {
    this.#own = dialing;
  }

  cancel(): void {
    if (this.#own !== undefined) this.#own.cancel();
    else this.#shared.leave(this);
  }
}

export class SharedDial implements DialListener {
  readonly #waiters = new Set<Waiter>();
  readonly #again: (listener: DialListener) => Dialing;
  readonly #ended: (connection: Connection | undefined) => void;
  #dial: Dialing | undefined;

  /** `ended` is called before anybody is told; `again` dials for those whom this connection has no room for. */
  constructor(
    again: (listener: DialListener) => Dialing,
    ended: (connection: Connection | undefined) => void,
  ) {
    this.#again = again;
    this.#ended = ended;
  }

  get stage(): Stage {
    return this.#dial?.stage ?? 'connect';
  }

  /** The socket is booked to the one who waits longest. */
  socketFor(waiter: Waiter): MeteredSocket | undefined {
    const [first] = this.#waiters;
    return first === waiter ? this.#dial?.socket : undefined;
  }

  join(listener: DialListener): Waiter {
    const waiter = new Waiter(this, listener);
    this.#waiters.add(waiter);
    return waiter;
  }

  begin(dial: Dialing): void {
    this.#dial = dial;
  }

  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#ended(undefined);
    this.#dial?.cancel();
  }

  onDialed(connection: Connection, times: DialTimes): void {
    this.#ended(connection);
    const [first, ...others] = this.#waiters;
    this.#waiters.clear();
    first?.listener.onDialed(connection, times);
    for (const waiter of others) {
      if (connection.multiplexes && connection.open && connection.hasRoom) {
        waiter.listener.onDialed(connection, NO_DIAL);
      } else waiter.follow(this.#again(waiter.listener));
    }
  }

  onDialFailed(error: unknown, stage: Stage): void {
    this.#ended(undefined);
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const { listener } of waiters) listener.onDialFailed(error, stage);
  }
}
