/** Errors as a person reads them: what was attempted, where, why it failed, what to do. */

import { isAbsolute, relative } from 'node:path';
import { inspect } from 'node:util';
import { BruntError, EXIT, type Problem, type SourceLocation } from '../../dsl/errors.ts';
import { clean, cleanLines } from './clean.ts';
import type { Style } from './style.ts';
import { padEnd, textWidth, wrap } from './width.ts';

export interface ErrorLook {
  /** Columns; default 100. */
  readonly width?: number;
  /** Folder to which paths are shortened; default the current one. */
  readonly cwd?: string;
  /** Brunt's version, for reports of defects. */
  readonly version?: string;
}

interface Context {
  readonly style: Style;
  readonly width: number;
  readonly cwd: string;
  readonly version: string | undefined;
}

const MOST_CAUSES = 4;

/** A `where` that names a file without a place in it. */
const FILE_NAME = /\.(?:[cm]?[jt]sx?|ya?ml|json)$/;

/** Relative where that is shorter: `checkout.ts` rather than `/home/me/load/checkout.ts`. */
function shownPath(file: string, cwd: string): string {
  if (!isAbsolute(file)) return clean(file);
  const near = relative(cwd, file);
  return clean(near !== '' && near.length < file.length ? near : file);
}

function place({ file, line, column }: SourceLocation, context: Context): string {
  return `${shownPath(file, context.cwd)}:${line}:${column}`;
}

/** Wrapped under `lead`, which takes columns in the first line only. */
function block(lead: string, text: string, indent: number, context: Context): string[] {
  const room = context.width - indent - textWidth(lead);
  const lines = cleanLines(text).flatMap((part) => wrap(part, room));
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const hang = ' '.repeat(indent + textWidth(lead));
  return lines.map((part, i) =>
    i === 0 ? ' '.repeat(indent) + lead + part : part === '' ? '' : hang + part,
  );
}

function hintLines(hint: string | undefined, indent: number, context: Context): string[] {
  if (hint === undefined || hint === '') return [];
  return block(`${context.style.paint('accent', '→')} `, hint, indent, context);
}

