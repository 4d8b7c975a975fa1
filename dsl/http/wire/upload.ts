/**
 * A body that is read while it is sent: as chunks, or as it is where its length was given. The socket's buffer bounds
 * what is in memory:
 *
 *     source 'data' -> write; the socket is full -> source pauses -> 'drain' -> source resumes -> … -> 'end'
 */

import type { Duplex, Readable } from 'node:stream';
import { unsendable } from './errors.ts';

export interface UploadOwner {
  onUploaded(): void;
  onUploadFailed(error: Error): void;
}

export class Upload {
  readonly #source: Readable;
  readonly #stream: Duplex;
  readonly #owner: UploadOwner;
  /** Undefined: sent as chunks. */
  readonly #length: number | undefined;
  #sent = 0;
  #over = false;

  constructor(source: Readable, length: number | undefined, stream: Duplex, owner: UploadOwner) {
    this.#source = source;
    this.#length = length;
    this.#stream = stream;
    this.#owner = owner;
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('error', this.#onError);
    source.on('close', this.#onClose);
    stream.on('drain', this.#onDrain);
    if (source.errored !== null) queueMicrotask(() => this.#onError(source.errored as Error));
    else if (source.readableEnded) queueMicrotask(this.#onEnd);
    else if (source.destroyed) queueMicrotask(this.#onClose);
    else source.resume();
  }

  /** Writes nothing more; the source is left to its owner. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    const source = this.#source;
    source.off('data', this.#onData);
    source.off('end', this.#onEnd);
    source.off('close', this.#onClose);
    // Its owner destroys it, which may come with an error that nobody else listens to.
    source.on('error', ignore);
    source.off('error', this.#onError);
    source.pause();
    this.#stream.off('drain', this.#onDrain);
  }

  readonly #onData = (data: Uint8Array | string): void => {
    const chunk = typeof data === 'string' ? Buffer.from(data) : data;
    if (!(chunk instanceof Uint8Array)) {
      this.#fail(unsendable('the body is a stream of objects, not of bytes'));
      return;
    }
    const { length } = chunk;
    // An empty chunk would be the end.
    if (length === 0) return;
    this.#sent += length;
    if (this.#length !== undefined && this.#sent > this.#length) {
      this.#fail(unsendable('the body is longer than its content-length'));
      return;
    }
    const stream = this.#stream;
    stream.cork();
    if (this.#length === undefined) stream.write(`${length.toString(16)}\r\n`, 'latin1');
    let room = stream.write(chunk);
    if (this.#length === undefined) room = stream.write('\r\n', 'latin1');
    stream.uncork();
    if (!room || stream.writableNeedDrain) this.#source.pause();
  };

  readonly #onDrain = (): void => {
    this.#source.resume();
  };

  readonly #onEnd = (): void => {
    if (this.#over) return;
    if (this.#length !== undefined && this.#sent < this.#length) {
      this.#fail(unsendable('the body is shorter than its content-length'));
      return;
    }
    this.stop();
    if (this.#length === undefined) this.#stream.write('0\r\n\r\n', 'latin1');
    this.#owner.onUploaded();
  };

  readonly #onError = (error: Error): void => this.#fail(error);

  /** Destroyed without an error and before its end. */
  readonly #onClose = (): void => this.#fail(new Error('the body was closed before its end'));

  #fail(error: Error): void {
    if (this.#over) return;
    this.stop();
    this.#owner.onUploadFailed(error);
  }
}

function ignore(): void {}
