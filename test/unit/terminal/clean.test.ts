import { describe, expect, it } from 'vitest';
import { clean, cleanColoredLines, cleanLines, stripColors } from '../../../runner/terminal/clean.ts';

const ESC = '\u001b';

describe('clean', () => {
  it.each([
    ['plain text', 'plain text'],
    [`${ESC}[31mred${ESC}[0m`, 'red'],
    [`${ESC}[2J${ESC}[1;1Hgone`, 'gone'],
    [`${ESC}]0;new title\u0007text`, 'text'],
    [`${ESC}]8;;https://evil.example${ESC}\\link${ESC}]8;;${ESC}\\`, 'link'],
    [`${ESC}]0;without an end`, '0;without an end'],
    [`${ESC}Pdevice${ESC}\\rest`, 'rest'],
    ['\u009b31mC1 form', 'C1 form'],
    [`${ESC}c reset`, ' reset'],
    [`cut ${ESC}`, 'cut '],
    ['bell\u0007 back\b\bspace nul\0', 'bell backspace nul'],
    ['one\ntwo\r\nthree\u2028four\rfive', 'one two three four five'],
    ['\n\n  indented\n\n', 'indented'],
    ['tab\there', 'tab  here'],
    ['abc\u202egpj.exe', 'abcgpj.exe'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['half \ud83d of a pair', 'half \ufffd of a pair'],
    ['Grüße, 購入 👍🏽 é', 'Grüße, 購入 👍🏽 é'],
    ['', ''],
  ])('%j becomes %j', (text, wanted) => {
    expect(clean(text)).toBe(wanted);
  });

  it('takes sequences that appear only once an inner one is removed', () => {
    expect(clean(`${ESC}${ESC}[31m[2Jx`)).not.toContain(ESC);
  });

  it('stays quick and short for a message of megabytes', () => {
    const text = clean(`${ESC}]`.repeat(1_000_000));
    expect(text.length).toBeLessThanOrEqual(20_000);
  });
});

describe('cleanLines', () => {
  it('keeps the lines and nothing else', () => {
    expect(cleanLines(`a\r\n${ESC}[1mb\n\tc`)).toEqual(['a', 'b', '  c']);
  });
});

describe('cleanColoredLines', () => {
  it('keeps colours, ends them on each line, and takes everything else', () => {
    const lines = cleanColoredLines(`${ESC}[31mred${ESC}[2J\nplain\u0007`);
    expect(lines).toEqual([`${ESC}[31mred${ESC}[0m`, 'plain']);
    expect(lines.map(stripColors)).toEqual(['red', 'plain']);
  });
});
