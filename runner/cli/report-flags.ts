/** The flags of `brunt report`, and what its words mean. */

import type { Problem } from '../../dsl/errors.ts';
import type { ReportFlags } from '../commands/report.ts';
import type { PlainFlag } from './command.ts';

export const REPORT_FLAGS: readonly PlainFlag[] = [
  {
    flag: '--output',
    short: '-O',
    value: 'FILE',
    help: 'file to write; - is the standard output (default: beside the result)',
  },
  { flag: '--no-color', help: 'no colours' },
];

export interface GivenReport {
  readonly output?: string;
}

export function reportFlags(
  results: readonly string[],
  { output }: GivenReport,
  problems: Problem[],
): ReportFlags {
  const [result = ''] = results;
  if (result === '') {
    problems.push({
      message: '`brunt report` needs a saved result.',
      hint: 'For example: brunt report main.brunt',
    });
  }
  if (results.length > 1) {
    problems.push({
      message: `\`brunt report\` takes one result, but got ${results.length}: ${results.join(' ')}.`,
      hint: 'Write a report of each.',
    });
  }
  return { result, output };
}
