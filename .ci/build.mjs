// Makes dist/ as far as it runs; `tsc -p tsconfig.build.json` adds the types of what users import.
//
//     sources -- esbuild --> one file per entry, shared and lazily loaded parts in dist/chunks/
//     clients of pages ----> one script each, for browsers
//
// Bundles because of start-up: Node takes a quarter of a millisecond per module, and a run would load 200.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));

/** What the package exports, by its source. */
const exported = Object.values(exports)
  .filter((target) => typeof target === 'object')
  .map((target) => target.default.replace('./dist/', '').replace(/\.js$/, '.ts'));

const NODE = {
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  charset: 'utf8',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

rmSync('dist', { recursive: true, force: true });
await build({
  ...NODE,
  entryPoints: [
    ...exported,
    'runner/bin.ts',
    'workers/main.ts',
    'workers/output/main.ts',
    // Needed below.
    'runner/page/client-bundle.ts',
  ],
  chunkNames: 'chunks/[name]-[hash]',
});
// The demo system shares nothing with what it is tested by.
await build({
  ...NODE,
  entryPoints: ['examples/target/main.ts'],
  chunkNames: 'examples/target/chunks/[name]-[hash]',
});

const { bundleClient } = await import('../dist/runner/page/client-bundle.js');
mkdirSync('dist/runner/page/client');
for (const client of ['report', 'comparison', 'live', 'live-stream']) {
  writeFileSync(
    `dist/runner/page/client/${client}.js`,
    `${bundleClient(`runner/page/client/${client}.ts`)}\n`,
  );
}
