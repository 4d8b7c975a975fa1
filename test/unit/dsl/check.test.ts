import { describe, expect, it } from 'vitest';
import { createCheck } from '../../../dsl/check.ts';
import { FakeHost } from '../../helpers/host.ts';

function setup() {
  const host = new FakeHost();
  return { host, check: createCheck(host) };
}

describe('check', () => {
  it('counts every condition by its name and tells whether all passed', () => {
    const { host, check } = setup();
    expect(check(4, { 'is even': (n) => n % 2 === 0, 'is big': (n) => n > 10 })).toBe(false);
    expect(check(12, { 'is even': (n) => n % 2 === 0, 'is big': (n) => n > 10 })).toBe(true);
    expect(host.samples.map((s) => [s.tags.check, s.value])).toEqual([
      ['is even', 1],
      ['is big', 0],
      ['is even', 1],
      ['is big', 1],
    ]);
  });

  it('takes any truthy or falsy outcome', () => {
    const { host, check } = setup();
    check('x', { text: (v) => v, none: () => undefined, zero: () => 0 });
    expect(host.values('checks')).toEqual([1, 0, 0]);
  });

  it('waits for async conditions, all of them at once', async () => {
    const { host, check } = setup();
    const outcome = check(1, {
      slow: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return true;
      },
      no: async () => false,
    });
    expect(outcome).toBeInstanceOf(Promise);
    expect(await outcome).toBe(false);
    expect(new Map(host.samples.map((s) => [s.tags.check, s.value]))).toEqual(
      new Map([
        ['slow', 1],
        ['no', 0],
      ]),
    );
  });

  it('mixes conditions that wait and conditions that do not', async () => {
    const { check } = setup();
    expect(await check(1, { now: async () => true, broken: () => Promise.resolve(true) })).toBe(true);
    const conditions: Record<string, () => unknown> = { no: () => false, yes: async () => true };
    const mixed = check(1, conditions);
    expect(await Promise.resolve(mixed)).toBe(false);
  });

  it('awaits a value that is a promise', async () => {
    const { host, check } = setup();
    expect(await check(Promise.resolve({ status: 200 }), { ok: (r) => r.status === 200 })).toBe(true);
    expect(host.values('checks')).toEqual([1]);
  });

  it('counts a condition that throws as failed and reports why, without throwing', async () => {
    const { host, check } = setup();
    const thrower = (): boolean => {
      throw new Error('no such field');
    };
    expect(check(1, { 'has a name': thrower })).toBe(false);
    expect(await check(1, { rejects: () => Promise.reject(new Error('too late')) })).toBe(false);
    expect(host.values('checks')).toEqual([0, 0]);
    expect(host.counted).toEqual([
      { label: "check 'has a name'", code: 0, message: 'no such field' },
      { label: "check 'rejects'", code: 0, message: 'too late' },
    ]);
  });

  it('puts tags of its own beside those of the VU and the group', () => {
    const { host, check } = setup();
    host.inGroup('cart', () => check(1, { one: (v) => v === 1 }, { region: 'eu' }));
    expect(host.tagsOf('checks')).toEqual([
      { scenario: 'default', group: '::cart', check: 'one', region: 'eu' },
    ]);
  });

  it('says what is missing when the conditions are', () => {
    const { check } = setup();
    expect(() => check(1, undefined as unknown as Record<string, () => boolean>)).toThrow(
      /conditions are missing/,
    );
  });
});
