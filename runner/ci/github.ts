/**
 * What a run says to GitHub Actions: annotations, as commands on stderr, and a job summary, as Markdown appended to the
 * file that GITHUB_STEP_SUMMARY names.
 *
 *     ::error title=TITLE,file=FILE,line=N,col=N::MESSAGE
 *
 * Annotations of a step beyond ten of a kind are not shown, so the tenth tells how many there are besides.
 */

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { BruntError, type SourceLocation } from '../../dsl/errors.ts';
import { clean } from '../terminal/clean.ts';
import { describeMiss } from '../terminal/miss.ts';
import { reasonsToShow, thresholdsOf } from '../terminal/sections/header.ts';
import { type CiReport, type EndedRun, messageOf } from './report.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Annotation {
  readonly title: string;
  readonly message: string;
  readonly place?: SourceLocation | undefined;
}

const MOST_ANNOTATIONS = 10;

export function isGitHub(env: Environment): boolean {
  return env.GITHUB_ACTIONS === 'true';
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The command; a place outside of `workspace` would lead nowhere. */
export function annotationCommand({ title, message, place }: Annotation, workspace: string): string {
  const properties = [`title=${escapeProperty(clean(title))}`];
  if (place !== undefined) {
    const path = relative(workspace, place.file);
    if (!path.startsWith('..') && !isAbsolute(path)) {
      properties.push(`file=${escapeProperty(clean(path.split(sep).join('/')))}`);
      properties.push(`line=${place.line}`, `col=${place.column}`);
    }
  }
  return `::error ${properties.join(',')}::${escapeData(clean(message))}`;
}

function endedAnnotations(report: EndedRun, cwd: string): Annotation[] {
  const { summary, errors } = report;
  const thresholds = thresholdsOf(summary)
    .filter(({ result }) => !result.ok)
    .map((named): Annotation => {
      const { metric, result } = named;
      const { unit, type } = summary.metrics[metric] as (typeof summary.metrics)[string];
      return {
        title: `${metric} ${result.threshold} failed`,
        message: describeMiss(result, unit, type),
        place: report.place(named),
      };
    });
  const reasons = reasonsToShow(summary).map((reason): Annotation => {
    const error = errors.find(({ message }) => message === reason);
    return {
      title: `Load test ${summary.run.verdict}`,
      message: withHint(reason, error?.hint),
      place: error?.location ?? thrownAt(report, reason, cwd),
    };
  });
  return [...reasons, ...thresholds];
}

/** Of the built-in rule, see `describeFailure`. */
const THREW = /threw an error$/;
/** `at pay (cart.ts:41:19)`; paths under the script's folder are given from there. */
const FRAME = /^\s*at (?:.*\()?((?!node:)[^()]+?):(\d+):(\d+)\)?$/;

/** Where the most frequent of the thrown errors came from. */
function thrownAt({ summary }: EndedRun, reason: string, cwd: string): SourceLocation | undefined {
  if (!THREW.test(reason)) return undefined;
  const [thrown] = summary.errors
    .filter(({ stack }) => stack !== undefined)
    .toSorted((a, b) => b.count - a.count);
  const folder = dirname(resolve(cwd, summary.run.script));
  for (const frame of (thrown?.stack ?? '').split('\n')) {
    const [, file, line, column] = FRAME.exec(frame) ?? [];
    if (file === undefined || file.includes('node_modules')) continue;
    return { file: resolve(folder, file), line: Number(line), column: Number(column) };
  }
  return undefined;
}

function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message} → ${hint}`;
}

function annotations(report: CiReport, cwd: string): Annotation[] {
  if (report.kind === 'ended') return endedAnnotations(report, cwd);
  const { error } = report;
  if (!(error instanceof BruntError))
    return [{ title: 'Load test did not start', message: messageOf(error) }];
  const { problems, message, hint, location } = error;
  const title = 'Load test did not start';
  if (problems.length === 0) return [{ title, message: withHint(message, hint), place: location }];
  return problems.map((problem) => ({
    title,
    message: withHint(problem.message, problem.hint),
    place: problem.location,
  }));
}

/** One command a line; at most as many as GitHub shows. Paths in it are given from the root of the repository. */
export function annotationLines(report: CiReport, env: Environment, cwd: string): string[] {
  const workspace = env.GITHUB_WORKSPACE ?? cwd;
  const all = annotations(report, cwd);
  const shown = all.length > MOST_ANNOTATIONS ? all.slice(0, MOST_ANNOTATIONS - 1) : all;
  const hidden = all.length - shown.length;
  return [
    ...shown.map((one) => annotationCommand(one, workspace)),
    ...(hidden === 0
      ? []
      : [
          annotationCommand(
            { title: 'Load test', message: `and ${hidden} more, see the summary` },
            workspace,
          ),
        ]),
  ];
}

/**
 * What to print before and after text from outside that GitHub would take for a command (`::name::` at the start of a
 * line, `##[name]` anywhere): commands are stopped until a word that nobody else knows. Undefined for harmless text.
 */
export function commandFence(text: string): readonly [before: string, after: string] | undefined {
  if (!/^\s*::|##\[/m.test(text)) return undefined;
  const word = randomUUID();
  return [`::stop-commands::${word}`, `::${word}::`];
}

/** @throws what `appendFileSync` throws. */
export function appendJobSummary(env: Environment, markdown: string): void {
  const file = env.GITHUB_STEP_SUMMARY;
  if (file !== undefined && file !== '') appendFileSync(file, `${markdown}\n`);
}
