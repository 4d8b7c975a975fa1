/**
 * A TCP socket that knows to the byte what went over it, beneath TLS. The counts are attributed to whoever used the
 * socket last: at the end of each request, and once more when the socket closes.
 */

import { Socket } from 'node:net';
import type { Series } from '../host.ts';

/** The handle is Node's own; only its queue length is read, so that what was never sent is not counted. */
interface WithHandle {
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

export class MeteredSocket extends Socket {
  #sentSeries: Series;
  #receivedSeries: Series;
  #sent = 0;
  #received = 0;
  #finallySent: number | undefined;

  constructor(sent: Series, received: Series) {
    super();
    this.#sentSeries = sent;
    this.#receivedSeries = received;
    this.once('close', () => this.meter(this.#sentSeries, this.#receivedSeries));
  }

  /** Books what passed since the last call, and what passes from now on unless told otherwise. */
  meter(sent: Series, received: Series): void {
    this.#sentSeries = sent;
    this.#receivedSeries = received;
    const read = this.bytesRead;
    if (read > this.#received) {
      received.add(read - this.#received);
      this.#received = read;
    }
    const written = this.#finallySent ?? this.#handedToNetwork();
    if (written > this.#sent) {
      sent.add(written - this.#sent);
      this.#sent = written;
    }
  }

  /** Called by the stream before the handle goes: the last moment at which the queue can be seen. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#finallySent = this.#handedToNetwork();
    super._destroy(error, callback);
  }

  #handedToNetwork(): number {
    const handle = (this as WithHandle)._handle;
    if (handle?.bytesWritten === undefined)
      return Math.max(this.#sent, this.bytesWritten - this.writableLength);
    return handle.bytesWritten - (handle.writeQueueSize ?? 0);
  }
}
