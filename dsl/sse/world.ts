/** All that one VU's event streams have in common. */

import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import { type Session, sessionOf } from '../http/session.ts';

/** A stream, as far as its VU's end concerns it. */
export interface Leavable {
  readonly keep: boolean;
  interrupt(reason: Error): void;
  leave(reason: string): void;
}

export class SseWorld {
  readonly host: VuHost;
  readonly session: Session;
  readonly streams = new Set<Leavable>();
  #warned = false;

  constructor(host: VuHost) {
    this.host = host;
    // First, so that at the end of a VU the streams leave before the session closes its connections.
    host.onRetire(() => {
      for (const stream of [...this.streams]) stream.leave('the VU was retired');
    });
    this.session = sessionOf(host);
    host.onInterrupt((reason) => {
      const error = reason instanceof InterruptedError ? reason : new InterruptedError(reason.message);
      for (const stream of [...this.streams]) stream.interrupt(error);
    });
    host.onIterationEnd(() => {
      for (const stream of [...this.streams]) if (!stream.keep) stream.leave('the iteration ended');
    });
  }

  /** Once per VU: events wait unread, and reading stopped. */
  warnOfUnread(label: string, limit: number): void {
    if (this.#warned) return;
    this.#warned = true;
    this.host.log(
      'warn',
      `${label}: ${limit} events wait unread, so nothing more is read from this stream until they are`,
    );
  }
}
