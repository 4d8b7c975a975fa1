/**
 * From the words of a command line to a `Command`, by way of commander; every unknown flag is reported at once. What
 * the values of options mean is checked later, together with the script's own options.
 */

import { Option } from 'commander';
import { ConfigError, type Problem } from '../../dsl/errors.ts';
import { didYouMean } from '../config/nearest.ts';
import { SETTINGS, type Setting } from '../config/settings.ts';
import { adviceFor, UNSUPPORTED_COMMANDS, UNSUPPORTED_FLAGS } from '../config/unsupported.ts';
import { ALERTS_FLAGS, alertsFlags, type GivenAlerts } from './alerts-flags.ts';
import { COMMANDS, type Command } from './command.ts';
import { COMPARE_FLAGS, compareFlags, type GivenCompare } from './compare-flags.ts';
import { type GivenGrafana, GRAFANA_FLAGS, grafanaFlags } from './grafana-flags.ts';
import {
  alertsHelp,
  compareHelp,
  DEMO_FLAGS,
  demoHelp,
  generalHelp,
  grafanaHelp,
  historyHelp,
  mergeHelp,
  reportHelp,
  runHelp,
  versionText,
} from './help.ts';
import { type GivenHistory, HISTORY_FLAGS, historyFlags } from './history-flags.ts';
import { type GivenMerge, MERGE_FLAGS, mergeFlags } from './merge-flags.ts';
import { type GivenReport, REPORT_FLAGS, reportFlags } from './report-flags.ts';
import { type GivenFlags, runFlags } from './run-flags.ts';
import {
  declaration,
  flaggedCommander,
  flagName,
  needsValue,
  parseWords,
  quietCommander,
  spelledOut,
} from './words.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * @param argv Words after `node` and the script: `process.argv.slice(2)`.
 * @throws ConfigError (exit 104) for unknown commands and flags, missing values and arguments.
 */
export function parseArgv(argv: readonly string[], env: Env): Command {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h')
    return { kind: 'help', text: generalHelp() };
  if (first === '--version' || first === '-V' || first === 'version')
    return { kind: 'version', text: versionText() };
  if (first === 'help') return { kind: 'help', text: helpFor(rest[0]) };
  switch (first) {
    case 'run':
      return parseRun(rest, env);
    case 'compare':
      return parseCompare(rest);
    case 'history':
      return parseHistory(rest);
    case 'report':
      return parseReport(rest);
    case 'merge':
      return parseMerge(rest);
    case 'alerts':
      return parseAlerts(rest, env);
    case 'grafana':
      return parseGrafana(rest);
    case 'demo':
      return parseDemo(rest);
    default:
      throw new ConfigError([unknownCommand(first, rest)]);
  }
}

function helpFor(command: string | undefined): string {
  if (command === undefined) return generalHelp();
  if (command === 'run') return runHelp();
  if (command === 'compare') return compareHelp();
  if (command === 'history') return historyHelp();
  if (command === 'report') return reportHelp();
  if (command === 'merge') return mergeHelp();
  if (command === 'alerts') return alertsHelp();
  if (command === 'grafana') return grafanaHelp();
  if (command === 'demo') return demoHelp();
  throw new ConfigError([unknownCommand(command, [])]);
}

function unknownCommand(word: string, rest: readonly string[]): Problem {
  const advice = adviceFor(word, UNSUPPORTED_COMMANDS);
  if (advice !== undefined) return { message: `Brunt has no command \`${word}\`.`, hint: advice };
  const names = [...COMMANDS.map((c) => c.name), 'help', 'version'];
  if (word.startsWith('-')) {
    const known = (SETTINGS as readonly Setting[]).some(
      (s) => s.flag === flagName(word) || s.short === word.slice(0, 2),
    );
    return {
      message: `${flagName(word)} stands before any command.`,
      where: flagName(word),
      hint: known ? 'Flags come after the command: brunt run <script> [flags]' : 'Try: brunt --help',
    };
  }
  if (/\.[cm]?[jt]s$/.test(word)) {
    return {
      message: `\`${word}\` is no command.`,
      hint: `Did you mean \`${['brunt run', word, ...rest].join(' ')}\`?`,
    };
  }
  const hint = didYouMean(word, names) ?? `Commands are ${names.join(', ')}. Try: brunt --help`;
  return { message: `Brunt has no command \`${word}\`.`, hint };
}

