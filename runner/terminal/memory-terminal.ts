/** A terminal that remembers: for tests, and for rendering into a file. */

import { makeStyle } from './style.ts';
import type { Terminal, TerminalStream } from './terminal.ts';

export interface MemoryTerminal extends Terminal {
  /** Everything written to `out`, and to `err`. */
  readonly outText: () => string;
  readonly errText: () => string;
  resize(width: number, height: number): void;
  /** What the end of the process does. */
  exit(): void;
}

export interface MemoryTerminalOptions {
  /** Default 80. */
  readonly width?: number;
  /** Default 24. */
  readonly height?: number;
  /** Default false. */
  readonly color?: boolean;
  /** Default true. */
  readonly unicode?: boolean;
  /** A window with a person before it. Default false: piped. */
  readonly interactive?: boolean;
}

export function memoryTerminal(options: MemoryTerminalOptions = {}): MemoryTerminal {
  const size = { width: options.width ?? 80, height: options.height ?? 24 };
  const interactive = options.interactive ?? false;
  const style = makeStyle({ color: options.color ?? false, unicode: options.unicode ?? true });
  const resizeListeners = new Set<() => void>();
  const exitListeners = new Set<() => void>();
  const text = { out: '', err: '' };

  const stream = (name: 'out' | 'err'): TerminalStream => ({
    isTTY: interactive,
    style,
    get width() {
      return size.width;
    },
    get height() {
      return size.height;
    },
    write(chunk) {
      text[name] += chunk;
    },
    lines(lines) {
      if (lines.length > 0) text[name] += `${lines.join('\n')}\n`;
    },
  });
  const subscribe = (listeners: Set<() => void>) => (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  return {
    out: stream('out'),
    err: stream('err'),
    interactive,
    onResize: subscribe(resizeListeners),
    onExit: subscribe(exitListeners),
    outText: () => text.out,
    errText: () => text.err,
    resize(width, height) {
      size.width = width;
      size.height = height;
      for (const listener of resizeListeners) listener();
    },
    exit() {
      for (const listener of exitListeners) listener();
    },
  };
}
