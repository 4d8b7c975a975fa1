/** Reads saved results line by line; a file that was cut short gives what it holds. */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { reasonOf } from '../files/reason.ts';
import { LINE_KINDS, RESULT_SCHEMA, type ResultLine } from './format.ts';

export function unreadable(file: string, problem: string, cause?: unknown): BruntError {
  return new BruntError(`${file} cannot be read as a saved result: ${problem}`, {
    code: 'BAD_RESULT',
    exitCode: EXIT.badConfig,
    hint: 'name a file that `brunt run --save FILE` wrote',
    cause,
  });
}

/** Whether a file begins as gzip does. */
export async function looksLikeResult(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function parseLine(file: string, text: string): ResultLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, 'a line of it is not JSON', error);
  }
  if (typeof value === 'object' && value !== null && 'kind' in value) return value as ResultLine;
  throw unreadable(file, 'a line of it has no kind');
}

/** Lines of a text that comes in parts; what follows the last line end was cut short. */
async function* linesOf(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const part of parts) {
    const lines = part.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield begun.join('') + line;
      begun = [];
    }
    if (last !== '') begun.push(last);
  }
}

/**
 * All lines in order, the head first. Ends without an `end` line where the file is partial. Throws a BruntError (exit
 * 104) for a file that cannot be opened or is no result of this version.
 */
export async function* readLines(file: string): AsyncGenerator<ResultLine> {
  let seen = 0;
  let failure: unknown;
  const input = createReadStream(file);
  // By a sync flush at the end, what is there of a member that was cut short is no error.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }).setEncoding('utf8');
  const text = pipeline(input, gunzip, () => undefined);
  try {
    for await (const line of linesOf(text as AsyncIterable<string>)) {
      const read = checked(file, parseLine(file, line), seen++);
      if (LINE_KINDS.includes(read.kind)) yield read;
    }
  } catch (error) {
    // What is damaged from some place on is as good as what stands before; our own errors are not.
    if (error instanceof BruntError) throw error;
    failure = error;
  } finally {
    input.destroy();
    text.destroy();
  }
  if (seen > 0) return;
  const code = (failure as NodeJS.ErrnoException | undefined)?.code;
  if (code?.startsWith('E') === true) throw unreadable(file, reasons(code, failure), failure);
  throw unreadable(file, failure instanceof Error ? failure.message : 'it ends before its first line does');
}

function reasons(code: string, failure: unknown): string {
  return code === 'ENOENT' ? 'there is no such file' : reasonOf(failure);
}

function checked(file: string, line: ResultLine, index: number): ResultLine {
  if (index > 0) return line;
  if (line.kind === 'head' && line.schema === RESULT_SCHEMA) return line;
  const schema = line.kind === 'head' ? String(line.schema) : undefined;
  throw unreadable(
    file,
    schema === undefined ? 'it does not begin as one' : `it is of the form ${schema}, not ${RESULT_SCHEMA}`,
  );
}
