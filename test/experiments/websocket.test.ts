/**
 * Experiment 12: 2,000 connections, one message a second each, echoed: none lost, every sequence contiguous; 10
 * broadcasts: 20,000 receipts. Counted on both sides.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { runScript } from '../helpers/cli.ts';

const CONNECTIONS = 2000;
const SOCKETS = 10;
const SECONDS = 5;
const BROADCASTS = 10;

async function next<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

interface Seen {
  readonly clients: number;
  readonly most: number;
  readonly messages: number;
  readonly gaps: number;
  readonly broadcasts: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly open: number;
}

test('2,000 connections: no message is lost, and every sequence is contiguous', {
  timeout: 90_000,
}, async () => {
  const bench = new URL('../../bench/', import.meta.url);
  const server = fork(new URL('lib/echo-server.mjs', bench), [String(CONNECTIONS)], { execArgv: [] });
  onTestFinished(() => {
    server.kill();
  });
  const port = await next<number>(server);
  const run = await runScript(
    readFileSync(new URL('scripts/websocket.ts', bench), 'utf8'),
    ['--workers', '2'],
    {
      env: {
        URL: `ws://127.0.0.1:${port}`,
        VUS: String(CONNECTIONS / SOCKETS),
        SOCKETS: String(SOCKETS),
        SECONDS: String(SECONDS),
      },
      timeoutMs: 80_000,
    },
  );
  const answer = next<Seen>(server);
  server.send('what did you see?');
  const seen = await answer;

  expect({ code: run.code, said: run.code === 0 ? '' : run.output }).toEqual({ code: 0, said: '' });
  const sent = CONNECTIONS * SECONDS;
  const heard = CONNECTIONS * BROADCASTS;
  expect(seen).toMatchObject({
    clients: CONNECTIONS,
    most: CONNECTIONS,
    messages: sent,
    gaps: 0,
    broadcasts: heard,
    open: 0,
  });
  const counts = [
    'ws_sessions',
    'ws_msgs_sent',
    'ws_msgs_received',
    'echoes',
    'broadcasts',
    'gaps',
    'ws_errors',
  ].map((name) => [name, run.value(name, 'count')] as const);
  expect(Object.fromEntries(counts)).toEqual({
    ws_sessions: CONNECTIONS,
    ws_msgs_sent: sent,
    ws_msgs_received: sent + heard,
    echoes: sent,
    broadcasts: heard,
    gaps: 0,
    ws_errors: 0,
  });
  expect(run.value('ws_session_duration', 'count')).toBe(CONNECTIONS);
  // The first message of the first connection to the last one of the last: 4 s, and the time that opening took.
  expect(seen.lastAt - seen.firstAt).toBeGreaterThan((SECONDS - 1) * 1000 - 50);
  expect(run.orphans).toBe(false);
});
