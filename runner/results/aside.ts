/** What an earlier run left behind under the name that a new one is to write to. */

import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { constants, gunzipSync } from 'node:zlib';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { type HeadLine, PARTIAL } from './format.ts';
import { freePartialName } from './partial-file.ts';

/** More than the first line of any result. */
const HEAD_BYTES = 65_536;

function headOf(file: string): Partial<HeadLine> {
  const bytes = Buffer.alloc(HEAD_BYTES);
  const fd = openSync(file, 'r');
  try {
    const length = readSync(fd, bytes, 0, HEAD_BYTES, 0);
    const text = gunzipSync(bytes.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
    return JSON.parse(text.slice(0, text.indexOf('\n'))) as Partial<HeadLine>;
  } catch {
    return {};
  } finally {
    closeSync(fd);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Puts a partial file of an earlier run aside, and says so. Throws a BruntError (exit 104) where another process still
 * writes it.
 */
export function putAside(file: string, warn: (text: string) => void): void {
  const partial = file + PARTIAL;
  const found = statSync(partial, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile()) return;
  const { writer } = headOf(partial);
  if (writer?.host === hostname() && writer.pid !== process.pid && isAlive(writer.pid)) {
    throw new BruntError(`${partial} is being written by another run (process ${writer.pid})`, {
      code: 'RESULT_IN_USE',
      exitCode: EXIT.badConfig,
      hint: 'name another file, or wait for that run; if there is none, remove or rename the file',
    });
  }
  if (found.size === 0) {
    rmSync(partial);
    return;
  }
  const aside = freePartialName(file, 1);
  renameSync(partial, aside);
  warn(`${partial} of an earlier run that did not come to its end was kept as ${aside}`);
}
