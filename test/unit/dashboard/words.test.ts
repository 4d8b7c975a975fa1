import { describe, expect, it } from 'vitest';
import type { LiveRun } from '../../../runner/dashboard/wire.ts';
import { pageData } from '../../../runner/page/build.ts';
import { barWords, progressOf, titleOf } from '../../../runner/page/client/live/words.ts';
import { madeUpRun } from '../../helpers/made-up-run.ts';
import { live, scenario } from '../terminal/live-states.ts';

const { summary, course } = madeUpRun({ seconds: 2, perSecond: 5, names: ['a'] });
const PAGE = pageData({ state: 'ended', summary, course });

function run(changes: Partial<LiveRun> = {}): LiveRun {
  return { run: 'r', live: live(), page: null, end: null, ...changes };
}

describe('progress', () => {
  it.each([
    [live(), 0.41],
    [live({ elapsedMs: 31_000 }), 1],
    [live({ phase: 'setup' }), undefined],
    [live({ phase: 'teardown' }), 1],
    [live({ durationMs: 0, scenarios: [scenario({ progress: 0.7 }), scenario({ progress: 0.2 })] }), 0.2],
  ])('%#', (state, expected) => {
    const found = progressOf(state);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(expected, 5);
  });
});

describe('the bar and the title', () => {
  it('say how far it is, and what fails', () => {
    expect(barWords(run(), 'open')).toMatchObject({
      tone: 'plain',
      state: 'Running',
      detail: '12s of 30s, 17s left',
    });
    const failing = run({ live: live({ thresholdsFailing: ['a', 'b'] }) });
    expect(barWords(failing, 'open')).toMatchObject({
      tone: 'bad',
      detail: '12s of 30s, 17s left; 2 thresholds failing',
    });
    expect(titleOf(run(), 'open')).toBe('41 % checkout.ts');
    expect(titleOf(failing, 'open')).toBe('✗ 41 % checkout.ts');
  });

  it('say what goes on where there is no time to tell', () => {
    expect(barWords(undefined, 'opening').state).toBe('Connecting');
    expect(barWords(run({ live: live({ phase: 'setup' }) }), 'open')).toMatchObject({
      state: 'Running setup',
      detail: '',
      progress: undefined,
    });
    expect(barWords(run({ live: live({ durationMs: 0 }) }), 'open').detail).toBe('12s');
  });

  it('say that nothing is heard, but not of a run that is over', () => {
    expect(barWords(run(), 'lost')).toMatchObject({ tone: 'warn', state: 'Connection lost' });
    expect(titleOf(run(), 'lost')).toBe('lost: checkout.ts');
    const over = run({ page: PAGE, end: 'ended' });
    expect(barWords(over, 'lost')).toMatchObject({ tone: 'good', state: 'Run over: passed' });
    expect(titleOf(over, 'lost')).toBe('passed: checkout.ts');
  });

  it('send to the terminal for a load that never began', () => {
    const never = run({ end: 'unstarted' });
    expect(barWords(never, 'open')).toMatchObject({ tone: 'bad', state: 'Run over' });
    expect(titleOf(never, 'open')).toBe('not started: checkout.ts');
  });
});
