/** From the words of a command line to an exit code. */

import { BruntError, EXIT } from '../dsl/errors.ts';
import type { Command } from './cli/command.ts';
import { bruntVersion } from './config/version.ts';
import { renderError } from './terminal/errors.ts';
import { processTerminal, type Terminal } from './terminal/terminal.ts';

type Env = Readonly<Record<string, string | undefined>>;

export async function main(argv: readonly string[], env: Env): Promise<number> {
  const terminal = processTerminal({
    color: argv.includes('--no-color') || env.BRUNT_NO_COLOR ? false : undefined,
    env,
  });
  try {
    const { parseArgv } = await import('./cli/parse.ts');
    return await perform(parseArgv(argv, env), terminal, env);
  } catch (error) {
    const { err } = terminal;
    err.lines(renderError(error, err.style, { width: err.width, version: bruntVersion() }));
    return error instanceof BruntError ? error.exitCode : EXIT.defect;
  }
}

/** What an output has left open, such as a pipe that nobody reads, must not keep the process. */
const LINGER_MS = 1000;

function leaveSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

async function perform(command: Command, terminal: Terminal, env: Env): Promise<number> {
  switch (command.kind) {
    case 'help':
    case 'version':
      terminal.out.write(command.text.endsWith('\n') ? command.text : `${command.text}\n`);
      return EXIT.passed;
    case 'run': {
      const { runCommand } = await import('./commands/run.ts');
      const code = await runCommand({ script: command.script, flags: command.flags, terminal, env });
      if (command.flags.outputs.length > 0) leaveSoon();
      return code;
    }
    case 'compare': {
      const { compareCommand } = await import('./commands/compare.ts');
      return compareCommand(command.flags, terminal);
    }
    case 'history': {
      const { historyCommand } = await import('./commands/history.ts');
      return historyCommand(command.flags, terminal);
    }
    case 'report': {
      const { reportCommand } = await import('./commands/report.ts');
      return reportCommand(command.flags, terminal);
    }
    case 'merge': {
      const { mergeCommand } = await import('./commands/merge.ts');
      return mergeCommand(command.flags, terminal);
    }
    case 'alerts': {
      const { alertsCommand } = await import('./commands/alerts.ts');
      return alertsCommand({ script: command.script, flags: command.flags, terminal, env });
    }
    case 'grafana': {
      const { grafanaCommand } = await import('./commands/grafana.ts');
      return grafanaCommand(command.flags, terminal);
    }
    case 'demo': {
      const [{ runDemo }, { runCommand }, { NO_FLAGS }] = await Promise.all([
        import('./commands/demo.ts'),
        import('./commands/run.ts'),
        import('./config/run-flags.ts'),
      ]);
      return runDemo({
        port: command.port,
        tryScript: command.tryScript,
        run: (script, variables) =>
          runCommand({ script, flags: { ...NO_FLAGS, env: variables }, terminal, env }),
        out: terminal.err,
      });
    }
  }
}
