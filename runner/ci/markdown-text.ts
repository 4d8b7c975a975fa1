/**
 * Text from outside within Markdown. It always stands as code: there neither markup nor HTML means anything, links are
 * no links, and `@somebody` and `#123` call nobody. Text without backticks, backslashes and bars goes between backticks,
 * which reads well as source, too. Other text, which could end the code or a table's cell, goes into an HTML element,
 * with a reference in place of every character that is no letter or digit.
 */

import { clean } from '../terminal/clean.ts';

/** A table stays readable, and a page within the limits of what it is pasted into. */
const LONGEST = 160;

/** As code, on one line. An empty text stays empty. */
export function code(text: string, longest = LONGEST): string {
  const plain = clean(text).trim();
  const chars = Array.from(plain);
  const shown = chars.length > longest ? `${chars.slice(0, longest - 1).join('')}…` : plain;
  if (shown === '') return '';
  if (!/[`\\|]/.test(shown)) return `\`${shown}\``;
  return `<code>${shown.replaceAll(/[!-/:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`)}</code>`;
}

/** `align`: a letter per column, `r` for numbers. Cells are Markdown already. */
export function table(
  head: readonly string[],
  align: string,
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (align[i] === 'r' ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)];
}
