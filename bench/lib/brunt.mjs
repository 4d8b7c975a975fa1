/** One `brunt run` from the outside: what it cost, and what its summary says. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.mjs';

/** The built command of this checkout. */
export const BIN = fileURLToPath(new URL('../../dist/runner/bin.js', import.meta.url));

/**
 * Runs a script of `bench/scripts`, by its name without the ending. Resolves with what `measure` tells, and `summary`;
 * rejects if the run did not pass.
 */
export async function runBrunt(
  script,
  { node = process.execPath, bin = BIN, workers, vus, seconds, url, flags = [], ...limits },
) {
  const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
  try {
    const file = join(folder, 'summary.json');
    const path = fileURLToPath(new URL(`../scripts/${script}.ts`, import.meta.url));
    const command = [node, bin, 'run', path, '-q', '--summary-export', file, ...flags];
    if (workers !== undefined) command.push('--workers', String(workers));
    if (vus !== undefined) command.push('-u', String(vus));
    if (seconds !== undefined) command.push('-d', `${seconds}s`);
    if (url !== undefined) command.push('-e', `BASE_URL=${url}`);
    const cost = await measure(command, limits);
    if (cost.code !== 0) throw new Error(`brunt run ended with exit code ${cost.code}:\n${cost.stderr}`);
    return { ...cost, summary: JSON.parse(await readFile(file, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