function parseRun(words: readonly string[], env: Env): Command {
  const settings = (SETTINGS as readonly Setting[]).filter((s) => s.flag !== undefined);
  const given: Map<Setting, (string | true)[]> = new Map();
  const commander = quietCommander('run');
  for (const setting of settings) {
    const option = new Option(declaration(setting));
    commander.addOption(option);
    commander.on(`option:${option.name()}`, (value: string | null | undefined) => {
      // Commander takes the next word as the value whatever it is: `-u --once` forgot the number.
      if (typeof value === 'string' && settings.some((s) => s.flag === value || s.short === value)) {
        throw new ConfigError([needsValue(setting)]);
      }
      given.set(setting, [...(given.get(setting) ?? []), value ?? true]);
    });
  }
  const operands = parseWords(commander, spelledOut(words, settings), settings, UNSUPPORTED_FLAGS);
  if (operands === 'help') return { kind: 'help', text: runHelp() };

  const problems: Problem[] = [];
  const [script, ...more] = operands;
  if (script === undefined || script === '') {
    problems.push({ message: '`brunt run` needs a script.', hint: 'For example: brunt run checkout.ts' });
  }
  if (more.length > 0) {
    problems.push({
      message: `\`brunt run\` takes one script, but got ${operands.length}: ${operands.join(' ')}.`,
      hint: 'Put one script into the other by importing it, and name its functions in `scenarios`.',
    });
  }
  const flags = runFlags(given as GivenFlags, env, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'run', script: script as string, flags };
}

function parseHistory(words: readonly string[]): Command {
  const commander = flaggedCommander('history', HISTORY_FLAGS);
  const operands = parseWords(commander, words, HISTORY_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: historyHelp() };
  const problems: Problem[] = [];
  const flags = historyFlags(operands, commander.opts<GivenHistory>(), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'history', flags };
}

function parseMerge(words: readonly string[]): Command {
  const commander = flaggedCommander('merge', MERGE_FLAGS);
  const operands = parseWords(commander, words, MERGE_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: mergeHelp() };
  const problems: Problem[] = [];
  const flags = mergeFlags(operands, commander.opts<GivenMerge>(), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'merge', flags };
}

function parseCompare(words: readonly string[]): Command {
  const commander = flaggedCommander('compare', COMPARE_FLAGS);
  const operands = parseWords(commander, words, COMPARE_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: compareHelp() };
  const problems: Problem[] = [];
  const flags = compareFlags(operands, commander.opts<GivenCompare>(), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'compare', flags };
}

function parseReport(words: readonly string[]): Command {
  const commander = flaggedCommander('report', REPORT_FLAGS);
  const operands = parseWords(commander, words, REPORT_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: reportHelp() };
  const problems: Problem[] = [];
  const flags = reportFlags(operands, commander.opts<GivenReport>(), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'report', flags };
}

function parseAlerts(words: readonly string[], env: Env): Command {
  const commander = flaggedCommander('alerts', ALERTS_FLAGS);
  const operands = parseWords(commander, words, ALERTS_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: alertsHelp() };
  const problems: Problem[] = [];
  const [script = ''] = operands;
  if (operands.length !== 1 || script === '') {
    const got = operands.length === 0 ? '' : `, but got ${operands.length}: ${operands.join(' ')}`;
    problems.push({
      message: `\`brunt alerts\` needs one script${got}.`,
      hint: 'For example: brunt alerts checkout.ts',
    });
  }
  const flags = alertsFlags(commander.opts<GivenAlerts>(), env, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'alerts', script, flags };
}

function parseGrafana(words: readonly string[]): Command {
  const commander = flaggedCommander('grafana', GRAFANA_FLAGS);
  const operands = parseWords(commander, words, GRAFANA_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: grafanaHelp() };
  const problems: Problem[] = [];
  const flags = grafanaFlags(operands, commander.opts<GivenGrafana>(), problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'grafana', flags };
}

function parseDemo(words: readonly string[]): Command {
  const commander = quietCommander('demo');
  for (const { flag, value } of DEMO_FLAGS) {
    commander.option(
      value === undefined || value.startsWith('[') ? `${flag} ${value ?? ''}`.trim() : `${flag} <${value}>`,
    );
  }
  const operands = parseWords(commander, words, DEMO_FLAGS, {});
  if (operands === 'help') return { kind: 'help', text: demoHelp() };
  const options = commander.opts<{ port?: string; try?: string | true }>();
  const problems: Problem[] = [];
  if (operands.length > 0) {
    problems.push({
      message: `\`brunt demo\` takes no argument, but got ${operands.join(' ')}.`,
      hint: `To run a script against it: brunt demo --try ${operands[0]}`,
    });
  }
  const port = options.port === undefined ? undefined : Number(options.port);
  if (port !== undefined && !(/^\d+$/.test(options.port ?? '') && port <= 65_535)) {
    problems.push({
      message: `--port is '${options.port}': it must be a whole number from 0 (any free port) to 65535.`,
      where: '--port',
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { kind: 'demo', port, tryScript: options.try };
}
