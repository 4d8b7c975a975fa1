import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { makeStyle } from '../../../runner/terminal/style.ts';
import {
  isCI,
  type OutputStream,
  processTerminal,
  showsUnicode,
  wantsColor,
} from '../../../runner/terminal/terminal.ts';
import { textWidth } from '../../../runner/terminal/width.ts';

class FakeStream extends EventEmitter implements OutputStream {
  readonly written: string[] = [];
  isTTY = true;
  columns: number | undefined = 100;
  rows: number | undefined = 30;
  failing = false;

  write(text: string): boolean {
    if (this.failing) throw new Error('write EPIPE');
    this.written.push(text);
    return true;
  }
}

describe('wantsColor', () => {
  it.each([
    [{}, true, undefined, true],
    [{}, false, undefined, false],
    [{ NO_COLOR: '1' }, true, undefined, false],
    [{ NO_COLOR: '' }, true, undefined, true],
    [{ FORCE_COLOR: '1' }, false, undefined, true],
    [{ FORCE_COLOR: '' }, false, undefined, true],
    [{ FORCE_COLOR: '0' }, true, undefined, false],
    [{ FORCE_COLOR: 'false' }, true, undefined, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, undefined, true],
    [{ TERM: 'dumb' }, true, undefined, false],
    [{ FORCE_COLOR: '1' }, true, false, false],
    [{ NO_COLOR: '1' }, false, true, true],
  ])('%j, terminal %s, asked %s: %s', (env, isTTY, asked, wanted) => {
    expect(wantsColor(env, isTTY, asked)).toBe(wanted);
  });
});

describe('showsUnicode', () => {
  it.each([
    [{}, 'linux', true],
    [{ LANG: 'en_US.UTF-8' }, 'linux', true],
    [{ LANG: 'C.utf8' }, 'linux', true],
    [{ LANG: 'C' }, 'linux', false],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' }, 'linux', false],
    [{ LANG: 'C', LC_CTYPE: 'UTF-8' }, 'darwin', true],
    [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{}, 'win32', false],
    [{ WT_SESSION: 'x' }, 'win32', true],
  ] as const)('%j on %s: %s', (env, platform, shown) => {
    expect(showsUnicode(env, platform)).toBe(shown);
  });
});

describe('isCI', () => {
  it.each([
    [{}, false],
    [{ CI: 'true' }, true],
    [{ CI: 'false' }, false],
    [{ CI: '0' }, false],
    [{ GITHUB_ACTIONS: 'true' }, true],
    [{ JENKINS_URL: 'http://ci' }, true],
  ])('%j: %s', (env, ci) => {
    expect(isCI(env)).toBe(ci);
  });
});

describe('processTerminal', () => {
  function open(env: Record<string, string> = {}, stderr = new FakeStream(), stdout = new FakeStream()) {
    return { stdout, stderr, terminal: processTerminal({ env, stdout, stderr }) };
  }

  it('is interactive in a window only', () => {
    expect(open().terminal.interactive).toBe(true);
    expect(open({ CI: '1' }).terminal.interactive).toBe(false);
    expect(open({ TERM: 'dumb' }).terminal.interactive).toBe(false);
    const piped = new FakeStream();
    piped.isTTY = false;
    expect(open({}, piped).terminal.interactive).toBe(false);
  });

  it('stays interactive where only the result is piped', () => {
    const stdout = new FakeStream();
    stdout.isTTY = false;
    const { terminal } = open({}, new FakeStream(), stdout);
    expect(terminal.interactive).toBe(true);
    expect(terminal.out.style.color).toBe(false);
    expect(terminal.err.style.color).toBe(true);
  });

  it('knows its size, and has one where nobody tells', () => {
    const { stderr, terminal } = open();
    expect([terminal.err.width, terminal.err.height]).toEqual([100, 30]);
    stderr.columns = 0;
    stderr.rows = undefined;
    expect([terminal.err.width, terminal.err.height]).toEqual([80, 24]);
    stderr.columns = 3;
    expect(terminal.err.width).toBe(20);

    const piped = new FakeStream();
    piped.isTTY = false;
    piped.columns = undefined;
    expect(open({}, piped).terminal.err.width).toBe(120);
    expect(open({ COLUMNS: '90' }, piped).terminal.err.width).toBe(90);
  });

  it('goes on quietly when the reader has gone', () => {
    const { stdout, stderr, terminal } = open();
    terminal.out.lines(['one', 'two']);
    stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    terminal.out.lines(['three']);
    expect(stdout.written).toEqual(['one\ntwo\n']);
    stderr.failing = true;
    terminal.err.write('lost');
    stderr.failing = false;
    terminal.err.write('lost as well');
    expect(stderr.written).toEqual([]);
  });

  it('tells changes of size until told to stop', () => {
    const { stderr, terminal } = open();
    let calls = 0;
    const stop = terminal.onResize(() => {
      calls++;
    });
    stderr.emit('resize');
    stop();
    stderr.emit('resize');
    expect(calls).toBe(1);
  });
});

describe('style', () => {
  it('replaces what cannot be shown by as many columns of ASCII', () => {
    const style = makeStyle({ color: true, unicode: false });
    const line = `${style.paint('good', '✓')} 85 µs … 購入 é ━━── ● → 3×`;
    const encoded = style.encode(line);
    expect(encoded).toBe(`${style.paint('good', '+')} 85 us ~ ???? ? ==-- * > 3x`);
    expect(textWidth(encoded)).toBe(textWidth(line));
  });

  it('has no codes without colour', () => {
    const style = makeStyle({ color: false, unicode: true });
    expect(style.paint('bad', 'x') + style.badge('good', 'PASSED')).toBe('xPASSED');
  });
});
