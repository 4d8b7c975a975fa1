/** Undoes `deflate` as a stream, in both forms: which one it is shows in the first byte. */

import { Transform, type TransformCallback } from 'node:stream';
import { createInflate, createInflateRaw, type Inflate, type InflateRaw } from 'node:zlib';
import { isZlib } from './decode.ts';

export class AnyInflate extends Transform {
  #inner: Inflate | InflateRaw | undefined;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#inner ??= this.#begin(chunk);
    this.#inner.write(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    if (this.#inner === undefined) {
      done();
      return;
    }
    this.#inner.once('end', done);
    this.#inner.end();
  }

  override _read(size: number): void {
    this.#inner?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  #begin(first: Buffer): Inflate | InflateRaw {
    const inner = isZlib(first) ? createInflate() : createInflateRaw();
    inner.on('data', (part: Buffer) => {
      if (!this.push(part)) inner.pause();
    });
    inner.on('error', (error) => this.destroy(error));
    return inner;
  }
}
