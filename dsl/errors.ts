/**
 * The one error base. Each error says what was attempted, on what, and what to do; `code` is stable and may be
 * matched by scripts and tools, `exitCode` is what the process ends with when nothing outranks it.
 */

/** The exit codes of the command, each with the state of the world that it stands for. */
export const EXIT = {
  passed: 0,
  /** The generator itself shaped the result: late starts, a lost worker. */
  invalid: 96,
  thresholdsFailed: 99,
  setupTimeout: 100,
  teardownTimeout: 101,
  badConfig: 104,
  interrupted: 105,
  /** The script failed in init, setup or teardown, or could not be bundled or resolved. */
  scriptError: 107,
  /** `test.abort()` was called. */
  aborted: 108,
  /** A defect in Brunt. The only case in which our own stack trace is shown. */
  defect: 109,
  /** `test.fail()` was called. */
  markedFailed: 110,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A place in a file of the user's; line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with what the user gave us. Several are reported together. */
export interface Problem {
  /** A sentence: the bad value, and what is allowed. */
  readonly message: string;
  /** `--flag`, `BRUNT_VAR` or nothing; a place in a file goes to `location`. */
  readonly where?: string;
  readonly location?: SourceLocation;
  /** What to do: the nearest right spelling, an example, a command. */
  readonly hint?: string;
}

export interface BruntErrorInit {
  /** Stable identifier in SCREAMING_SNAKE_CASE, such as `SCRIPT_NOT_FOUND`. */
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  /** Source lines around `location`, ready to print. */
  readonly frame?: string | undefined;
  /** The user's own stack frames, already mapped to the user's sources. */
  readonly userStack?: string | undefined;
  readonly problems?: readonly Problem[] | undefined;
  readonly cause?: unknown;
}

/** Base of every error that Brunt reports on purpose. */
export class BruntError extends Error {
  override readonly name: string = 'BruntError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;
  readonly frame: string | undefined;
  readonly userStack: string | undefined;
  readonly problems: readonly Problem[];

  constructor(message: string, init: BruntErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.exitCode = init.exitCode;
    this.hint = init.hint;
    this.location = init.location;
    this.frame = init.frame;
    this.userStack = init.userStack;
    this.problems = init.problems ?? [];
  }

  /** The form that crosses threads: class and fields survive, which structured cloning of an Error loses. */
  toWire(): WireError {
    return {
      message: this.message,
      code: this.code,
      exitCode: this.exitCode,
      hint: this.hint,
      location: this.location,
      frame: this.frame,
      userStack: this.userStack,
      problems: this.problems,
    };
  }

  static fromWire(wire: WireError): BruntError {
    return new BruntError(wire.message, wire);
  }
}

/** Plain data; what is sent between threads in place of an Error. */
export interface WireError {
  readonly message: string;
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint?: string | undefined;
  readonly location?: SourceLocation | undefined;
  readonly frame?: string | undefined;
  readonly userStack?: string | undefined;
  readonly problems?: readonly Problem[] | undefined;
}

/** Options, config, thresholds or arguments that cannot be used; carries every problem found. Exit 104. */
export class ConfigError extends BruntError {
  override readonly name = 'ConfigError';

  constructor(problems: readonly Problem[]) {
    super(problems.map((p) => p.message).join('\n'), {
      code: 'BAD_CONFIG',
      exitCode: EXIT.badConfig,
      problems,
    });
  }
}

/** Thrown into pending sleeps and requests when an iteration is interrupted; the iteration counts as interrupted. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(reason = 'the iteration was interrupted') {
    super(reason);
  }
}

/** What `fail()` throws: ends the iteration and counts it as failed. */
export class FailError extends Error {
  override readonly name = 'FailError';
}
