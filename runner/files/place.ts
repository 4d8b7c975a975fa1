/** The place of a file that is to be written: made and tried before a run, so that no result is lost at its end. */

import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from './reason.ts';

/** With less than this a result does not even begin. */
const LEAST_BYTES = 65_536;

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Makes a folder and those above it. Not by `mkdirSync` with `recursive`, which never returns where the folder above
 * exists and yet takes none (`/proc`).
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

export interface PlaceNeeds {
  /** The file is written beside its place and put there when it is complete: a pipe or a device will not do. */
  readonly regular: boolean;
}

function tryFile(path: string, found: Stats | undefined): void {
  if (found !== undefined) {
    closeSync(openSync(path, 'r+'));
    return;
  }
  closeSync(openSync(path, 'wx'));
  rmSync(path);
}

/** Bytes that this process may still write there; undefined where the file system does not count them. */
function room(folder: string): number | undefined {
  const { bsize, blocks, bfree, bavail } = statfsSync(folder);
  if (blocks === 0) return undefined;
  return bsize * (process.getuid?.() === 0 ? bfree : bavail);
}

/** Why a file cannot be written; undefined where nothing speaks against it. Makes its folder. */
export function placeProblem(path: string, { regular }: PlaceNeeds): string | undefined {
  try {
    const folder = dirname(path);
    makeFolder(folder);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return 'it is a folder';
    if (found !== undefined && !found.isFile()) {
      if (regular) return 'it is no file but a device, a pipe or a socket';
      // To open a pipe would wait for its reader.
      accessSync(path, constants.W_OK);
      return undefined;
    }
    tryFile(path, found);
    const left = room(folder);
    return left !== undefined && left < LEAST_BYTES ? `only ${left} bytes are left on its disk` : undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
