/**
 * A TCP socket that knows to the byte what went over it, beneath TLS. The counts are attributed to whoever used the
 * socket last: at the end of each request, and once more when the socket closes.
 *
 * A plain socket reads into one buffer that all sockets of the thread share, and hands it to its reader at once. Node's
 * way costs more than the rest of a small response: 64 KB are allocated for each read and cut to size after, and the
 * stream queues the chunk and tells of it a tick later.
 *
 *     kernel -> shared buffer -> the one whom `readInto` named
 *                             -> copy -> the stream's own buffer        while there is none
 */

import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Series } from '../host.ts';
import type { Placed } from '../roster.ts';

/**
 * The handle is Node's own. Its queue length is read, so that what was never sent is not counted, and whether it still
 * has a peer.
 */
interface WithHandle {
  readonly _handle?: {
    readonly bytesWritten?: number;
    readonly writeQueueSize?: number;
    /** 0, or the negative number of a system error. */
    readonly getpeername?: (result: object) => number;
  } | null;
}

/**
 * Whether what just came as the end of a socket, plain or TLS, is a reset. libuv tells a reset as an end where it read
 * the last bytes in the same turn; but after a reset the system knows no peer any more, after an end it does.
 */
export function endedByReset(socket: Socket): boolean {
  const { _handle: handle } = socket as WithHandle;
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}

const READ_BYTES = 65_536;
let readBuffer: Buffer | undefined;

/** On Windows the kernel fills the buffers of several sockets at a time, so they cannot be one. */
const canShare = process.platform !== 'win32';

/** The bytes stand at the beginning of the buffer, until it returns. */
export type SharedReader = (buffer: Buffer, length: number) => void;

export class MeteredSocket extends Socket implements Placed {
  /** Among the sockets of its pool. */
  place = -1;
  /** The connection that it is beneath; undefined while it is being opened. */
  carries: { destroy(reason: Error): void } | undefined;
  readonly #shares: boolean;
  #reader: SharedReader | undefined;
  #sentSeries: Series;
  #receivedSeries: Series;
  #sent = 0;
  #received = 0;
  #finallySent: number | undefined;

  /** `plain`: nothing will be wrapped around the socket, which can thus be read into the shared buffer. */
  constructor(sent: Series, received: Series, plain: boolean) {
    if (plain && canShare) {
      readBuffer ??= Buffer.allocUnsafeSlow(READ_BYTES);
      const take = (bytes: number): boolean => this.#take(bytes);
      super({ onread: { buffer: readBuffer, callback: take } } as SocketConstructorOpts);
    } else {
      super();
    }
    this.#shares = plain && canShare;
    this.#sentSeries = sent;
    this.#receivedSeries = received;
    this.once('close', () => this.meter(this.#sentSeries, this.#receivedSeries));
  }

  /** What arrives from now on goes to `reader`; false if this socket does not read into the shared buffer. */
  readInto(reader: SharedReader): boolean {
    if (this.#shares) this.#reader = reader;
    return this.#shares;
  }

  #take(bytes: number): boolean {
    if (this.#reader !== undefined) {
      this.#reader(readBuffer as Buffer, bytes);
      return true;
    }
    const chunk = Buffer.allocUnsafe(bytes);
    (readBuffer as Buffer).copy(chunk, 0, 0, bytes);
    return this.push(chunk);
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
