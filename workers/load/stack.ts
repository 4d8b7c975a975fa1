/**
 * What the user is told about a thrown value: a message, the frames in the user's own code, and the place. Positions
 * are already the user's, as Node maps them when source maps are on; reading a stack is then slow (about a
 * millisecond), so callers describe only the first few of equal errors.
 *
 *     frame of …                                  shown
 *     the user's files                            yes; the first one is the location
 *     an npm package                              yes, if user code comes further down
 *     brunt, its thread pool, node:, the wrapper  no
 */

import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { codeFrame } from '../../dsl/code-frame.ts';
import type { SourceLocation } from '../../dsl/errors.ts';
import { packageRoot } from '../../dsl/package-root.ts';
import { BUNDLE_SUFFIX, mapPosition } from './source-map.ts';

export interface UserStack {
  /** `TypeError: x is not a function`; the name is left out where it is just `Error`. */
  readonly message: string;
  /** Ready to print, one per line: `at pay (lib/pay.ts:12:7)`; paths are relative to the script's folder where inside. */
  readonly frames: readonly string[];
  /** First frame in a file of the user's; undefined where there is none. */
  readonly location: SourceLocation | undefined;
  /** Source lines around `location`, if the file can be read. */
  readonly frame: string | undefined;
}

interface Frame extends SourceLocation {
  readonly call: string;
  readonly kind: 'user' | 'package' | 'hidden';
}

/** `at call (place:line:column)` or `at place:line:column`. */
const FRAME = /^\s+at (?:(.*?) \()?((?:file:|node:|[/\\]|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/;

/** Folders of Brunt's own code, as source and as built. */
const OWN = ['dsl', 'workers', 'runner', 'dist'].map((folder) => join(packageRoot(), folder) + sep);
const OWN_PACKAGES = /[\\/]node_modules[\\/](?:piscina|brunt)[\\/]/;
const PACKAGES = /[\\/]node_modules[\\/]/;

/** How the bundler writes an imported name: `(0, import_lib.pay)` or `import_lib.pay`. */
const IMPORTED = /(?:\(0 ?, )?\bimport_\w+\.([\w$.]+)\)?/g;

/** Longest text of a thrown value that is no Error. */
const MAX_VALUE = 300;
/** Causes of causes are followed this far. */
const MAX_CAUSES = 3;

function kindOf(file: string): Frame['kind'] {
  if (file.startsWith('node:') || file.endsWith(BUNDLE_SUFFIX) || file.startsWith('brunt-')) return 'hidden';
  if (OWN.some((folder) => file.startsWith(folder)) || OWN_PACKAGES.test(file)) return 'hidden';
  return PACKAGES.test(file) ? 'package' : 'user';
}

function toPath(place: string): string {
  if (!place.startsWith('file:')) return place;
  try {
    return fileURLToPath(place);
  } catch {
    return place;
  }
}

function toUserPlace(place: string, line: number, column: number): SourceLocation {
  const mapped = place.endsWith(BUNDLE_SUFFIX) ? mapPosition(line, column) : undefined;
  if (mapped === undefined) return { file: toPath(place), line, column };
  return { file: toPath(mapped.source), line: mapped.line, column: mapped.column };
}

/** The bundler names a default export `<file>_default`, and Node puts `Object.` before what a namespace holds. */
function callName(raw: string): string {
  const name = raw.replace(/^(async )?Object\./, '$1');
  if (/^(?:async )?(?:[\w$]+\.)?(?:eval|<anonymous>)$/.test(name)) return '';
  return name.replace(/^(async )?[\w$]+_default\d*$/, '$1default');
}

function parseFrames(stack: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const match = FRAME.exec(line);
    if (match === null) continue;
    const place = toUserPlace(match[2] as string, Number(match[3]), Number(match[4]));
    frames.push({ call: callName(match[1] ?? ''), ...place, kind: kindOf(place.file) });
  }
  return frames;
}

/** Packages below the last frame of the user's called into user code; what they are is of no help. */
function shown(frames: readonly Frame[]): Frame[] {
  const visible = frames.filter(({ kind }) => kind !== 'hidden');
  const lastUser = visible.findLastIndex(({ kind }) => kind === 'user');
  return lastUser < 0 ? visible : visible.slice(0, lastUser + 1);
}

function frameText({ call, file, line, column }: Frame, scriptDir: string): string {
  const short = relative(scriptDir, file);
  const place = `${short.startsWith('..') || short === '' ? file : short}:${line}:${column}`;
  return call === '' ? `at ${place}` : `at ${call} (${place})`;
}

function isErrorLike(
  value: unknown,
): value is { name?: unknown; message: string; stack?: unknown; cause?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { message?: unknown }).message === 'string'
  );
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    const text = value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value;
    return `${text} (a thrown string; throw an Error to get its place)`;
  }
  const text = inspect(value, {
    depth: 1,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    maxStringLength: MAX_VALUE,
  });
  return `${text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text} was thrown; throw an Error to get its place`;
}

function describe(value: unknown, depth = 0): string {
  if (!isErrorLike(value)) return describeValue(value);
  const name = typeof value.name === 'string' && value.name !== '' ? value.name : 'Error';
  let text = value.message.replace(IMPORTED, '$1');
  if (text === '') text = name;
  else if (name !== 'Error') text = `${name}: ${text}`;
  if (value instanceof AggregateError && depth < MAX_CAUSES) {
    const parts = value.errors.slice(0, MAX_CAUSES).map((part) => describe(part, depth + 1));
    if (parts.length > 0) text += ` (${parts.join('; ')}${value.errors.length > parts.length ? '; …' : ''})`;
  }
  if (value.cause !== undefined && depth < MAX_CAUSES) text += `; cause: ${describe(value.cause, depth + 1)}`;
  return text;
}

/** Source lines around a place, if its file can be read. */
export function readFrame(location: SourceLocation): string | undefined {
  try {
    return codeFrame(readFileSync(location.file, 'utf8'), location);
  } catch {
    return undefined;
  }
}

/** Describes anything that a script may throw. Never throws itself. */
export function userStack(error: unknown, scriptDir: string): UserStack {
  try {
    const stack = isErrorLike(error) && typeof error.stack === 'string' ? error.stack : '';
    const frames = shown(parseFrames(stack));
    const first = frames.find(({ kind }) => kind === 'user');
    const location = first && { file: first.file, line: first.line, column: first.column };
    return {
      message: describe(error),
      frames: frames.map((frame) => frameText(frame, scriptDir)),
      location,
      frame: location && readFrame(location),
    };
  } catch {
    // A getter or proxy of the thrown value threw.
    return {
      message: 'a value that cannot be inspected was thrown',
      frames: [],
      location: undefined,
      frame: undefined,
    };
  }
}
