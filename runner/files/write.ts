/** Writes a file whose folder may be gone since its place was tried. */

import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './place.ts';

/** Throws what the system says; `reasonOf` has words for it. */
export function writeFile(path: string, content: string | Uint8Array): void {
  makeFolder(dirname(resolve(path)));
  writeFileSync(path, content);
}
