/** Where this package is: its files are named from there, as the build puts many sources into one. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** Folder of the package, whether this file runs as source or as built; its own folder where it is in no package. */
export function packageRoot(): string {
  if (root === undefined) {
    const own = dirname(fileURLToPath(import.meta.url));
    let folder = own;
    while (folder !== dirname(folder) && !existsSync(join(folder, 'package.json'))) folder = dirname(folder);
    root = folder === dirname(folder) ? own : folder;
  }
  return root;
}
