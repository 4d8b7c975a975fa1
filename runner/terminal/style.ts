/**
 * Colours and symbols. Renderers write Unicode and name what a text means; `encode` turns a finished line into what
 * the terminal can show. Every replacement takes as many columns as what it replaces, so layout is made once.
 */

import { splitColors } from './clean.ts';
import { textWidth } from './width.ts';

export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'warn' | 'accent';

/** Codes that switch a tone on and off; each off code leaves other attributes alone. */
const SGR: Readonly<Record<Exclude<Tone, 'plain'>, readonly [on: string, off: string]>> = {
  strong: ['1', '22'],
  faint: ['2', '22'],
  good: ['32', '39'],
  bad: ['31', '39'],
  warn: ['33', '39'],
  accent: ['36', '39'],
};

/** Characters of ours and what stands for them where only ASCII can be shown; one column each. */
const ASCII_FOR: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '●': '*',
  '○': 'o',
  '▸': '>',
  '›': '>',
  '→': '>',
  '…': '~',
  '–': '-',
  '─': '-',
  '━': '=',
  '│': '|',
  '·': '-',
  '×': 'x',
  µ: 'u',
  μ: 'u',
  '≥': '>',
  '≤': '<',
};

export interface Style {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Colours a text that has no colours yet. */
  paint(tone: Tone, text: string): string;
  /** A short text as a label on coloured ground; without colours it is the text itself. */
  badge(tone: 'good' | 'bad' | 'warn', text: string): string;
  /** Last step of every line: what the terminal cannot show is replaced. */
  encode(line: string): string;
}

function toAscii(text: string): string {
  return text.replaceAll(/[^ -~]/gu, (char) => ASCII_FOR[char] ?? '?'.repeat(textWidth(char)));
}

export function makeStyle(facts: { readonly color: boolean; readonly unicode: boolean }): Style {
  const { color, unicode } = facts;
  const ESC = '\u001b[';
  return {
    color,
    unicode,
    paint(tone, text) {
      if (!color || tone === 'plain' || text === '') return text;
      const [on, off] = SGR[tone];
      return `${ESC}${on}m${text}${ESC}${off}m`;
    },
    badge(tone, text) {
      return color ? `${ESC}1;7;${SGR[tone][0]}m ${text} ${ESC}0m` : text;
    },
    encode(line) {
      if (unicode) return line;
      return splitColors(line)
        .map((part, i) => (i % 2 === 1 ? part : toAscii(part)))
        .join('');
    },
  };
}

export const PLAIN_STYLE: Style = makeStyle({ color: false, unicode: true });
