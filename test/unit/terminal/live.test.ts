import { describe, expect, it } from 'vitest';
import type { LiveState } from '../../../runner/summary/model.ts';
import { stripColors } from '../../../runner/terminal/clean.ts';
import { renderLive, renderProgress } from '../../../runner/terminal/live.ts';
import { makeStyle, PLAIN_STYLE } from '../../../runner/terminal/style.ts';
import { textWidth } from '../../../runner/terminal/width.ts';
import { expectGolden } from './golden.ts';
import { BUSY, live, scenario } from './live-states.ts';

const COLOR = makeStyle({ color: true, unicode: true });

const MANY: LiveState = live({
  scenarios: Array.from({ length: 40 }, (_, i) =>
    scenario({ name: `s${i}`, state: i < 20 ? 'done' : i < 25 ? 'running' : 'waiting' }),
  ),
});

function render(state: LiveState, width = 80, height = 24): string {
  return renderLive(state, width, height, PLAIN_STYLE).join('\n');
}

describe('golden live views', () => {
  for (const width of [40, 60, 80, 120]) {
    it(`at ${width} columns`, () => {
      const lines = [live(), BUSY, MANY].flatMap((state) => [
        ...renderLive(state, width, 20, PLAIN_STYLE),
        '----',
      ]);
      expectGolden(`live-${width}`, lines);
    });
  }

  it('in colour, and in ASCII', () => {
    expectGolden('live-color', renderLive(BUSY, 100, 24, COLOR));
    expectGolden('live-ascii', renderLive(BUSY, 100, 24, makeStyle({ color: false, unicode: false })));
  });
});

describe('size', () => {
  it('never exceeds width or height', () => {
    const phases = ['bundling', 'preparing', 'setup', 'running', 'stopping', 'teardown', 'done'] as const;
    for (const state of [live(), live({ scenarios: [] }), BUSY, MANY]) {
      for (const phase of phases) {
        for (let width = 20; width <= 140; width += 9) {
          for (const height of [1, 2, 3, 5, 8, 24]) {
            const lines = renderLive({ ...state, phase }, width, height, COLOR);
            expect(lines.length).toBeLessThanOrEqual(height);
            for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(width);
          }
        }
      }
    }
  });

  it('folds scenarios that do not fit, finished ones first', () => {
    const text = render(MANY, 80, 12);
    for (const name of ['s20', 's21', 's22', 's23', 's24']) expect(text).toContain(`● ${name} `);
    expect(text).not.toContain('✓');
    expect(text).toMatch(/… \d+ more: \d+ waiting, 20 done/);
  });

  it('counts every folded scenario once', () => {
    for (const height of [6, 10, 15, 30]) {
      const text = render(MANY, 80, height);
      const shown = text.split('\n').filter((l) => /^ {2}[●○✓] /.test(l)).length;
      const folded = Number(/… (\d+) more/.exec(text)?.[1] ?? 0);
      expect(shown + folded).toBe(40);
    }
  });
});

describe('content', () => {
  it('shows rate, p95 and failures', () => {
    expect(render(live())).toContain('1607 req/s   p95 142 ms   failed 0 %   iterations 535/s');
  });

  it('sets the rate against its target where every running scenario has one', () => {
    const buy = scenario({ name: 'buy', targetRate: 500 });
    const sell = scenario({ name: 'sell', targetRate: 100 });
    expect(render(live({ scenarios: [buy, sell] }))).toContain('iterations 535 of 600/s');
    const done = scenario({ state: 'done' });
    const waiting = scenario({ state: 'waiting' });
    expect(render(live({ scenarios: [buy, waiting] }))).toContain('iterations 535 of 500/s');
    for (const loop of [scenario(), done]) {
      expect(render(live({ scenarios: [buy, loop] }))).toContain('iterations 535/s');
    }
  });

  it('leaves out request numbers before the first request', () => {
    const text = render(live({ requests: 0, requestsPerSecond: 0, p95Ms: null, failedRate: null }));
    expect(text).not.toContain('req/s');
    expect(text).toContain('iterations 535/s');
  });

  it('names failing thresholds, few of them', () => {
    const text = render(BUSY);
    expect(text).toContain('✗ http_req_duration{scenario:buy} p(99)<500');
    expect(text).toContain('… 2 more failing');
    expect(render(BUSY, 80, 10)).toContain('… 4 more failing');
  });

  it('fills a bar only when done', () => {
    const bar = (progress: number) =>
      /[━─]+/.exec(render(live({ scenarios: [scenario({ progress })] })))?.[0];
    expect(bar(0)).toBe('─'.repeat(20));
    expect(bar(0.5)).toBe('━'.repeat(10) + '─'.repeat(10));
    expect(bar(0.999)).toBe(`${'━'.repeat(19)}─`);
    expect(bar(1)).toBe('━'.repeat(20));
    expect(bar(7)).toBe('━'.repeat(20));
    expect(bar(Number.NaN)).toBe('─'.repeat(20));
  });

  it.each([
    ['bundling', 'checkout.ts  bundling the script'],
    ['preparing', 'checkout.ts  preparing VUs'],
    ['setup', 'checkout.ts  running setup'],
  ] as const)('is one line while %s', (phase, line) => {
    expect(render(live({ phase }))).toBe(`  ${line}`);
  });

  it('is nothing when done', () => {
    expect(renderLive(live({ phase: 'done' }), 80, 24, PLAIN_STYLE)).toEqual([]);
  });

  it('lets no escape through', () => {
    expect(render(BUSY)).not.toContain('\u001b');
    const lines = renderLive(BUSY, 200, 30, COLOR).map(stripColors);
    for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
  });
});

describe('renderProgress', () => {
  it('is one plain line', () => {
    expect(renderProgress(live(), PLAIN_STYLE)).toBe(
      'running 12s/30s  50 VUs  1607 req/s  p95 142 ms  failed 0 %  iterations 535/s',
    );
    expect(renderProgress(BUSY, PLAIN_STYLE)).toContain(
      '12 dropped  5 failing: http_req_duration{scenario:buy} p(99)<500; ',
    );
  });
});
