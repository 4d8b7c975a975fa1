/** `brunt demo`: the demo system in the foreground, or with `--try` a script run against it. */

import { join } from 'node:path';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { packageRoot } from '../../dsl/package-root.ts';
import { type Demo, fetchText, spawnDemo } from './demo-process.ts';

/** Where the examples look for the demo system when nothing else is said. */
export const DEFAULT_DEMO_PORT = 3333;

/** Takes whole lines, for people. */
export interface DemoOutput {
  lines(lines: readonly string[]): void;
}

export interface DemoCommand {
  /** Default 3333; with `tryScript` any free port. */
  readonly port?: number | undefined;
  /** A script to run against the demo system, which stops with it; `true` stands for `examples/quickstart.ts`. */
  readonly tryScript?: string | true | undefined;
  /** Runs a script with additional `__ENV` variables; resolves to the exit code. */
  readonly run: (script: string, env: Readonly<Record<string, string>>) => Promise<number>;
  readonly out: DemoOutput;
}

/** Resolves at the first SIGINT or SIGTERM. `forget` takes the listeners away. */
function nextSignal(): { readonly received: Promise<'signal'>; readonly forget: () => void } {
  let listener = (): void => {};
  const received = new Promise<'signal'>((resolve) => {
    listener = () => resolve('signal');
    process.on('SIGINT', listener).on('SIGTERM', listener);
  });
  return { received, forget: () => process.off('SIGINT', listener).off('SIGTERM', listener) };
}

async function describe(demo: Demo): Promise<readonly string[]> {
  const page = await fetchText(demo.url, 5000);
  return [
    `The demo system is at ${demo.url}`,
    ...(page?.body.trimEnd().split('\n').slice(1) ?? []),
    '',
    `Try it:   brunt run examples/quickstart.ts -e BASE_URL=${demo.url}`,
    'Stop it:  Ctrl-C',
  ];
}

async function serve(port: number, out: DemoOutput): Promise<number> {
  const signal = nextSignal();
  try {
    out.lines(['Starting the demo system…']);
    const starting = spawnDemo({ port });
    const started = await Promise.race([starting, signal.received]);
    if (started === 'signal') {
      // Whatever becomes of the start, nothing stays behind.
      await starting.then((demo) => demo.stop()).catch(() => {});
      return EXIT.passed;
    }
    out.lines(await describe(started));
    const first = await Promise.race([signal.received, started.ended]);
    if (first === 'signal') {
      await started.stop();
      return EXIT.passed;
    }
    throw new BruntError(`The demo system ended by itself.\n${first.stderr.trim()}`.trimEnd(), {
      code: 'DEMO_ENDED',
      exitCode: EXIT.badConfig,
    });
  } finally {
    signal.forget();
  }
}

/**
 * Without `tryScript`: starts the demo system, says what it offers and stays until Ctrl-C, then 0. With it: starts the
 * demo system on a free port, runs the script with `BASE_URL` set, stops it; the exit code is the script's. Rejects with
 * a BruntError when the demo system cannot be started.
 */
export async function runDemo(command: DemoCommand): Promise<number> {
  const { port, tryScript, run, out } = command;
  if (tryScript === undefined) return serve(port ?? DEFAULT_DEMO_PORT, out);

  const script = tryScript === true ? join(packageRoot(), 'examples', 'quickstart.ts') : tryScript;
  out.lines(['Starting the demo system…']);
  const demo = await spawnDemo({ port: port ?? 0 });
  try {
    return await run(script, { BASE_URL: demo.url });
  } finally {
    await demo.stop();
  }
}
