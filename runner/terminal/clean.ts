/**
 * The one place where text from outside (names, URLs, messages, logs of scripts) is made safe to print. Nothing that
 * passes here can move the cursor, change the title, colour what follows, reorder letters or start a new line.
 */

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const CSI = String.fromCharCode(0x9b);
const ST = String.fromCharCode(0x9c);
/** The one-character forms of DCS, SOS, OSC, PM and APC. */
const C1_STRINGS = String.fromCharCode(0x90, 0x98, 0x9d, 0x9e, 0x9f);

/**
 * Escape sequences (ECMA-48):
 *
 *     control  := (ESC '[' | CSI) parameter* intermediate* final
 *     string   := (ESC ']' | ESC 'P' | ESC 'X' | ESC '^' | ESC '_' | C1) text (BEL | ESC '\' | ST)
 *     other    := ESC intermediate* final
 *
 * A string without its end is not swallowed: only its introducer goes.
 */
const ESCAPES = new RegExp(
  [
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]`,
    `(?:${ESC}[\\]PX^_]|[${C1_STRINGS}])[^${BEL}${ESC}${ST}]*(?:${BEL}|${ESC}\\\\|${ST})`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);

/** Controls that are left, and the invisible ones that reorder or hide text (bidi overrides, zero-width spaces). */
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

const LONE_SURROGATE = /\p{Cs}/gu;
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
const COLOR = new RegExp(`(${ESC}\\[[0-9;:]*m)`);

/** More than any line or message needs; keeps a body that was put into an error message from costing seconds. */
const LONGEST = 20_000;

function scrub(line: string): string {
  return line
    .replaceAll(ESCAPES, '')
    .replaceAll('\t', '  ')
    .replaceAll(UNSEEN, '')
    .replaceAll(LONE_SURROGATE, '\ufffd');
}

/** The text as its safe lines; breaks of any kind are kept, tabs become two spaces. */
export function cleanLines(text: string): string[] {
  return text.slice(0, LONGEST).split(LINE_BREAK).map(scrub);
}

/** The text as one safe line: a break becomes one space. */
export function clean(text: string): string {
  if (/^[ -~]*$/.test(text)) return text.slice(0, LONGEST);
  const lines = cleanLines(text);
  return lines.length === 1
    ? (lines[0] as string)
    : lines
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(' ');
}

/** As `cleanLines`, but colours stay: for what scripts print on a terminal that shows them. Each line resets its own. */
export function cleanColoredLines(text: string): string[] {
  return text
    .slice(0, LONGEST)
    .split(LINE_BREAK)
    .map((line) => {
      const parts = line.split(COLOR);
      if (parts.length === 1) return scrub(line);
      return `${parts.map((part, i) => (i % 2 === 1 ? part : scrub(part))).join('')}${ESC}[0m`;
    });
}

/** Without the colours that `Style` puts in; for measuring. */
export function stripColors(line: string): string {
  return line.includes(ESC)
    ? line
        .split(COLOR)
        .filter((_, i) => i % 2 === 0)
        .join('')
    : line;
}

/** A styled line as its pieces: even places text, odd places colour codes. */
export function splitColors(line: string): string[] {
  return line.split(COLOR);
}
