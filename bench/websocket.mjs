/**
 * Ten thousand WebSockets, one message a second each, echoed, and ten broadcasts: what is lost, and the memory that a
 * connection takes.
 *
 *     node bench/websocket.mjs [connections] [seconds]        10000 and 10 without
 *
 * The memory is the peak of the process with all connections less that with 100, over the difference of the
 * connections; the messages under way are in it. The command is the built one, or what BRUNT_TEST_BIN names. Both runs
 * have one user per 10 connections.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, table } from './lib/measure.mjs';

const CONNECTIONS = Number(process.argv[2] ?? 10_000);
const SECONDS = Number(process.argv[3] ?? 10);
const FEW = 100;
const SOCKETS = 10;
const BROADCASTS = 10;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const bin = process.env.BRUNT_TEST_BIN ?? here('../dist/runner/bin.js');

async function run(connections) {
  const server = fork(here('lib/echo-server.mjs'), [String(connections)]);
  const dir = mkdtempSync(join(tmpdir(), 'brunt-bench-'));
  try {
    const [port] = await once(server, 'message');
    const summaryFile = join(dir, 'summary.json');
    const env = {
      URL: `ws://127.0.0.1:${port}`,
      VUS: String(connections / SOCKETS),
      SOCKETS: String(SOCKETS),
    };
    const { code, stdout, stderr, cpuS, wallS, maxRssMb } = await measure(
      [process.execPath, bin, 'run', here('scripts/websocket.ts'), '-q', '--summary-export', summaryFile],
      { env: { ...env, SECONDS: String(SECONDS) }, limitS: 180 },
    );
    if (code !== 0 && code !== 96) throw new Error(`exit ${code}\n${stdout}${stderr}`);
    const answer = once(server, 'message');
    server.send('what did you see?');
    const [seen] = await answer;
    return {
      code,
      cpuS,
      wallS,
      maxRssMb,
      seen,
      metrics: JSON.parse(readFileSync(summaryFile, 'utf8')).metrics,
    };
  } finally {
    server.kill();
    rmSync(dir, { recursive: true });
  }
}

function show(connections, { code, cpuS, wallS, maxRssMb, seen, metrics }) {
  const count = (name) => metrics[name]?.values.count ?? 0;
  const rows = [
    ['', 'expected', 'seen'],
    ['connections at once', connections, seen.most],
    ['messages at the server', connections * SECONDS, seen.messages],
    ['echoes', connections * SECONDS, count('echoes')],
    ['receipts of broadcasts', connections * BROADCASTS, count('broadcasts')],
    ['gaps in sequences, both sides', 0, seen.gaps + count('gaps')],
    ['errors', 0, count('ws_errors')],
  ];
  const { values } = metrics.ws_connecting;
  process.stdout.write(
    `${table(rows)}\n` +
      `exit ${code}, ${wallS.toFixed(1)} s, ${cpuS.toFixed(1)} CPU s, peak ${maxRssMb.toFixed(0)} MB, ` +
      `connecting p50 ${values['p(50)'].toFixed(0)} ms, p99 ${values['p(99)'].toFixed(0)} ms\n\n`,
  );
  return rows.slice(1).every(([, expected, got]) => expected === got);
}

const few = await run(FEW);
const many = await run(CONNECTIONS);
const whole = [show(FEW, few), show(CONNECTIONS, many)].every(Boolean);
const perConnection = ((many.maxRssMb - few.maxRssMb) * 1024) / (CONNECTIONS - FEW);
process.stdout.write(`memory per connection: ${perConnection.toFixed(1)} KB\n`);
if (!whole) process.exitCode = 1;
