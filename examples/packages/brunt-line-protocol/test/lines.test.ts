/** The part that speaks the protocol, alone, against a real server. The whole is tested by running a script with it. */

import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Lines } from '../src/lines.ts';
import { type KvServer, startServer } from '../src/server.ts';

let server: KvServer | undefined;

afterEach(() => server?.close());

async function linesTo(answerTo?: (line: string, socket: Socket) => string | undefined): Promise<Lines> {
  server = await startServer(answerTo);
  const { port } = server;
  const socket = await new Promise<Socket>((resolve) => {
    const opened = connect(port, '127.0.0.1', () => resolve(opened));
  });
  return new Lines(socket);
}

test('a value that was set is there until it is deleted', async () => {
  const lines = await linesTo();
  expect(await lines.ask('GET a')).toBe('NONE');
  expect(await lines.ask('SET a 1')).toBe('OK');
  expect(await lines.ask('GET a')).toBe('VALUE 1');
  expect(await lines.ask('DEL a')).toBe('OK');
  expect(await lines.ask('GET a')).toBe('NONE');
  expect(await lines.ask('FLY')).toBe('ERROR unknown command');
});

test('answers go to their questions, in order', async () => {
  const lines = await linesTo((line) => `re ${line}`);
  const questions = Array.from({ length: 100 }, (_, i) => `q${i}`);
  expect(await Promise.all(questions.map((question) => lines.ask(question)))).toEqual(
    questions.map((question) => `re ${question}`),
  );
});

test('an answer may come in pieces', async () => {
  const lines = await linesTo((_, socket) => {
    socket.write('VAL');
    setTimeout(() => socket.write('UE 1\r\nVALUE'), 20);
    setTimeout(() => socket.write(' 2\n'), 40);
    return undefined;
  });
  const first = lines.ask('GET a');
  expect(await first).toBe('VALUE 1');
});

test('everybody who waits is told that the connection broke, and so is who comes later', async () => {
  const lines = await linesTo((line, socket) => {
    if (line === 'second') socket.resetAndDestroy();
    return undefined;
  });
  const waiting = [lines.ask('first'), lines.ask('second')];
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(lines.ask('third')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(lines.open).toBe(false);
});

test('an answer that nobody asked for ends the connection', async () => {
  const lines = await linesTo(() => 'one\ntwo');
  expect(await lines.ask('GET a')).toBe('one');
  await expect(lines.ask('GET b')).rejects.toThrow('an answer to no question');
});
