/**
 * A file that grows while a run goes on and bears its name only when it is complete:
 *
 *     FILE.partial                  being written, or left behind by a run that was killed
 *     FILE.1.partial, FILE.2.…      those of earlier runs, put aside: what they hold exists nowhere else
 *     FILE                          complete
 *
 * Text is compressed and written by Node's own threads, so that the main thread does not wait; what comes meanwhile goes
 * next, as one gzip member. The kernel has it then: it outlives this process, however that ends. Each time the disk is
 * asked to have it too (`fdatasync`), which nobody waits for, so that a power cut costs a second or two.
 */

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  read,
  renameSync,
  rmSync,
  type Stats,
  stat,
  statSync,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import { makeFolder } from '../files/place.ts';
import { reasonOf } from '../files/reason.ts';
import { PARTIAL } from './format.ts';

const compress = promisify(gzip);
const readAt = promisify(read);
const writeAt = promisify(write);
const syncData = promisify(fdatasync);
const statOf = promisify(stat);

/** A disk that is this far behind, in characters, will not catch up. */
const MOST_QUEUED = 67_108_864;
const COPY_BYTES = 1_048_576;

/** The first name for what is not complete that no file has. */
export function freePartialName(file: string, from = 0): string {
  for (let number = from; ; number++) {
    const name = number === 0 ? file + PARTIAL : `${file}.${number}${PARTIAL}`;
    if (statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

export class PartialFile {
  readonly #file: string;
  readonly #warn: (text: string) => void;
  /** Where it is now. */
  #path: string;
  #fd: number | undefined;
  #identity: Stats;
  /** End of what was written whole. */
  #end = 0;
  #queue: string[] = [];
  #queued = 0;
  /** Of the queue, what is being written; written once more, at the same place, by those who cannot wait. */
  #current = '';
  #work: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #problem: string | undefined;

  /** Creates the file with its first text; throws where that is not possible. `warn` is told of what goes wrong, at once. */
  constructor(file: string, first: string, warn: (text: string) => void) {
    this.#file = file;
    this.#warn = warn;
    this.#path = freePartialName(file);
    this.#fd = openSync(this.#path, 'wx+');
    try {
      this.#identity = statSync(this.#path);
      this.#writeNow(first);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Why it is not whole; undefined while all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get path(): string {
    return this.#path;
  }

  put(text: string): void {
    if (this.#fd === undefined) return;
    if (this.#queued > MOST_QUEUED) {
      this.#failed(new Error('the disk does not keep up'));
      return;
    }
    this.#queue.push(text);
    this.#queued += text.length;
    this.#work ??= this.#writeAll();
  }

  async written(): Promise<void> {
    await this.#work;
  }

  /** Gives the file its name when all is written. */
  async complete(): Promise<void> {
    await this.#work;
    await this.#syncing;
    if (this.#fd === undefined) return;
    try {
      await syncData(this.#fd);
      await this.#stay();
      this.#close();
      renameSync(this.#path, this.#file);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The same at once, for a process that ends now. */
  completeNow(): void {
    if (this.#fd === undefined) return;
    try {
      // As a member of its own: a write that is under way puts the same bytes in the same place.
      if (this.#current !== '') this.#writeNow(this.#current);
      const rest = this.#queue.join('');
      this.#queue = [];
      if (rest !== '') this.#writeNow(rest);
      fdatasyncSync(this.#fd);
      // While a write is under way it stays open; the process ends.
      if (this.#work === undefined) this.#close();
      else this.#fd = undefined;
      renameSync(this.#path, this.#file);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Removes it. */
  discard(): void {
    this.#queue = [];
    const wasOpen = this.#fd !== undefined;
    this.#close();
    if (wasOpen) rmSync(this.#path, { force: true });
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#current = this.#queue.join('');
      this.#queue = [];
      this.#queued = 0;
      try {
        await this.#append(await compress(this.#current));
        await this.#stay();
      } catch (error) {
        this.#failed(error);
      }
      this.#current = '';
    }
    this.#work = undefined;
  }

  async #append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#fd === undefined) return;
      const { bytesWritten } = await writeAt(this.#fd, bytes, at, bytes.length - at, this.#end + at);
      at += bytesWritten;
    }
    this.#end += bytes.length;
    this.#current = '';
    // In place of a slow disk's own queue: what is written meanwhile goes with the next.
    this.#syncing ??= this.#sync();
  }

  async #sync(): Promise<void> {
    try {
      if (this.#fd !== undefined) await syncData(this.#fd);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#syncing = undefined;
    }
  }

  #writeNow(text: string): void {
    const bytes = gzipSync(text);
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#fd as number, bytes, at, bytes.length - at, this.#end + at);
    }
    this.#end += bytes.length;
  }

  /** A file that was removed takes all that is written to it without a word, and is gone with this process. */
  async #stay(): Promise<void> {
    let there: Stats | undefined;
    try {
      there = await statOf(this.#path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') return;
    }
    const from = this.#fd;
    if (from === undefined || (there !== undefined && isSame(there, this.#identity))) return;
    makeFolder(dirname(this.#file));
    const path = freePartialName(this.#file);
    const to = openSync(path, 'wx+');
    const buffer = Buffer.alloc(COPY_BYTES);
    for (let at = 0; at < this.#end; ) {
      const { bytesRead } = await readAt(from, buffer, 0, Math.min(COPY_BYTES, this.#end - at), at);
      if (bytesRead === 0) throw new Error('what was written cannot be read any more');
      for (let done = 0; done < bytesRead; ) {
        done += (await writeAt(to, buffer, done, bytesRead - done, at + done)).bytesWritten;
      }
      at += bytesRead;
    }
    this.#warn(`${this.#path} was taken away while it was written; it was written anew to ${path}`);
    await this.#syncing;
    this.#close();
    this.#fd = to;
    this.#path = path;
    this.#identity = statSync(path);
  }

  #failed(error: unknown): void {
    if (this.#problem !== undefined) return;
    this.#problem = reasonOf(error);
    const fd = this.#fd;
    if (fd !== undefined) {
      try {
        // Half a member would be read as far as it goes; none is cleaner.
        ftruncateSync(fd, this.#end);
      } catch {
        // The first error is the one to tell.
      }
    }
    this.#close();
    this.#queue = [];
    this.#warn(
      `${this.#file} is not written any more: ${this.#problem}; what was measured before is in ${this.#path}`,
    );
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // Nothing can be done about it.
    }
  }
}
