/** Names, messages and bodies of a run: text that others wrote. */

import { clean } from '../../terminal/clean.ts';

/** On one line: no control characters, nothing that reorders letters, none of it longer than `most`. */
export function outside(text: string, most = 300): string {
  const line = clean(text);
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
