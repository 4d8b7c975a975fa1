/** How many columns a text takes, and making it take as many as wanted. */

import { splitColors, stripColors } from './clean.ts';

/** Ranges of code points that take two columns, beside those with emoji presentation (Unicode's East Asian Wide). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

/** One column each, whatever stands beside them: ASCII, letters of Europe, dashes, boxes and bars, our own two marks. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02af\u2010-\u2026\u2500-\u259f✓✗]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u;

let segmenter: Intl.Segmenter | undefined;

/** What a user calls a character: a letter with its accents, an emoji with its parts. Loading that takes 13 ms. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function graphemeWidth(grapheme: string): number {
  if (EMOJI.test(grapheme)) return 2;
  if (ZERO_WIDTH.test(grapheme)) return 0;
  const code = grapheme.codePointAt(0) as number;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns that the text takes on a terminal; colour codes take none. */
export function textWidth(text: string): number {
  const plain = stripColors(text);
  if (PLAIN.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemes(plain)) width += graphemeWidth(segment);
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/** The longest beginning of a text without colours that takes at most `width` columns. */
function head(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, width));
  let taken = '';
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

function tail(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(text.length - Math.min(text.length, Math.max(0, width)));
  const segments = [...graphemes(text)];
  let taken = '';
  let used = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    const { segment } = segments[i] as Intl.SegmentData;
    used += graphemeWidth(segment);
    if (used > width) break;
    taken = segment + taken;
  }
  return taken;
}

/** At most `width` columns: the end is cut. For text without colours. */
export function cutEnd(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return width <= 0 ? '' : `${head(text, width - 1)}…`;
}

/**
 * At most `width` columns: the middle is cut, for names that differ at both ends. A little more of the end stays,
 * where paths and selectors differ. For text without colours.
 */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 4) return cutEnd(text, width);
  const end = Math.ceil((width - 1) / 2);
  const kept = tail(text, end);
  return `${head(text, width - 1 - textWidth(kept))}…${kept}`;
}

/** At most `width` columns of a line that may have colours; every colour that was opened is closed. */
export function clip(line: string, width: number): string {
  if (textWidth(line) <= width) return line;
  let left = width - 1;
  let cut = false;
  return splitColors(line)
    .map((part, i) => {
      if (i % 2 === 1) return part;
      if (cut) return '';
      const partWidth = textWidth(part);
      if (partWidth <= left) {
        left -= partWidth;
        return part;
      }
      cut = true;
      return width <= 0 ? '' : `${head(part, left)}…`;
    })
    .join('');
}

/** Breaks a text without colours at spaces into lines of at most `width` columns; a longer word is broken within. */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    const joined = line === '' ? rest : `${line} ${rest}`;
    if (textWidth(joined) <= limit) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    while (textWidth(rest) > limit) {
      // A wide character does not fit into one column; it is put there all the same, so that the loop ends.
      const piece = head(rest, limit) || String.fromCodePoint(rest.codePointAt(0) as number);
      lines.push(piece);
      rest = rest.slice(piece.length);
    }
    line = rest;
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}
