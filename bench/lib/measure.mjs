/**
 * Runs a command pinned to a core and says what it cost. CPU seconds are user + system time of the command and all of
 * its children as the kernel counts them (GNU time, which reads wait4's rusage; 10 ms steps), start-up included. The
 * peak of resident memory is that of its largest process.
 */

import { spawn } from 'node:child_process';

const MARK = 'brunt-bench';

/** `core`: number, or undefined for all. Resolves with `{ code, stdout, stderr, wallS, cpuS, maxRssMb }`. */
export function measure(command, { core, env, limitS = 120 } = {}) {
  const timed = ['-f', `${MARK} %e %U %S %M`, ...command];
  const [file, ...args] =
    core === undefined
      ? ['/usr/bin/time', ...timed]
      : ['taskset', '-c', String(core), '/usr/bin/time', ...timed];
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const limit = setTimeout(() => child.kill('SIGKILL'), limitS * 1000);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      const numbers = new RegExp(`^${MARK} (\\S+) (\\S+) (\\S+) (\\S+)$`, 'm')
        .exec(stderr)
        ?.slice(1)
        .map(Number);
      if (numbers === undefined) {
        reject(new Error(`${command.join(' ')} gave no times (exit ${code}):\n${stderr}`));
        return;
      }
      const [wallS, userS, systemS, maxRssKb] = numbers;
      resolve({ code, stdout, stderr, wallS, cpuS: userS + systemS, maxRssMb: maxRssKb / 1024 });
    });
  });
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Columns aligned; the first to the left, the others to the right. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
        .join('  '),
    )
    .join('\n');
}
