/**
 * The demo system as a process of its own.
 *
 *     node main.js [--port N] [--exit-with-stdin]
 *
 * Prints one line of JSON, `{"url":"http://127.0.0.1:PORT"}`, when it listens, and sends the same over IPC where it
 * has a channel. SIGINT and SIGTERM stop it with exit code 0. It ends with the process that started it: when the IPC
 * channel closes or, with `--exit-with-stdin`, when standard input does. A failed start: one line on standard error,
 * exit code 1.
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { startTarget } from './server.ts';
import { settingsFromEnv } from './settings.ts';

// Only the baseline compiler for PGlite's WebAssembly: the start takes half the time (1.5 s instead of 3) and 200 MB
// less, and a query of a fraction of a millisecond is not slower by it.
setFlagsFromString('--liftoff-only');

/** `close` needs two seconds at most; past this the process ends with what it has. */
const LAST_MOMENT_MS = 4000;

function fail(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  console.error(code === 'EADDRINUSE' ? `The port is taken: ${message}` : message);
  process.exit(1);
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port is '${text}'; a number from 0 to 65535 is expected`);
  }
  return port;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'exit-with-stdin': { type: 'boolean', default: false },
    },
  });
  const target = await startTarget({ ...settingsFromEnv(process.env), port: portOf(values.port) });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), LAST_MOMENT_MS).unref();
    target.close().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  if (values['exit-with-stdin']) process.stdin.on('end', stop).on('close', stop).resume();

  console.log(JSON.stringify({ url: target.url }));
  process.send?.({ url: target.url });
  target.ready.catch((error: unknown) => {
    if (!stopping) fail(error);
  });
}

main().catch(fail);
