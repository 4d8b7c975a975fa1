/** The flags of `brunt merge`, and what their values mean. */

import type { Problem } from '../../dsl/errors.ts';
import type { MergeFlags } from '../commands/merge.ts';
import type { PlainFlag } from './command.ts';

export const MERGE_FLAGS: readonly PlainFlag[] = [
  { flag: '--output', short: '-O', value: 'FILE', help: 'the result to write' },
  { flag: '--force', help: 'merge also what does not look like one test' },
  { flag: '--no-color', help: 'no colours' },
];

export interface GivenMerge {
  readonly output?: string;
  readonly force?: true;
}

export function mergeFlags(
  results: readonly string[],
  { force, output = '' }: GivenMerge,
  problems: Problem[],
): MergeFlags {
  const hint = 'For example: brunt merge one.brunt two.brunt -O all.brunt';
  if (results.length === 0) problems.push({ message: '`brunt merge` needs saved results.', hint });
  if (output.trim() === '')
    problems.push({ message: '`brunt merge` needs a file to write.', where: '-O', hint });
  return { results, output, force: force === true };
}
