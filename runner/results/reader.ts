/** Reads saved results line by line; a file that was cut short gives what it holds. */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { RESULT_SCHEMA, type ResultLine } from './format.ts';

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

/**
 * All lines in order, the head first. Ends without an `end` line where the file is partial. Throws a BruntError (exit
 * 104) for a file that cannot be opened or is no result of this version.
 */
export async function* readLines(file: string): AsyncGenerator<ResultLine> {
  let seen = 0;
  let failure: unknown;
  const input = createReadStream(file);
  const text = pipeline(input, createGunzip().setEncoding('utf8'), () => undefined);
  let rest = '';
  try {
    for await (const part of text as AsyncIterable<string>) {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield checked(file, parseLine(file, line), seen++);
    }
    if (rest !== '') throw unreadable(file, 'its last line has no end');
  } catch (error) {
    // What was cut short, or damaged from some place on, is as good as what stands before; our own errors are not.
    if (error instanceof BruntError) throw error;
    failure = error;
  } finally {
    input.destroy();
    text.destroy();
  }
  if (seen > 0) return;
  const code = (failure as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') throw unreadable(file, 'there is no such file', failure);
  if (code === 'EISDIR') throw unreadable(file, 'it is a folder', failure);
  throw unreadable(file, failure instanceof Error ? failure.message : 'it is empty', failure);
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
