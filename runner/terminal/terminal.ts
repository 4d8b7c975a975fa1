/**
 * The two streams that everything printed goes to. Results go to `out`, which may be piped into a file or a program;
 * progress, logs and errors go to `err`, so that a pipe never carries them.
 */

import { makeStyle, type Style } from './style.ts';

export interface TerminalStream {
  readonly isTTY: boolean;
  readonly style: Style;
  /** Columns now; 120 where nobody's window limits them. */
  readonly width: number;
  /** Rows now. */
  readonly height: number;
  /** Text as it is, control sequences included: for text that was made here. */
  write(text: string): void;
  /** One line each. */
  lines(lines: readonly string[]): void;
}

export interface Terminal {
  readonly out: TerminalStream;
  readonly err: TerminalStream;
  /** Whether `err` is a window that a person looks at, in which lines may be redrawn: no pipe, no CI. */
  readonly interactive: boolean;
  /** Calls back when the window's size changes; returns the way to stop that. */
  onResize(listener: () => void): () => void;
  /** Calls back as the process ends, to leave the window as it was found; returns the way to stop that. */
  onExit(listener: () => void): () => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a terminal needs of a stream; Node's `process.stdout` and `process.stderr` are such. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
  on(event: 'error' | 'resize', listener: (error?: unknown) => void): unknown;
  removeListener(event: 'resize', listener: () => void): unknown;
}

const PIPED_WIDTH = 120;
/** Some pseudo-terminals say 0. */
const UNKNOWN_WIDTH = 80;
const UNKNOWN_HEIGHT = 24;
const LEAST_WIDTH = 20;

/** Variables by which CI systems that do not set `CI` are known. */
const CI_VARIABLES = [
  'CI',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'BUILDKITE',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
  'TF_BUILD',
];

function saysNo(value: string): boolean {
  return value === '' || value === '0' || value.toLowerCase() === 'false';
}

export function isCI(env: Environment): boolean {
  return CI_VARIABLES.some((name) => !saysNo(env[name] ?? ''));
}

/**
 * Whether to colour. First that speaks wins: `--no-color` (or its opposite), FORCE_COLOR (0 or false: no), NO_COLOR
 * (anything but empty: no), TERM=dumb (no), and then only on a terminal.
 */
export function wantsColor(env: Environment, isTTY: boolean, asked?: boolean): boolean {
  if (asked !== undefined) return asked;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR === '' || !saysNo(env.FORCE_COLOR);
  if ((env.NO_COLOR ?? '') !== '') return false;
  return isTTY && env.TERM !== 'dumb';
}

/**
 * Whether more than ASCII can be shown: the locale says UTF-8, or says nothing (containers and CI, whose logs are
 * UTF-8). The Linux console has a font of 256 characters; the old Windows console has code pages.
 */
export function showsUnicode(env: Environment, platform: NodeJS.Platform = process.platform): boolean {
  if (env.TERM === 'linux') return false;
  if (platform === 'win32') {
    return [env.WT_SESSION, env.TERM_PROGRAM, env.ConEmuTask, env.CI].some((value) => (value ?? '') !== '');
  }
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => (value ?? '') !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

function openStream(stream: OutputStream, env: Environment, color: boolean | undefined): TerminalStream {
  const isTTY = stream.isTTY === true;
  const style = makeStyle({ color: wantsColor(env, isTTY, color), unicode: showsUnicode(env) });
  let gone = false;
  // The reader went away (`brunt run … | head`): a run is not ended by that, its output is dropped.
  stream.on('error', () => {
    gone = true;
  });
  const write = (text: string) => {
    if (gone) return;
    try {
      stream.write(text);
    } catch {
      gone = true;
    }
  };
  return {
    isTTY,
    style,
    get width() {
      const told = stream.columns ?? Number(env.COLUMNS ?? 0);
      if (Number.isFinite(told) && told > 0) return Math.max(LEAST_WIDTH, Math.floor(told));
      return isTTY ? UNKNOWN_WIDTH : PIPED_WIDTH;
    },
    get height() {
      return (stream.rows ?? 0) > 0 ? (stream.rows as number) : UNKNOWN_HEIGHT;
    },
    write,
    lines(lines) {
      if (lines.length > 0) write(`${lines.join('\n')}\n`);
    },
  };
}

export interface ProcessTerminalOptions {
  /** From `--color` and `--no-color`; undefined leaves it to the environment. */
  readonly color?: boolean | undefined;
  readonly env?: Environment;
  readonly stdout?: OutputStream;
  readonly stderr?: OutputStream;
}

/** The terminal of this process. */
export function processTerminal(options: ProcessTerminalOptions = {}): Terminal {
  const env = options.env ?? process.env;
  const stderr: OutputStream = options.stderr ?? process.stderr;
  const out = openStream(options.stdout ?? process.stdout, env, options.color);
  const err = openStream(stderr, env, options.color);
  return {
    out,
    err,
    interactive: err.isTTY && env.TERM !== 'dumb' && !isCI(env),
    onResize(listener) {
      stderr.on('resize', listener);
      return () => stderr.removeListener('resize', listener);
    },
    onExit(listener) {
      process.on('exit', listener);
      return () => process.removeListener('exit', listener);
    },
  };
}
