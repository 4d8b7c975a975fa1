import { describe, expect, it } from 'vitest';
import { LiveView, nextPlainLineMs } from '../../../runner/terminal/live-view.ts';
import { memoryTerminal } from '../../../runner/terminal/memory-terminal.ts';
import { BUSY, live } from './live-states.ts';
import { Screen } from './screen.ts';

/** A window with an emulated screen, and a clock that the test moves. */
function windowed(width = 80, height = 24) {
  const clock = { ms: 0 };
  const terminal = memoryTerminal({ width, height, interactive: true, color: true });
  const view = new LiveView(terminal, { now: () => clock.ms });
  const screen = () => {
    const emulated = new Screen(width);
    emulated.write(terminal.errText());
    return emulated;
  };
  return { clock, terminal, view, screen };
}

describe('in a window', () => {
  it('redraws in place', () => {
    const { clock, view, screen } = windowed();
    for (let second = 0; second < 5; second++) {
      clock.ms = second * 1000;
      view.update(live({ elapsedMs: clock.ms, requestsPerSecond: 100 + second }));
    }
    const rows = screen().rows();
    expect(rows[0]).toBe('  checkout.ts  running  4s of 30s');
    expect(rows.filter((row) => row.includes('req/s'))).toEqual([
      '  104 req/s   p95 142 ms   failed 0 %   iterations 535/s',
    ]);
  });

  it('leaves nothing of a block that was taller', () => {
    const { clock, view, screen } = windowed();
    view.update(live({ thresholdsFailing: ['checks rate>0.99', 'x p(95)<1'] }));
    clock.ms = 1000;
    view.update(live());
    expect(screen().rows().join('\n')).not.toContain('✗');
    expect(screen().rows()).toHaveLength(5);
  });

  it('draws at most ten times a second, and a change of phase at once', () => {
    const { clock, terminal, view } = windowed();
    const draws = () => terminal.errText().split('\u001b[?2026h').length - 1;
    for (clock.ms = 0; clock.ms < 1000; clock.ms += 5) view.update(live());
    expect(draws()).toBe(10);
    view.update(live({ phase: 'stopping' }));
    expect(draws()).toBe(11);
  });

  it('puts lines of the script above the block, in order, and redraws no more often for them', () => {
    const { clock, terminal, view, screen } = windowed();
    view.log('info', 'before the start');
    view.update(live());
    const before = terminal.errText().length;
    for (let i = 0; i < 50; i++) view.log(i === 49 ? 'error' : 'info', `line ${i}\nand more`);
    expect(terminal.errText().length).toBe(before);
    clock.ms = 200;
    view.update(live());
    const rows = screen().rows();
    expect(rows[0]).toBe('before the start');
    expect(rows[1]).toBe('line 0');
    expect(rows[2]).toBe('and more');
    expect(rows[99]).toBe('error line 49');
    expect(rows[101]).toBe('  checkout.ts  running  12s of 30s');
    expect(rows).toHaveLength(101 + 5);
  });

  it('takes the block away, writes what was waiting, and shows the cursor again', () => {
    const { view, screen } = windowed();
    view.update(live());
    expect(screen().cursorVisible).toBe(false);
    view.log('info', 'last words');
    view.close();
    view.close();
    expect(screen().cursorVisible).toBe(true);
    expect(screen().rows()).toEqual(['last words']);
    view.update(live());
    view.log('warn', 'after the end');
    expect(screen().rows()).toEqual(['last words', 'warn after the end']);
  });

  it('restores the window when the process ends', () => {
    const { terminal, view, screen } = windowed();
    view.update(live());
    terminal.exit();
    expect(screen().cursorVisible).toBe(true);
    expect(screen().rows()).toEqual([]);
  });

  it('hides no cursor before it has drawn', () => {
    const { terminal, view } = windowed();
    view.log('info', 'a');
    view.close();
    expect(terminal.errText()).toBe('a\n');
  });

  it('counts the rows of lines that a narrower window has wrapped', () => {
    const { terminal, view } = windowed(120);
    view.update(BUSY);
    const from = terminal.errText().length;
    terminal.resize(60, 40);
    const up = Number(/\[(\d+)A/.exec(terminal.errText().slice(from))?.[1]);
    // 13 lines of the block, and more rows for each that is longer than 60.
    expect(up).toBeGreaterThan(13);
    expect(up).toBeLessThanOrEqual(26);
  });

  it('stays within a low window', () => {
    const { view, screen } = windowed(80, 6);
    view.update(BUSY);
    expect(screen().rows().length).toBeLessThanOrEqual(4);
  });

  it('lets no script move the cursor, but keep its colours', () => {
    const { terminal, view, screen } = windowed();
    view.log('info', '\u001b[31mred\u001b[0m\u001b[2J\u001b[5A\u0007 text');
    expect(screen().rows()).toEqual(['red text']);
    expect(terminal.errText()).toContain('\u001b[31mred');
  });
});

describe('piped', () => {
  function piped(quiet = false) {
    const clock = { ms: 0 };
    const terminal = memoryTerminal({ width: 120 });
    const view = new LiveView(terminal, { quiet, now: () => clock.ms });
    return { clock, terminal, view, lines: () => terminal.errText().split('\n').slice(0, -1) };
  }

  it('prints a line after a second and then ever more rarely', () => {
    const { view, lines } = piped();
    for (let ms = 0; ms <= 600_000; ms += 250) view.update(live({ elapsedMs: ms, durationMs: 600_000 }));
    const times = lines().map((line) => /^running (\S+)\//.exec(line)?.[1]);
    expect(times).toEqual(
      '1s 10s 20s 30s 40s 50s 1m00s 1m30s 2m00s 2m30s 3m00s 3m30s 4m00s 4m30s 5m00s 6m00s 7m00s 8m00s 9m00s 10m00s'.split(
        ' ',
      ),
    );
  });

  it('has no escapes', () => {
    const { terminal, view } = piped();
    view.update(BUSY);
    view.log('info', '\u001b[31mred\u001b[0m');
    view.close();
    expect(terminal.errText()).not.toContain('\u001b');
    expect(terminal.errText()).toMatch(/^running 12s.*\nred\n$/);
  });

  it('tells a step before the run only where it takes long', () => {
    const { clock, view, lines } = piped();
    for (clock.ms = 0; clock.ms < 900; clock.ms += 100) view.update(live({ phase: 'bundling' }));
    for (; clock.ms < 5000; clock.ms += 100) view.update(live({ phase: 'setup' }));
    expect(lines()).toEqual(['checkout.ts: running setup …']);
  });

  it('writes nothing to out', () => {
    const { terminal, view } = piped();
    view.update(live());
    view.log('info', 'x');
    view.close();
    expect(terminal.outText()).toBe('');
  });

  it('is silent when quiet, but for the lines of the script', () => {
    const { view, lines } = piped(true);
    for (let ms = 0; ms < 60_000; ms += 1000) view.update(live({ elapsedMs: ms }));
    view.log('warn', 'series were capped');
    view.close();
    expect(lines()).toEqual(['warn series were capped']);
  });
});

describe('nextPlainLineMs', () => {
  it.each([
    [0, 1000],
    [1000, 10_000],
    [12_300, 20_000],
    [60_000, 90_000],
    [299_999, 300_000],
    [300_000, 360_000],
  ])('after %i ms it is %i', (elapsed, next) => {
    expect(nextPlainLineMs(elapsed)).toBe(next);
  });
});

describe('the address of the dashboard', () => {
  const dashboard = 'http://127.0.0.1:5665/';

  it('stands in the block, from the first step on', () => {
    const { view, screen } = windowed();
    view.update(live({ phase: 'bundling', dashboard }));
    expect(screen().rows()).toEqual(['  checkout.ts  bundling the script', `  dashboard ${dashboard}`]);
    view.update(live({ dashboard }));
    expect(screen().rows().at(-1)).toBe(`  dashboard ${dashboard}`);
  });

  it.each([false, true])('is one line elsewhere, when the script is loaded (quiet: %s)', (quiet) => {
    const terminal = memoryTerminal({});
    const view = new LiveView(terminal, { quiet, now: () => 0 });
    for (const phase of ['bundling', 'preparing'] as const) view.update(live({ phase, dashboard }));
    expect(terminal.errText()).toBe('');
    for (const phase of ['setup', 'running'] as const) view.update(live({ phase, dashboard, elapsedMs: 0 }));
    expect(terminal.errText()).toBe(`dashboard: ${dashboard}\n`);
  });
});
