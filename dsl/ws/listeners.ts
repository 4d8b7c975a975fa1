/** Functions of the script's that hear what happens on a socket. */

import type { WsEvents } from './types.ts';

type Sets = { readonly [E in keyof WsEvents]: Set<WsEvents[E]> };

export class Listeners {
  readonly #sets: Sets = {
    message: new Set(),
    close: new Set(),
    error: new Set(),
    ping: new Set(),
    pong: new Set(),
  };

  get hearMessages(): boolean {
    return this.#sets.message.size > 0;
  }

  /** Returns what removes the listener. Throws TypeError for an event that there is not. */
  add<E extends keyof WsEvents>(event: E, listener: WsEvents[E]): () => void {
    const listeners: Set<WsEvents[E]> | undefined = this.#sets[event];
    if (listeners === undefined || typeof listener !== 'function') {
      throw new TypeError(
        `ws on(${JSON.stringify(event)}): expected one of ${Object.keys(this.#sets).join(', ')} and a function`,
      );
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  emit<E extends keyof WsEvents>(event: E, value: Parameters<WsEvents[E]>[0]): void {
    for (const listener of this.#sets[event] as Set<(value: Parameters<WsEvents[E]>[0]) => void>) {
      try {
        listener(value);
      } catch (error) {
        // An error of the script's, not of the socket's: it surfaces as one thrown outside of an iteration.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