/** A code frame: the line that is meant stands out, and so does the caret under it. */
function frameLines(frame: string, { style }: Context): string[] {
  const lines = cleanLines(frame).map((text) => text.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  while (lines[0] === '') lines.shift();
  return lines.map((text) => {
    const tone = /^\s*>/.test(text) ? 'strong' : /^[\s\d|│]*[\^~]+/.test(text) ? 'bad' : 'faint';
    return `    ${style.paint(tone, text)}`;
  });
}

/** `3 problems`, or the only one's sentence. */
function title(text: string, context: Context): string[] {
  return block(`${context.style.paint('bad', '✗')} `, text, 2, context);
}

/** Where a problem lies, for grouping: a file, the command line, the environment, or the options as such. */
function homeOf(problem: Problem, context: Context): string {
  if (problem.location !== undefined) return shownPath(problem.location.file, context.cwd);
  if (problem.where === undefined) return 'options';
  if (problem.where.startsWith('-')) return 'command line';
  if (FILE_NAME.test(problem.where)) return shownPath(problem.where, context.cwd);
  return /^[A-Z][A-Z0-9_]*$/.test(problem.where) ? 'environment' : 'options';
}

function spotOf({ location, where }: Problem): string {
  if (location !== undefined) return `${location.line}:${location.column}`;
  return where === undefined || (FILE_NAME.test(where) && !where.startsWith('-')) ? '' : clean(where);
}

function problemLines(problems: readonly Problem[], context: Context): string[] {
  const { style } = context;
  const homes = new Map<string, Problem[]>();
  for (const problem of problems) {
    const home = homeOf(problem, context);
    const members = homes.get(home);
    if (members === undefined) homes.set(home, [problem]);
    else members.push(problem);
  }
  const lines: string[] = [];
  for (const [home, members] of homes) {
    const sorted = [...members].sort(
      (a, b) =>
        Number(spotOf(a) !== '') - Number(spotOf(b) !== '') ||
        (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
        (a.location?.column ?? 0) - (b.location?.column ?? 0),
    );
    const widest = Math.max(...sorted.map((p) => textWidth(spotOf(p))));
    // A long spot (`scenarios.checkout.stages[3].duration`) gets a line of its own.
    const inline = widest <= 24;
    lines.push('', `  ${style.paint('strong', home)}`);
    for (const problem of sorted) {
      const spot = spotOf(problem);
      if (!inline && spot !== '') lines.push(`    ${style.paint('faint', spot)}`);
      const lead = inline
        ? widest === 0
          ? ''
          : `${style.paint('faint', padEnd(spot, widest))}  `
        : ' '.repeat(spot === '' ? 0 : 2);
      lines.push(...block(lead, problem.message, 4, context));
      lines.push(...hintLines(problem.hint, 4 + textWidth(lead), context));
    }
  }
  return lines;
}

/** Messages of the errors beneath, for as long as they say something new. */
function causeLines(error: Error, context: Context): string[] {
  const lines: string[] = [];
  let told = error.message;
  let cause: unknown = error.cause;
  for (let depth = 0; depth < MOST_CAUSES && cause !== undefined && cause !== null; depth++) {
    const text = cause instanceof Error ? cause.message : inspect(cause, { depth: 1 });
    if (text !== '' && !told.includes(text)) {
      lines.push(...block(context.style.paint('faint', 'because: '), text, 4, context));
      told += `\n${text}`;
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines;
}

function stackLines(stack: string, context: Context): string[] {
  return cleanLines(stack)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => `      ${context.style.paint('faint', text)}`);
}

function knownError(error: BruntError, context: Context): string[] {
  const { style } = context;
  const { problems, location, frame, userStack } = error;
  const only = problems.length === 1 ? (problems[0] as Problem) : undefined;
  if (error.code === 'BAD_CONFIG' && problems.length > 0) {
    const count = only === undefined ? `${problems.length} problems` : 'One problem';
    return [...title(`${count}: nothing was started`, context), ...problemLines(problems, context)];
  }
  const frames = stackLines(userStack ?? '', context);
  // A single frame says where, and that is said already.
  const stack = frames.length === 1 && location !== undefined ? [] : frames;
  return [
    ...title(error.message, context),
    ...(location === undefined
      ? []
      : [`    ${style.paint('faint', 'at')} ${style.paint('accent', place(location, context))}`]),
    ...(frame === undefined || frame.trim() === '' ? [] : ['', ...frameLines(frame, context), '']),
    ...stack,
    ...causeLines(error, context),
    ...(problems.length > 0 ? problemLines(problems, context) : []),
    ...hintLines(error.hint, 4, context),
  ];
}

function defect(error: unknown, context: Context): string[] {
  const stack =
    error instanceof Error
      ? (error.stack ?? `${error.name}: ${error.message}`)
      : `thrown value: ${inspect(error, { depth: 2 })}`;
  const [first = '', ...frames] = cleanLines(stack);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.stack : undefined;
  const version = context.version === undefined ? '' : `brunt ${clean(context.version)}, `;
  return [
    ...title(`This is a defect in Brunt, not in your script (exit ${EXIT.defect}).`, context),
    '',
    ...block('', first, 4, context),
    ...frames.filter((text) => text.trim() !== '').map((text) => `    ${context.style.paint('faint', text)}`),
    ...(cause === undefined ? [] : ['    caused by', ...stackLines(cause, context)]),
    '',
    `    ${version}node ${process.version}, ${process.platform} ${process.arch}`,
    ...hintLines('Please report it with the lines above.', 4, context),
  ];
}

/** The error as lines for the terminal; what is no error of ours is a defect and shown with its stack. */
export function renderError(error: unknown, style: Style, look: ErrorLook = {}): string[] {
  const context: Context = {
    style,
    width: Math.max(40, look.width ?? 100),
    cwd: look.cwd ?? process.cwd(),
    version: look.version,
  };
  const lines = error instanceof BruntError ? knownError(error, context) : defect(error, context);
  while (lines.at(-1) === '') lines.pop();
  return ['', ...lines, ''].map((text) => style.encode(text.trimEnd()));
}
