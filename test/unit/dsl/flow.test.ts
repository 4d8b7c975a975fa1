import { describe, expect, it } from 'vitest';
import { FailError, InterruptedError } from '../../../dsl/errors.ts';
import { createGroup, createSleep, fail } from '../../../dsl/flow.ts';
import { FakeHost } from '../../helpers/host.ts';

describe('sleep', () => {
  it('waits for seconds, or for a duration with its unit', async () => {
    const sleep = createSleep(new FakeHost());
    for (const duration of [0.03, '30ms'] as const) {
      const started = performance.now();
      await sleep(duration);
      // A timer may fire a fraction of a millisecond early; how late depends on the machine.
      expect(performance.now() - started).toBeGreaterThan(28);
    }
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 'soon', '5 parsecs', undefined])(
    'refuses %s',
    (duration) => {
      const sleep = createSleep(new FakeHost());
      expect(() => sleep(duration as number)).toThrow(/expected seconds as a number or a duration/);
    },
  );

  it('rejects at once when the iteration is interrupted, and leaves no timer', async () => {
    const host = new FakeHost();
    const sleep = createSleep(host);
    const long = [sleep('1h'), sleep('1h')];
    host.interrupt(new InterruptedError());
    const outcomes = await Promise.allSettled(long);
    expect(outcomes.map((o) => o.status === 'rejected' && o.reason instanceof InterruptedError)).toEqual([
      true,
      true,
    ]);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThan(3);
    await expect(sleep(1)).rejects.toBeInstanceOf(InterruptedError);
  });
});

describe('group', () => {
  it('gives what the function gives and records its time under the group', async () => {
    const host = new FakeHost();
    const group = createGroup(host);
    expect(await group('checkout', () => 7)).toBe(7);
    expect(await group('pay', async () => 'done')).toBe('done');
    expect(host.tagsOf('group_duration').map((tags) => tags.scenario)).toEqual(['default', 'default']);
    expect(host.values('group_duration').every((ms) => ms >= 0)).toBe(true);
  });

  it('records the time of a group that fails, and passes the error on', async () => {
    const host = new FakeHost();
    const group = createGroup(host);
    await expect(
      group('bad', () => {
        throw new Error('inside');
      }),
    ).rejects.toThrow('inside');
    expect(host.values('group_duration')).toHaveLength(1);
  });

  it('records nothing of a group that was interrupted', async () => {
    const host = new FakeHost();
    const group = createGroup(host);
    const sleep = createSleep(host);
    const running = group('long', () => sleep('1h'));
    host.interrupt(new InterruptedError());
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    expect(host.values('group_duration')).toEqual([]);
  });

  it('refuses a name with the separator, and what is no function', async () => {
    const group = createGroup(new FakeHost());
    await expect(group('a::b', () => 1)).rejects.toThrow(/must not contain '::'/);
    await expect(group('a', 1 as unknown as () => number)).rejects.toThrow(/fn is not a function/);
  });
});

describe('fail', () => {
  it('throws an error of its own kind with the message', () => {
    expect(() => fail('no stock')).toThrow(FailError);
    expect(() => fail('no stock')).toThrow('no stock');
  });
});
