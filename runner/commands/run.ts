/** `brunt run`: a run with its live view, its summary on the terminal, and its files. */

import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BruntError, ConfigError, EXIT, type ExitCode } from '../../dsl/errors.ts';
import type { RunFlags } from '../config/run-flags.ts';
import { bruntVersion } from '../config/version.ts';
import { Run, type RunOutcome } from '../run/run.ts';
import type { Summary } from '../summary/model.ts';
import { renderError } from '../terminal/errors.ts';
import { LiveView } from '../terminal/live-view.ts';
import { renderSummary } from '../terminal/summary.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface RunCommandInput {
  readonly script: string;
  readonly flags: RunFlags;
  readonly terminal: Terminal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A result that cannot be written at the end is lost, so the place is tried before anything starts. */
function checkWritable(flag: string, file: string): void {
  const target = resolve(file);
  try {
    mkdirSync(dirname(target), { recursive: true });
    accessSync(dirname(target), constants.W_OK);
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
  } catch (error) {
    throw new ConfigError([
      {
        message: `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        where: flag,
        hint: 'name a file in a folder that you may write to',
      },
    ]);
  }
}

/** Bytes as they are, text as it is, and anything else as JSON. */
function bytesOrText(content: unknown): string | Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  return typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
}

/** Writes what `handleSummary` returned; gives what is to replace the summary on the terminal. */
function writeSummaryFiles(
  files: unknown,
  cwd: string,
  warn: (text: string) => void,
): { stdout?: string; stderr?: string } {
  if (files === undefined || files === null) return {};
  if (typeof files !== 'object') {
    warn(`handleSummary() returned a ${typeof files}; it must return an object of file names and contents`);
    return {};
  }
  const streams: { stdout?: string; stderr?: string } = {};
  for (const [name, content] of Object.entries(files as Record<string, unknown>)) {
    try {
      const data = bytesOrText(content);
      if (name === 'stdout' || name === 'stderr') {
        streams[name] = typeof data === 'string' ? data : new TextDecoder().decode(data);
        continue;
      }
      const target = resolve(cwd, name);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, data);
    } catch (error) {
      warn(
        `handleSummary(): ${name} was not written: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return streams;
}

export async function runCommand(input: RunCommandInput): Promise<ExitCode> {
  const { script, flags, terminal, cwd = process.cwd(), env = process.env } = input;
  const { out, err } = terminal;
  const view = new LiveView(terminal, { quiet: flags.quiet });
  const printError = (error: unknown): void => {
    err.lines(renderError(error, err.style, { width: err.width, cwd, version: bruntVersion() }));
  };
  const printSummary = (summary: Summary): void => {
    if (flags.summaryMode === 'disabled') return;
    const look = { mode: flags.summaryMode, width: out.width, style: out.style };
    const trendStats = summary.options.summaryTrendStats as readonly string[];
    out.lines(renderSummary(summary, { ...look, trendStats }));
  };
  /** False where the file could not be written: then the run must not look like one that went well in every way. */
  const exportSummary = (summary: Summary): boolean => {
    if (flags.summaryExport === undefined) return true;
    try {
      writeFileSync(resolve(cwd, flags.summaryExport), `${JSON.stringify(summary, null, 2)}\n`);
      return true;
    } catch (error) {
      printError(
        new BruntError(
          `the result could not be written to ${flags.summaryExport}: ${error instanceof Error ? error.message : String(error)}`,
          { code: 'RESULT_NOT_WRITTEN', exitCode: EXIT.badConfig },
        ),
      );
      return false;
    }
  };

  try {
    if (flags.summaryExport !== undefined)
      checkWritable('--summary-export', resolve(cwd, flags.summaryExport));
  } catch (error) {
    printError(error);
    return EXIT.badConfig;
  }

  const run = new Run(
    { script, flags, cwd, env },
    { live: (state) => view.update(state), log: (level, text) => view.log(level, text) },
  );

  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals === 1) {
      view.log('warn', `${signal}: stopping; iterations may finish for a moment (again: exit now)`);
      run.stop(`interrupted by ${signal}`);
      return;
    }
    view.close();
    const summary = run.summaryNow();
    if (summary !== undefined) {
      exportSummary(summary);
      printSummary(summary);
    }
    process.exit(summary?.run.exitCode ?? EXIT.interrupted);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  let outcome: RunOutcome;
  try {
    outcome = await run.execute();
  } catch (error) {
    view.close();
    if (error instanceof BruntError && error.code === 'INTERRUPTED') {
      err.lines([`${error.message} before the load began`]);
      return EXIT.interrupted;
    }
    printError(error);
    return error instanceof BruntError ? error.exitCode : EXIT.defect;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
  view.close();

  const { summary, errors, files } = outcome;
  const exported = exportSummary(summary);
  for (const error of errors) printError(error);
  const streams = writeSummaryFiles(files, cwd, (text) => view.log('warn', text));
  if (streams.stderr !== undefined) err.write(streams.stderr);
  if (streams.stdout === undefined) printSummary(summary);
  else out.write(streams.stdout);
  return summary.run.exitCode === EXIT.passed && !exported ? EXIT.badConfig : summary.run.exitCode;
}
