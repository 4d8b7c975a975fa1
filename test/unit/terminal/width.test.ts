import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../../runner/terminal/style.ts';
import {
  clip,
  cutEnd,
  cutMiddle,
  padEnd,
  padStart,
  textWidth,
  wrap,
} from '../../../runner/terminal/width.ts';

const RED = makeStyle({ color: true, unicode: true });

describe('textWidth', () => {
  it.each([
    ['', 0],
    ['GET /cart', 9],
    ['é', 1],
    ['e\u0301', 1],
    ['購入', 4],
    ['한글', 4],
    ['\u1112\u1161\u11ab', 2],
    ['👍', 2],
    ['👍🏽', 2],
    ['👨‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['✓ … ━ ●', 7],
    [RED.paint('bad', 'red'), 3],
  ])('%j takes %i columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});

describe('padding', () => {
  it('counts columns, not characters', () => {
    expect(padEnd('購', 4)).toBe('購  ');
    expect(padStart(RED.paint('bad', 'x'), 3)).toBe(`  ${RED.paint('bad', 'x')}`);
    expect(padEnd('too long', 3)).toBe('too long');
  });
});

describe('cutting', () => {
  it.each([
    ['abcdefghij', 10, 'abcdefghij'],
    ['abcdefghij', 9, 'abcd…ghij'],
    ['abcdefghij', 8, 'abc…ghij'],
    ['abcdefghij', 3, 'ab…'],
    ['abcdefghij', 1, '…'],
    ['abcdefghij', 0, ''],
    ['購入する人たち', 8, '購…たち'],
    ['e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301', 5, 'e\u0301e\u0301…e\u0301e\u0301'],
  ])('cuts the middle of %j to %i columns', (text, width, wanted) => {
    const cut = cutMiddle(text, width);
    expect(cut).toBe(wanted);
    expect(textWidth(cut)).toBeLessThanOrEqual(width);
  });

  it('cuts the end', () => {
    expect(cutEnd('abcdef', 4)).toBe('abc…');
    expect(cutEnd('購入する', 4)).toBe('購…');
  });

  it('clips a coloured line and closes its colours', () => {
    const line = `ab${RED.paint('bad', 'cdef')}gh${RED.paint('good', 'ij')}`;
    const clipped = clip(line, 5);
    expect(textWidth(clipped)).toBe(5);
    expect(clipped).toBe('ab\u001b[31mcd…\u001b[39m\u001b[32m\u001b[39m');
    expect(clip(line, 10)).toBe(line);
  });

  it('never exceeds the width, whatever the text', () => {
    const texts = ['a'.repeat(50), '購'.repeat(30), '👨‍👩‍👧x'.repeat(9), 'é購a👍'.repeat(7)];
    for (const text of texts) {
      for (let width = 0; width <= 30; width++) {
        expect(textWidth(cutMiddle(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(cutEnd(text, width))).toBeLessThanOrEqual(width);
        expect(textWidth(clip(text, width))).toBeLessThanOrEqual(width);
      }
    }
  });
});

describe('wrap', () => {
  it.each([
    ['one two three', 8, ['one two', 'three']],
    ['abcdefghij kl', 4, ['abcd', 'efgh', 'ij', 'kl']],
    ['', 5, ['']],
    ['購入 する', 5, ['購入', 'する']],
    ['購', 1, ['購']],
  ])('breaks %j at %i columns', (text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines);
  });

  it('loses no word', () => {
    const text = 'a bb ccc dddd eeeee ffffff ggggggg';
    for (let width = 7; width < 40; width++) expect(wrap(text, width).join(' ')).toBe(text);
  });
});
