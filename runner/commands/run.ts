/** `brunt run`: a run with its live view, its summary on the terminal, and its files. */

import { resolve } from 'node:path';
import { BruntError, EXIT, type ExitCode } from '../../dsl/errors.ts';
import { annotationLines, appendJobSummary, commandFence, isGitHub } from '../ci/github.ts';
import { markdownSummary } from '../ci/markdown.ts';
import { type CiReport, messageOf } from '../ci/report.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { bruntVersion } from '../config/version.ts';
import { reasonOf } from '../files/reason.ts';
import { writeFile } from '../files/write.ts';
import type { RunFollower } from '../run/follower.ts';
import { Run, type RunOutcome } from '../run/run.ts';
import type { Summary } from '../summary/model.ts';
import { renderError } from '../terminal/errors.ts';
import { LiveView, type LogLevel } from '../terminal/live-view.ts';
import { renderSummary } from '../terminal/summary.ts';
import type { Terminal, TerminalStream } from '../terminal/terminal.ts';
import { checkResultFiles, resultFiles, writeResultFiles } from './result-files.ts';
import { runFollowers } from './run-followers.ts';

export interface RunCommandInput {
  readonly script: string;
  readonly flags: RunFlags;
  readonly terminal: Terminal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Bytes as they are, text as it is, and anything else as JSON. */
function bytesOrText(content: unknown): string | Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  return typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
}

/**
 * Writes what `handleSummary` returned; gives what is to replace the summary on the terminal, and whether all could be
 * written.
 */
function writeSummaryFiles(
  files: unknown,
  cwd: string,
  warn: (text: string) => void,
): { stdout?: string; stderr?: string; written: boolean } {
  const streams: { stdout?: string; stderr?: string; written: boolean } = { written: true };
  if (files === undefined || files === null) return streams;
  if (typeof files !== 'object') {
    warn(`handleSummary() returned a ${typeof files}; it must return an object of file names and contents`);
    return streams;
  }
  for (const [name, content] of Object.entries(files as Record<string, unknown>)) {
    try {
      const data = bytesOrText(content);
      if (name === 'stdout' || name === 'stderr') {
        streams[name] = typeof data === 'string' ? data : new TextDecoder().decode(data);
        continue;
      }
      writeFile(resolve(cwd, name), data);
    } catch (error) {
      streams.written = false;
      warn(`handleSummary(): ${name} was not written: ${reasonOf(error)}`);
    }
  }
  return streams;
}

export async function runCommand(input: RunCommandInput): Promise<ExitCode> {
  const { script, flags, terminal, cwd = process.cwd(), env = process.env } = input;
  const { err } = terminal;
  let { out } = terminal;
  const github = isGitHub(env);
  const startedAt = new Date();
  const view = new LiveView(terminal, { quiet: flags.quiet });
  /** Prints text from outside, which is not to speak to the CI system. */
  const fenced = (stream: TerminalStream, text: string, print: () => void): void => {
    const fence = github ? commandFence(text) : undefined;
    if (fence !== undefined) stream.lines([fence[0]]);
    print();
    if (fence !== undefined) stream.lines([fence[1]]);
  };
  const printError = (error: unknown): void => {
    const lines = renderError(error, err.style, { width: err.width, cwd, version: bruntVersion() });
    fenced(err, lines.join('\n'), () => err.lines(lines));
  };
  const printSummary = (summary: Summary): void => {
    if (flags.summaryMode === 'disabled') return;
    const look = { mode: flags.summaryMode, width: out.width, style: out.style };
    const trendStats = summary.options.summaryTrendStats as readonly string[];
    const lines = renderSummary(summary, { ...look, trendStats });
    fenced(out, lines.join('\n'), () => out.lines(lines));
  };
  const results = resultFiles(flags, cwd);
  /** False where a file could not be written: then the run must not look like one that went well in every way. */
  const writeResults = (report: CiReport): boolean => {
    const failures = writeResultFiles(results, report);
    for (const failure of failures) printError(failure);
    if (github) {
      try {
        appendJobSummary(env, markdownSummary(report));
      } catch (error) {
        view.log('warn', `the job summary was not written: ${messageOf(error)}`);
      }
    }
    return failures.length === 0;
  };
  const annotate = (report: CiReport): void => {
    if (github) err.lines(annotationLines(report, env, cwd));
  };

  let followers: readonly RunFollower[];
  try {
    checkResultFiles(results, resolve(cwd, script));
    const warn = (text: string): void => view.log('warn', text);
    const log = (level: LogLevel, text: string): void => fenced(err, text, () => view.log(level, text));
    followers = await runFollowers({ script, flags, cwd, env, warn, log });
    // What an output writes there is for a program to read.
    if (followers.some(({ usesStdout }) => usesStdout === true)) out = err;
  } catch (error) {
    printError(error);
    return EXIT.badConfig;
  }

  const dashboard = followers.find(({ url }) => url !== undefined)?.url;
  const run = new Run(
    { script, flags, cwd, env },
    {
      live: (state) => view.update(dashboard === undefined ? state : { ...state, dashboard }),
      log: (level, text) => fenced(err, text, () => view.log(level, text)),
    },
    followers,
  );

  const ended = (summary: Summary, errors: readonly BruntError[]): CiReport => ({
    kind: 'ended',
    summary,
    errors,
    place: ({ metric, result }) => run.placeOf(metric, result.threshold),
  });

  let signals = 0;
  let over = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // What is left to do takes a moment, and is what the user waited for.
    if (over) return;
    signals += 1;
    if (signals === 1) {
      view.log('warn', `${signal}: stopping; iterations may finish for a moment (again: exit now)`);
      run.stop(`interrupted by ${signal}`);
      return;
    }
    view.close();
    const summary = run.abandon();
    if (summary !== undefined) {
      const report = ended(summary, []);
      writeResults(report);
      printSummary(summary);
      annotate(report);
    }
    process.exit(summary?.run.exitCode ?? EXIT.interrupted);
  };
  const toItsEnd = async (): Promise<ExitCode> => {
    let outcome: RunOutcome;
    try {
      outcome = await run.execute();
    } catch (error) {
      view.close();
      const report: CiReport = { kind: 'unstarted', script, startedAt, error };
      writeResults(report);
      annotate(report);
      if (error instanceof BruntError && error.code === 'INTERRUPTED') {
        err.lines([`${error.message} before the load began`]);
        return EXIT.interrupted;
      }
      printError(error);
      return error instanceof BruntError ? error.exitCode : EXIT.defect;
    } finally {
      over = true;
    }
    view.close();

    const { summary, errors, files } = outcome;
    const report = ended(summary, errors);
    const written = writeResults(report) && followers.every(({ problem }) => problem === undefined);
    for (const error of errors) printError(error);
    const streams = writeSummaryFiles(files, cwd, (text) => view.log('warn', text));
    if (streams.stderr !== undefined) err.write(streams.stderr);
    if (streams.stdout === undefined) printSummary(summary);
    else out.write(streams.stdout);
    annotate(report);
    const whole = written && streams.written;
    return summary.run.exitCode === EXIT.passed && !whole ? EXIT.badConfig : summary.run.exitCode;
  };

  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await toItsEnd();
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
}
