/** The flags of `brunt history`, and what their values mean. */

import type { Problem } from '../../dsl/errors.ts';
import type { HistoryFlags } from '../commands/history.ts';
import type { PlainFlag } from './command.ts';

export const HISTORY_FLAGS: readonly PlainFlag[] = [
  { flag: '--last', value: 'N', help: 'how many of the newest are shown (default: 30)' },
  { flag: '--json', value: 'FILE', help: 'write all of them as JSON' },
  { flag: '--no-color', help: 'no colours' },
];

const DEFAULT_LAST = 30;

export interface GivenHistory {
  readonly last?: string;
  readonly json?: string;
}

export function historyFlags(
  results: readonly string[],
  { json, last }: GivenHistory,
  problems: Problem[],
): HistoryFlags {
  if (results.length === 0) {
    problems.push({
      message: '`brunt history` needs saved results.',
      hint: 'For example: brunt history results/',
    });
  }
  const count = last === undefined ? DEFAULT_LAST : Number(last);
  if (!Number.isInteger(count) || count < 1) {
    problems.push({
      message: `--last is '${String(last)}': it must be a whole number from 1.`,
      where: '--last',
    });
  }
  return { results, last: count, json };
}
