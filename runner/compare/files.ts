/** The files that a comparison names: a folder stands for the results in it, as a history of runs. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PARTIAL } from '../results/format.ts';
import { looksLikeResult, unreadable } from '../results/reader.ts';

/** In a folder: whatever begins as a saved result does, in the order of names. Throws where there is nothing. */
export async function resultFiles(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!existsSync(path)) throw unreadable(path, 'there is no such file');
    if (!statSync(path).isDirectory()) {
      files.push(path);
      continue;
    }
    const before = files.length;
    for (const name of readdirSync(path).sort()) {
      const file = join(path, name);
      if (name.endsWith(PARTIAL) || !statSync(file).isFile()) continue;
      if (await looksLikeResult(file)) files.push(file);
    }
    if (files.length === before) throw unreadable(path, 'the folder holds no saved result');
  }
  return files;
}
