/** What all commands have in common: words to flags and operands, by way of commander, quietly. */

import { Command as Commander, CommanderError, Option } from 'commander';
import { ConfigError, type Problem } from '../../dsl/errors.ts';
import { nearest } from '../config/nearest.ts';
import type { Setting } from '../config/settings.ts';
import { type Advice, adviceFor } from '../config/unsupported.ts';
import type { PlainFlag } from './command.ts';

export function quietCommander(name: string): Commander {
  return new Commander(name)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpOption('-h, --help')
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[words...]');
}

export function flaggedCommander(name: string, flags: readonly PlainFlag[]): Commander {
  const commander = quietCommander(name);
  for (const flag of flags) {
    const option = new Option(declaration(flag));
    if (flag.repeatable === true)
      option.argParser((text: string, all: string[] | undefined) => [...(all ?? []), text]);
    commander.addOption(option);
  }
  return commander;
}

/** In commander's notation: `-u, --vus <N>`. */
export function declaration({ flag, short, value }: KnownFlag): string {
  const head = short === undefined ? flag : `${short}, ${flag}`;
  return value === undefined ? (head as string) : `${head} <${value}>`;
}

/** `--http-debug` alone means `--http-debug=heads`; only `=` may give it another value, so that it never eats the script. */
export function spelledOut(words: readonly string[], settings: readonly Setting[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, i) => {
    if (end >= 0 && i > end) return word;
    const bare = settings.find((s) => s.bare !== undefined && s.flag === word)?.bare;
    return bare === undefined ? word : `${word}=${bare}`;
  });
}

interface KnownFlag {
  readonly flag?: string;
  readonly short?: string;
  readonly value?: string;
}

/** The words that are no flags. Commander leaves unknown flags among them, so that all of them can be reported. */
export function parseWords(
  commander: Commander,
  words: readonly string[],
  known: readonly KnownFlag[],
  advice: Advice,
): readonly string[] | 'help' {
  try {
    commander.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.help') return 'help';
    throw new ConfigError([missingValue(error, known)]);
  }
  const { operands, unknown } = divide(commander.args, words);
  if (unknown.length > 0) throw new ConfigError(unknown.map((word) => unknownFlag(word, known, advice)));
  return operands;
}

/** Words after `--` are operands whatever they look like. A lone `-` is an operand too. */
function divide(args: readonly string[], words: readonly string[]) {
  const end = words.indexOf('--');
  const verbatim = end < 0 ? 0 : words.length - end - 1;
  const free = args.slice(0, args.length - verbatim).filter((word) => word !== '--');
  const isFlag = (word: string) => word.length > 1 && word.startsWith('-');
  return {
    unknown: free.filter(isFlag),
    operands: [...free.filter((word) => !isFlag(word)), ...args.slice(args.length - verbatim)],
  };
}

export function flagName(word: string): string {
  return word.split('=', 1)[0] as string;
}

function missingValue(error: CommanderError, known: readonly KnownFlag[]): Problem {
  const found = known.find(
    ({ flag }) => flag !== undefined && new RegExp(`${flag}(?![\\w-])`).test(error.message),
  );
  return found === undefined ? { message: `${error.message.replace(/^error: /, '')}.` } : needsValue(found);
}

export function needsValue({ flag = '', short, value }: KnownFlag): Problem {
  const shown = short === undefined ? flag : `${short}, ${flag}`;
  return { message: `${shown} needs a value.`, where: flag, hint: `Write ${flag} ${value}` };
}

function unknownFlag(word: string, known: readonly KnownFlag[], advice: Advice): Problem {
  const name = flagName(word);
  const owner = known.find((k) => k.flag === name || (k.short !== undefined && k.short === name));
  if (owner !== undefined) {
    return {
      message: `${name} takes no value, but got '${word.slice(name.length + 1)}'.`,
      where: name,
      hint: `Write ${name} alone, or leave it out.`,
    };
  }
  const help = adviceFor(name, advice);
  if (help !== undefined) return { message: `${name} is not a flag of Brunt.`, where: name, hint: help };
  const meant = name.startsWith('--')
    ? nearest(
        name,
        known.flatMap((k) => k.flag ?? []),
      )
    : undefined;
  return {
    message: `${name} is not a flag of Brunt.`,
    where: name,
    hint: meant === undefined ? 'Every flag is listed by: brunt run --help' : `Did you mean ${meant}?`,
  };
}
