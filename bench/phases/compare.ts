/** Runs the script under a capture and compares, request by request, what Brunt measured with what the wire shows. */

import { execFileSync, fork, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { quantile } from '../experiments/rows.ts';
import { startCapture, type WireTimes, wireTimes } from './capture.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const KINDS = ['plain-new', 'plain-kept', 'tls-new', 'tls-kept'] as const;
export const PHASES = ['connecting', 'tls_handshaking', 'sending', 'waiting', 'receiving'] as const;

export interface Comparison {
  readonly kind: (typeof KINDS)[number];
  readonly phase: (typeof PHASES)[number] | 'duration';
  readonly requests: number;
  /** Medians, ms. */
  readonly wire: number;
  readonly brunt: number;
  /** Of |brunt - wire| per request, ms. */
  readonly differenceMedian: number;
  readonly differenceP95: number;
}

interface Measured {
  readonly id: string;
  readonly status: number;
  readonly timings: Readonly<Record<Comparison['phase'], number>>;
}

/** `rounds`: requests of each kind; the first tenth, which meets a cold process, is left out. */
export async function comparePhases(bin: string, rounds: number, bodyBytes = 1000): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'brunt-phases-'));
  const [key, cert, keys, timings, packets] = ['key', 'cert', 'keys', 'timings', 'packets'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string, string];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-keyout', key, '-out', cert, '-subj', '/CN=localhost'],
    ],
    { stdio: 'ignore' },
  );
  const server = fork(here('server.mjs'), [key, cert], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: server.stdout as NodeJS.ReadableStream }).once('line', resolve);
      server.once('exit', () => reject(new Error('the server of the comparison did not start')));
    });
    const [plain = 0, tls = 0] = line.split(' ').map(Number);
    const stop = await startCapture([plain, tls], packets);
    const env = {
      ...{ PLAIN_URL: `http://127.0.0.1:${plain}`, TLS_URL: `https://127.0.0.1:${tls}` },
      ...{ TIMINGS: timings, ROUNDS: rounds, BODY_BYTES: bodyBytes },
    };
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    await run([`--tls-keylog=${keys}`, bin, 'run', here('script.ts'), '-q', '--workers', '1', ...variables]);
    await stop();
    const wire = wireTimes(packets, keys, plain, tls);
    const lines = (await readFile(timings, 'utf8')).trimEnd().split('\n');
    const measured = lines.map((text) => JSON.parse(text) as Measured).slice(Math.ceil(lines.length / 10));
    return KINDS.flatMap((kind) =>
      tableOf(
        kind,
        measured.filter(({ id }) => id.startsWith(`${kind}-`)),
        wire,
      ),
    );
  } finally {
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve();
      else reject(new Error(`brunt run ended with exit code ${code}:\n${output}`));
    });
  });
}

const WIRE: Readonly<Record<Comparison['phase'], (times: WireTimes) => number | undefined>> = {
  connecting: (times) => times.connecting,
  tls_handshaking: (times) => times.tls,
  sending: (times) => times.sending,
  waiting: (times) => times.waiting,
  receiving: (times) => times.receiving,
  duration: (times) => times.sending + times.waiting + times.receiving,
};

function tableOf(
  kind: Comparison['kind'],
  measured: readonly Measured[],
  wire: ReadonlyMap<string, WireTimes>,
): Comparison[] {
  return [...PHASES, 'duration' as const].flatMap((phase) => {
    const pairs = measured.flatMap(({ id, status, timings }) => {
      const times = wire.get(id);
      const onWire = times === undefined ? undefined : WIRE[phase](times);
      return status !== 200 || onWire === undefined ? [] : [{ onWire, brunt: timings[phase] }];
    });
    if (pairs.length === 0) return [];
    const differences = pairs.map(({ onWire, brunt }) => Math.abs(brunt - onWire));
    return {
      ...{ kind, phase, requests: pairs.length },
      wire: at(
        pairs.map(({ onWire }) => onWire),
        50,
      ),
      brunt: at(
        pairs.map(({ brunt }) => brunt),
        50,
      ),
      differenceMedian: at(differences, 50),
      differenceP95: at(differences, 95),
    };
  });
}

function at(values: readonly number[], p: number): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    p,
  );
}
