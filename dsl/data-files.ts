/** Data files of the script: found from its folder, parsed, and their mistakes told with file and line. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { DataError } from './data-errors.ts';

export interface CsvOptions {
  /**
   * `true`: the first record names the columns, rows are objects. An array: it names them, the first record is a row.
   * `false`: rows are arrays. Default true.
   */
  header?: boolean | readonly string[];
  /** One or more characters. Default `','`. */
  delimiter?: string;
  /** Lines that start with this are left out. Default: none are. */
  comment?: string;
  /** Removes white space around fields. Default false. */
  trim?: boolean;
}

const CSV_OPTIONS = ['header', 'delimiter', 'comment', 'trim'];

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'this is a folder',
  EACCES: 'not allowed to read it',
};

/** Text of a file without its byte order mark; `call` is what the user wrote, for messages. */
export function readText(call: string, path: string, scriptDir: string): string {
  const file = resolve(scriptDir, path);
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(
      `${call}: ${REASONS[code ?? ''] ?? message}: ${file} (relative paths start at the script's folder, ${scriptDir})`,
    );
  }
}

export function parseJson(call: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const before = text.slice(0, goodStart(text));
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    const reason = (error as Error).message.replace(/( in JSON at position|, (\.\.\.)?").*$/s, '');
    throw new DataError(`${call}, line ${line}, column ${column}: not valid JSON: ${reason}`);
  }
}

/**
 * Length of the longest start of a text that could still become JSON. Not all of the engine's messages tell where the
 * mistake is, but they tell a text that merely ends too early from one that is wrong, so it is found by halving.
 */
function goodStart(text: string): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (endsTooEarly(text.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function endsTooEarly(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    return message.includes('end of JSON') || Number(/position (\d+)/.exec(message)?.[1]) >= text.length;
  }
}

/** What csv-parse's errors carry. */
interface CsvMistake {
  readonly code?: string;
  readonly message: string;
  readonly lines?: number;
}

export function parseCsv(call: string, text: string, options: CsvOptions): unknown[] {
  const { header = true, delimiter = ',', comment, trim = false } = options;
  const { parse } = createRequire(import.meta.url)('csv-parse/sync') as typeof import('csv-parse/sync');
  try {
    return parse(text, {
      columns: typeof header === 'boolean' ? header : [...header],
      delimiter,
      trim,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      ...(comment === undefined ? {} : { comment }),
    });
  } catch (error) {
    const { code, message, lines } = error as CsvMistake;
    if (code?.startsWith('CSV_') !== true) throw error;
    const place = lines === undefined ? '' : `, line ${lines}`;
    const [, wanted, got] = /length is (\d+), got (\d+)/.exec(message) ?? [];
    const reason =
      wanted === undefined
        ? message.replace(/ (?:on|at) line \d+,?/, '')
        : `the number of fields is ${got}, but there are ${wanted} columns`;
    throw new DataError(`${call}${place}: ${reason}`);
  }
}

/** Refuses what is misspelt, before a file is read. */
export function checkCsvOptions(call: string, options: CsvOptions): void {
  const unknown = Object.keys(options).find((key) => !CSV_OPTIONS.includes(key));
  if (unknown !== undefined) {
    throw new DataError(`${call}: unknown option '${unknown}'; there are ${CSV_OPTIONS.join(', ')}`);
  }
}
