/** Where this package is: its files are named from there, as the build puts many sources into one. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** Folder of the package, whether this file runs as source or as built. */
export function packageRoot(): string {
  root ??= above(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function above(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('there is no package.json above the files of Brunt');
  return above(parent);
}
