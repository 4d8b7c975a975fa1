/** The flags of `brunt compare`, and what their values mean. */

import type { Problem } from '../../dsl/errors.ts';
import type { CompareFlags } from '../commands/compare.ts';
import { DEFAULT_MARGIN } from '../compare/compare.ts';
import { parseSubject, type Subject } from '../compare/metrics.ts';
import type { PlainFlag } from './command.ts';

export const COMPARE_FLAGS: readonly PlainFlag[] = [
  { flag: '--with', value: 'FILE...', help: 'the results to judge: files, or folders of them' },
  {
    flag: '--metric',
    value: 'METRIC:STAT',
    repeatable: true,
    help: 'what to compare, as http_req_duration:p(99) (repeatable)',
  },
  { flag: '--margin', value: 'N%', help: 'how much worse is still the same (default: 5%)' },
  { flag: '--max-ratio', value: 'N', help: 'fail if a metric is more than N times its baseline' },
  { flag: '--strict', help: 'fail also where the runs cannot tell' },
  { flag: '--force', help: 'compare unlike runs all the same' },
  { flag: '--json', value: 'FILE', help: 'write the comparison as JSON' },
  { flag: '--markdown', value: 'FILE', help: 'write it as Markdown, for a pull request' },
  { flag: '--html', value: 'FILE', help: 'write it as a page, one file for the browser' },
  { flag: '--no-color', help: 'no colours' },
];

export interface GivenCompare {
  readonly with?: readonly string[];
  readonly metric?: readonly string[];
  readonly margin?: string;
  readonly maxRatio?: string;
  readonly strict?: true;
  readonly force?: true;
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
}

export function compareFlags(
  baseline: readonly string[],
  given: GivenCompare,
  problems: Problem[],
): CompareFlags {
  const example = 'For example: brunt compare main.brunt --with branch.brunt';
  if (baseline.length === 0) problems.push({ message: '`brunt compare` needs a baseline.', hint: example });
  if (given.with === undefined)
    problems.push({ message: '`brunt compare` needs results to judge.', where: '--with', hint: example });
  const subjects: Subject[] = [];
  for (const text of given.metric ?? []) {
    const read = parseSubject(text);
    if (read.ok) subjects.push(read.subject);
    else
      problems.push({
        message: `--metric is '${text}': ${read.message}`,
        where: '--metric',
        ...(read.hint === undefined ? {} : { hint: read.hint }),
      });
  }
  return {
    baseline,
    candidate: given.with ?? [],
    subjects,
    margin: given.margin === undefined ? DEFAULT_MARGIN : readMargin(given.margin, problems),
    maxRatio: given.maxRatio === undefined ? null : readRatio(given.maxRatio, problems),
    force: given.force === true,
    strict: given.strict === true,
    json: given.json,
    markdown: given.markdown,
    html: given.html,
  };
}

/** `5%` and `0.05` are the same. */
function readMargin(text: string, problems: Problem[]): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (value >= 0 && value <= 1) return value;
  problems.push({
    message: `--margin is '${text}': it must be a share from 0% to 100%.`,
    where: '--margin',
    hint: 'Write it as in --margin 5%',
  });
  return DEFAULT_MARGIN;
}

function readRatio(text: string, problems: Problem[]): number | null {
  const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= 1) return value;
  problems.push({
    message: `--max-ratio is '${text}': it must be a number of at least 1.`,
    where: '--max-ratio',
    hint: 'Write it as in --max-ratio 1.2, which allows 20 % more than the baseline',
  });
  return null;
}
