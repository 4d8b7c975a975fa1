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
    const message = (error as Error).message;
    const position = /at position (\d+)/.exec(message)?.[1];
    const before = position === undefined ? text : text.slice(0, Number(position));
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    const reason = message.replace(/ in JSON at position \d+.*$/s, '');
    throw new DataError(`${call}, line ${line}, column ${column}: not valid JSON: ${reason}`);
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
      ...(comment === undefined ? {} : { comment }),
    });
  } catch (error) {
    const { code, message, lines } = error as CsvMistake;
    if (code?.startsWith('CSV_') !== true) throw error;
    const place = lines === undefined ? '' : `, line ${lines}`;
    const reason = message.replace(/ (?:on|at) line \d+,?/, '');
    throw new DataError(`${call}${place}: ${reason[0]?.toLowerCase()}${reason.slice(1)}`);
  }
}

/** Refuses what is misspelt, before a file is read. */
export function checkCsvOptions(call: string, options: CsvOptions): void {
  const unknown = Object.keys(options).find((key) => !CSV_OPTIONS.includes(key));
  if (unknown !== undefined) {
    throw new DataError(`${call}: unknown option '${unknown}'; there are ${CSV_OPTIONS.join(', ')}`);
  }
}
