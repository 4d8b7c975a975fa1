/**
 * Where the outputs that write text go: a file, compressed where its name ends in `.gz`, a pipe, or stdout (`-`).
 * Nothing waits for it but its own output: `write` settles when the text was taken, and rejects when it never will be.
 *
 *     target               opened as
 *     -------------------  ----------------------------------------------------------------
 *     - or nothing         this process's stdout
 *     a named pipe         without blocking; one that nobody reads is refused
 *     a name in .gz        a file, made empty, behind a gzip stream that is flushed every second
 *     any other name       a file, made empty
 */

import { constants, createWriteStream, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGzip, type Gzip, constants as zlib } from 'node:zlib';
import { ConfigError } from '../../dsl/errors.ts';
import { makeFolder } from '../files/place.ts';
import { reasonOf } from '../files/reason.ts';

const FLUSH_EVERY_MS = 1000;

/** The target that means this process's stdout. */
export const STDOUT = '-';

function open(path: string): Writable {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFIFO() === true) {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: false, writable: true });
  }
  makeFolder(dirname(path));
  return createWriteStream(path, { fd: openSync(path, 'w') });
}

export class Sink {
  /** Absolute path, or `-`. */
  readonly file: string;
  readonly #path: string | undefined;
  #base: Writable | undefined;
  #gzip: Gzip | undefined;
  #failure: Error | undefined;
  #flushedAt = 0;
  #waiting = new Set<(error: Error) => void>();

  /** `target` undefined or `-`: stdout. */
  constructor(target: string | undefined, cwd: string) {
    this.#path = target === undefined || target === STDOUT ? undefined : resolve(cwd, target);
    this.file = this.#path ?? STDOUT;
  }

  /** Throws a ConfigError where the file cannot be written. */
  open(): void {
    try {
      this.#base = this.#path === undefined ? process.stdout : open(this.#path);
    } catch (error) {
      throw new ConfigError([
        {
          message: `${this.#path} cannot be written: ${reasonOf(error)}.`,
          hint:
            (error as NodeJS.ErrnoException).code === 'ENXIO'
              ? 'Start its reader first.'
              : 'Name a file in a folder that you may write to.',
        },
      ]);
    }
    this.#base.on('error', (error) => this.#failed(error));
    if (this.#path?.endsWith('.gz') === true) {
      this.#gzip = createGzip();
      pipeline(this.#gzip, this.#base, (error) => {
        if (error) this.#failed(error);
      });
    }
  }

  /** Resolves when the text was taken and more may come; rejects once the file cannot be written any more. */
  write(text: string): Promise<void> {
    const stream = this.#gzip ?? this.#base;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (stream === undefined || text === '') return Promise.resolve();
    return this.#until((done) => {
      stream.write(text, done);
      const now = performance.now();
      if (this.#gzip !== undefined && now - this.#flushedAt >= FLUSH_EVERY_MS) {
        this.#flushedAt = now;
        this.#gzip.flush(zlib.Z_SYNC_FLUSH);
      }
    });
  }

  /** Rejects where what was written last did not arrive. */
  async close(): Promise<void> {
    const base = this.#base;
    if (base === undefined || this.#path === undefined) return;
    if (this.#failure !== undefined) {
      base.destroy();
      return;
    }
    try {
      await this.#until((done) => {
        base.once('finish', done);
        (this.#gzip ?? base).end();
      });
    } finally {
      base.destroy();
    }
  }

  /** Gives up what was not taken yet: a reader that stopped reading must not keep the process. */
  destroy(): void {
    if (this.#path !== undefined) this.#base?.destroy();
  }

  /** Settles with the first of `done` and the stream's failure. */
  #until(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        this.#waiting.delete(failed);
        reject(error);
      };
      this.#waiting.add(failed);
      start((error) => {
        this.#waiting.delete(failed);
        if (error) reject(this.#failed(error));
        else resolve();
      });
    });
  }

  #failed(error: unknown): Error {
    if (this.#failure === undefined) {
      const where = this.#path ?? 'stdout';
      this.#failure = new Error(`${where} cannot be written: ${reasonOf(error)}`, { cause: error });
    }
    for (const failed of [...this.#waiting]) failed(this.#failure);
    return this.#failure;
  }
}
