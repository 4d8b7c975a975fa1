// Bundles the browser's part of pages into dist/: each file named as an argument, by its name.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { bundleClient } from '../dist/runner/page/client-bundle.js';

const folder = 'dist/runner/page/client';
mkdirSync(folder, { recursive: true });
for (const entry of process.argv.slice(2))
  writeFileSync(`${folder}/${basename(entry, '.ts')}.js`, `${bundleClient(entry)}\n`);
