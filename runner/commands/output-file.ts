/** Files that a command is asked for. */

import { resolve } from 'node:path';
import { BruntError, EXIT } from '../../dsl/errors.ts';
import { reasonOf } from '../files/reason.ts';
import { writeFile } from '../files/write.ts';

/** `what`: what the file holds, for the message. Throws a BruntError (exit 104) where it cannot be written. */
export function writeOutput(what: string, file: string, text: string, cwd = process.cwd()): void {
  try {
    writeFile(resolve(cwd, file), text);
  } catch (error) {
    throw new BruntError(`${what} could not be written to ${file}: ${reasonOf(error)}`, {
      code: 'RESULT_NOT_WRITTEN',
      exitCode: EXIT.badConfig,
      hint: 'name a file in a folder that you may write to',
      cause: error,
    });
  }
}
