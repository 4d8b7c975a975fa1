/** Names of statements, for tags and messages: the text with its literals left out, so that equal statements are one. */

const KEPT = 1000;
const LONGEST = 120;

interface StatementName {
  readonly name: string;
  /** `SELECT`. */
  readonly method: string;
}

const known = new Map<string, StatementName>();

/** Comments, dollar-quoted and quoted texts, then numbers that are no part of a word or parameter. */
const LITERALS =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|(?<![\w$."])\d+(?:\.\d+)?\b/g;

function withoutLiteral(literal: string): string {
  return literal.startsWith('--') || literal.startsWith('/*') ? ' ' : '?';
}

export function statementName(text: string): StatementName {
  let found = known.get(text);
  if (found === undefined) {
    const plain = text
      .replaceAll(LITERALS, withoutLiteral)
      .replaceAll(/\s+/g, ' ')
      .replace(/[\s;]+$/, '')
      .trim();
    const name = plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
    found = { name, method: (/^\W*(\w+)/.exec(plain)?.[1] ?? 'SQL').toUpperCase() };
    if (known.size < KEPT) known.set(text, found);
  }
  return found;
}
