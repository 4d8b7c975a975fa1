/** All that one VU's WebSockets have in common: what is open, what is being opened, and when it ends. */

import { InterruptedError } from '../errors.ts';
import type { VuHost } from '../host.ts';
import { type Session, sessionOf } from '../http/session.ts';
import { Roster } from '../roster.ts';
import { type Pending, rejectAll } from '../wait.ts';

/** How long the other side has to answer a close frame of the script's. */
export const CLOSE_MS = 5000;
/** The same at the end of an iteration or a VU: nobody waits for the answer. */
export const LEAVE_MS = 1000;

/** An open socket, as far as its VU's end concerns it. */
export interface Leavable {
  readonly keep: boolean;
  /** Ends what is waited for. */
  interrupt(reason: Error): void;
  /** Closes; settles when the connection is gone, at most `LEAVE_MS` later. */
  leave(reason: string): Promise<void>;
}

export class WsWorld {
  readonly host: VuHost;
  readonly session: Session;
  readonly handshakes = new Roster<Pending>();
  readonly sockets = new Set<Leavable>();
  #warned = false;

  constructor(host: VuHost) {
    this.host = host;
    this.session = sessionOf(host);
    host.onInterrupt((reason) => {
      const error = reason instanceof InterruptedError ? reason : new InterruptedError(reason.message);
      rejectAll(this.handshakes, error);
      for (const socket of [...this.sockets]) socket.interrupt(error);
    });
    host.onIterationEnd(() => {
      for (const socket of this.sockets) if (!socket.keep) void socket.leave('the iteration ended');
    });
    host.onRetire(async () => {
      rejectAll(this.handshakes, new InterruptedError('the VU was retired'));
      await Promise.all([...this.sockets].map((socket) => socket.leave('the test ended')));
    });
  }

  /** Once per VU: messages wait unread, and reading stopped. */
  warnOfUnread(label: string, limit: number): void {
    if (this.#warned) return;
    this.#warned = true;
    this.host.log(
      'warn',
      `${label}: ${limit} messages wait unread, so nothing more is read from this socket; ` +
        'read them, or connect with buffer: 0 to drop what nobody waits for',
    );
  }
}
