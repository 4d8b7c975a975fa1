/** Books what passes over a socket that a library made or was given, beneath TLS, to `data_sent` and `data_received`. */

import type { Socket } from 'node:net';
import type { Recorder, TagSet } from './host.ts';
import { M } from './metrics.ts';

export class ByteMeter {
  readonly #socket: Socket;
  #sent = 0;
  #received = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Books what passed since the last call. */
  book(recorder: Recorder, tags: TagSet): void {
    const sent = this.#socket.bytesWritten;
    const received = this.#socket.bytesRead;
    if (sent > this.#sent) recorder.series(M.data_sent, tags).add(sent - this.#sent);
    if (received > this.#received) recorder.series(M.data_received, tags).add(received - this.#received);
    this.#sent = Math.max(sent, this.#sent);
    this.#received = Math.max(received, this.#received);
  }
}
