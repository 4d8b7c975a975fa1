/**
 * The `console` that a script sees: Node's own formatting, with every line going to the VU's host, so that it appears
 * above the live view and not inside it. Costs a VU one small object until the script uses it.
 */

import { Console } from 'node:console';
import type { VuHost } from '../../dsl/host.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Methods that print at another level than info. */
const LEVELS: Readonly<Record<string, Level>> = {
  debug: 'debug',
  trace: 'debug',
  warn: 'warn',
  error: 'error',
  assert: 'error',
};

const METHODS = Object.getOwnPropertyNames(Console.prototype).filter((name) => name !== 'constructor');

type Sink = Pick<VuHost, 'log'>;
type Method = (...args: unknown[]) => unknown;

/** One VU's console; methods are made when first read and stay bound, so `promise.catch(console.error)` works. */
function boundMethods(sink: Sink): Record<string, Method> {
  let level: Level = 'info';
  const stream = {
    write(text: string): boolean {
      sink.log(level, text.endsWith('\n') ? text.slice(0, -1) : text);
      return true;
    },
  } as unknown as NodeJS.WritableStream;
  const node = new Console({ stdout: stream, stderr: stream, ignoreErrors: false, colorMode: false });
  const methods: Record<string, Method> = {};
  for (const name of METHODS) {
    const method = (node as unknown as Record<string, Method>)[name] as Method;
    methods[name] = (...args) => {
      level = LEVELS[name] ?? 'info';
      return method.apply(node, args);
    };
  }
  return methods;
}

class VuConsole {
  readonly #sink: Sink;
  #methods: Record<string, Method> | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  method(name: string): Method | undefined {
    this.#methods ??= boundMethods(this.#sink);
    return this.#methods[name];
  }
}

for (const name of METHODS) {
  Object.defineProperty(VuConsole.prototype, name, {
    get(this: VuConsole) {
      return this.method(name);
    },
    enumerable: true,
    configurable: true,
  });
}

export function createConsole(sink: Sink): Console {
  return new VuConsole(sink) as unknown as Console;
}
