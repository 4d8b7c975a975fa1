/**
 * What the dashboard costs the generator: runs without it, with it and nobody looking, and with a page open (something
 * that reads its stream; what a browser draws is the browser's cost). They take turns. After `npm run build`:
 *
 *     node bench/dashboard.mjs [--rounds 3] [--seconds 10] [--names 20,1000]
 *
 * nginx has core 1, and the reader with it; the generator with all its threads has core 0. CPU time is what the kernel
 * counts for the process, and for its main thread alone, from the first second of the load to its last.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median, table } from './lib/measure.mjs';
import { startNginx } from './lib/nginx.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    names: { type: 'string', default: '20,1000' },
  },
});
const SECONDS = Number(values.seconds);
const MODES = ['without', 'nobody looks', 'a page is open'];
/** Of `/proc/…/stat`. */
const TICKS_PER_SECOND = 100;
const folder = await mkdtemp(join(tmpdir(), 'brunt-bench-'));
const nginx = await startNginx(1);

/** CPU seconds so far; `path` below /proc. */
async function cpuOf(path) {
  const text = await readFile(`/proc/${path}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Bytes of the stream, until it ends. */
function watch(url, seen) {
  get(`${url}events`, (response) => {
    response.on('data', (chunk) => {
      seen.bytes += chunk.length;
    });
    response.on('error', () => undefined);
  }).on('error', () => undefined);
}

async function once(mode, names) {
  const summary = join(folder, 'summary.json');
  const flags = mode === 'without' ? [] : ['--dashboard=0'];
  const command = [
    '-c',
    '0',
    process.execPath,
    here('../dist/runner/bin.js'),
    'run',
    here('scripts/names.ts'),
  ];
  const load = ['-q', '--workers', '1', '-u', '20', '-d', `${SECONDS}s`, '--summary-mode', 'disabled'];
  const args = [...command, ...load, '-e', `BASE_URL=${nginx.url}`, '-e', `NAMES=${names}`];
  const child = spawn('taskset', [...args, '--summary-export', summary, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const seen = { bytes: 0 };
  child.stderr.setEncoding('utf8').on('data', (text) => {
    const url = /dashboard: (\S+)/.exec(text)?.[1];
    if (url !== undefined && mode === 'a page is open') watch(url, seen);
  });
  const take = () => Promise.all([cpuOf(child.pid), cpuOf(`${child.pid}/task/${child.pid}`)]);
  await sleep(2000);
  const from = await take();
  await sleep((SECONDS - 3) * 1000);
  const to = await take();
  const code = await ended;
  if (code !== 0) throw new Error(`brunt run ended with exit code ${code}`);
  const { metrics } = JSON.parse(await readFile(summary, 'utf8'));
  const span = SECONDS - 3;
  return {
    rate: metrics.http_reqs.values.rate / ((to[0] - from[0]) / span),
    main: ((to[1] - from[1]) / span) * 1000,
    kb: seen.bytes / 1024 / SECONDS,
  };
}

try {
  for (const names of values.names.split(',').map(Number)) {
    const runs = new Map(MODES.map((mode) => [mode, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const mode of MODES) runs.get(mode).push(await once(mode, names));
    }
    const of = (mode, key) => median(runs.get(mode).map((run) => run[key]));
    const rows = MODES.map((mode) => [
      mode,
      Math.round(of(mode, 'rate')),
      (of(mode, 'rate') / of('without', 'rate')).toFixed(3),
      Math.round(of(mode, 'main')),
      Math.round(of(mode, 'kb')),
    ]);
    console.log(`\n${names} names`);
    console.log(
      table([
        ['dashboard', 'requests per CPU second', 'ratio', 'main thread, ms/s', 'stream, KB/s'],
        ...rows,
      ]),
    );
  }
} finally {
  await nginx.stop();
  await rm(folder, { recursive: true, force: true });
}
