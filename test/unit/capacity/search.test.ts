import { describe, expect, test } from 'vitest';
import { CapacitySearch, type ProbeVerdict, type SearchLimits } from '../../../runner/capacity/search.ts';

const LIMITS: SearchLimits = { startRate: 50, maxRate: 5000, precision: 0.05 };

/** Runs a search against a system; the probed rates in order. */
function run(limits: SearchLimits, system: (rate: number) => ProbeVerdict) {
  const search = new CapacitySearch(limits);
  const rates: number[] = [];
  for (let step = search.next(); step.kind === 'probe'; step = search.next()) {
    rates.push(step.rate);
    if (rates.length > 200) throw new Error(`no end: ${rates.join(' ')}`);
    search.report(system(step.rate));
  }
  const step = search.next();
  return { rates, bracket: search.bracket, end: step.kind === 'done' ? step.end : undefined };
}

const sharp =
  (capacity: number) =>
  (rate: number): ProbeVerdict => ({ held: rate <= capacity, clear: true });

describe('a system with a sharp limit', () => {
  test('grows by doubling, then bisects by the geometric mean', () => {
    const { rates, bracket, end } = run(LIMITS, sharp(300));
    expect(rates).toEqual([50, 100, 200, 400, 283, 336, 308, 295, 308]);
    expect(bracket).toEqual({ held: 295, failed: 308 });
    expect(end).toBe('found');
  });

  test.each([51, 99.5, 100, 137, 249, 250, 1000, 3333, 4999])('%d/s is bracketed', (capacity) => {
    for (const precision of [0.2, 0.05, 0.01, 0.005]) {
      const { bracket, rates } = run({ ...LIMITS, precision }, sharp(capacity));
      const { held, failed } = bracket as { held: number; failed: number };
      expect(held).toBeLessThanOrEqual(capacity);
      expect(failed).toBeGreaterThan(capacity);
      expect(failed / held).toBeLessThanOrEqual(1 + precision + 1e-9);
      // Doubling from 50 to 5000 takes 8 probes, halving a factor of two to 0.5 % another 8; roundings a few.
      expect(rates.length).toBeLessThanOrEqual(20);
      // Only what bounds the answer is seen twice.
      expect(new Set(rates).size).toBe(rates.length - 1);
      expect(rates.at(-1)).toBe(failed);
    }
  });

  test('goes down where the first rate fails', () => {
    const { rates, bracket } = run(LIMITS, sharp(11));
    expect(rates.slice(0, 4)).toEqual([50, 25, 12.5, 6.25]);
    expect(bracket.held).toBeLessThanOrEqual(11);
    expect(bracket.failed).toBeGreaterThan(11);
  });

  test('ends where not even a 64th of the first rate holds', () => {
    const { rates, bracket, end } = run(LIMITS, sharp(0));
    expect(rates).toEqual([50, 25, 12.5, 6.25, 3.125, 1.5625, 0.78125]);
    expect(bracket).toEqual({ held: null, failed: 0.78125 });
    expect(end).toBe('below');
  });

  test('tries maxRate itself, and ends where it holds', () => {
    const { rates, bracket, end } = run({ ...LIMITS, maxRate: 300 }, sharp(1e9));
    expect(rates).toEqual([50, 100, 200, 300]);
    expect(bracket).toEqual({ held: 300, failed: null });
    expect(end).toBe('above');
  });

  test('a search from maxRate is one probe where it holds', () => {
    expect(run({ startRate: 7, maxRate: 7, precision: 0.05 }, sharp(10)).rates).toEqual([7]);
  });
});

describe('the rule of confidence', () => {
  const unclear = (held: boolean): ProbeVerdict => ({ held, clear: false });
  const clear = (held: boolean): ProbeVerdict => ({ held, clear: true });

  test.each<[string, ProbeVerdict[], boolean]>([
    ['a clear outcome decides at once', [clear(true)], true],
    ['a clear failure decides at once', [clear(false)], false],
    ['two that agree', [unclear(true), unclear(true)], true],
    ['two of three', [unclear(true), unclear(false), unclear(true)], true],
    ['two of three failed', [unclear(true), unclear(false), unclear(false)], false],
    [
      'a clear one after one that differed is not that clear',
      [unclear(true), clear(false), clear(false)],
      false,
    ],
  ])('%s', (_, outcomes, held) => {
    const search = new CapacitySearch(LIMITS);
    for (const [n, outcome] of outcomes.entries()) {
      expect(search.next(), `before outcome ${n}`).toEqual({ kind: 'probe', rate: 50 });
      search.report(outcome);
    }
    expect(search.bracket).toEqual(held ? { held: 50, failed: null } : { held: null, failed: 50 });
    expect(search.next()).toEqual({ kind: 'probe', rate: held ? 100 : 25 });
  });

  test('a report after the end changes nothing', () => {
    const search = new CapacitySearch({ startRate: 7, maxRate: 7, precision: 0.05 });
    search.report(clear(true));
    search.report(clear(false));
    expect(search.bracket).toEqual({ held: 7, failed: null });
  });
});

/** Standard normal numbers from a fixed sequence. */
function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

describe('a failure that was a hiccup', () => {
  /** A system with a sharp limit that fails clearly at these probes besides, by their place. */
  const hiccups = (capacity: number, at: readonly number[]) => {
    let n = 0;
    return (rate: number): ProbeVerdict => ({ held: !at.includes(n++) && rate <= capacity, clear: true });
  };

  test('at the first probe: the search comes back to where it began, and goes on up', () => {
    const { rates, bracket } = run(LIMITS, hiccups(300, [0]));
    expect(rates.slice(0, 2)).toEqual([50, 25]);
    expect(rates.filter((rate) => rate === 50)).toHaveLength(3);
    expect(bracket.held as number).toBeLessThanOrEqual(300);
    expect(bracket.failed as number).toBeGreaterThan(300);
    expect((bracket.failed as number) / (bracket.held as number)).toBeLessThanOrEqual(1.05);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('at probe %d: the limit is found all the same', (at) => {
    const { bracket, end } = run(LIMITS, hiccups(300, [at]));
    expect(end).toBe('found');
    expect(bracket.held as number).toBeLessThanOrEqual(300);
    expect(bracket.failed as number).toBeGreaterThan(300);
  });

  test('two of them at one rate are believed', () => {
    const { bracket } = run({ startRate: 100, maxRate: 100, precision: 0.5 }, hiccups(300, [0, 3]));
    // 100 fails, 50 holds, 70.7 holds; then 100 is probed again and fails again.
    expect(bracket).toEqual({ held: 70.7, failed: 100 });
  });
});

test('with noise the majority finds the limit more often than single probes do', () => {
  // Each probe sees the limit moved by 3 % (one standard deviation); what is nearer than 6 % is not clear.
  const miss = (seed: number, repeats: boolean): number => {
    const normal = normals(seed);
    const { bracket } = run({ ...LIMITS, precision: 0.02 }, (rate) => {
      const seen = 1000 * Math.exp(0.03 * normal());
      return { held: rate <= seen, clear: !repeats || Math.abs(Math.log(rate / seen)) > 0.06 };
    });
    return Math.abs(Math.log((bracket.held as number) / 1000));
  };
  const seeds = Array.from({ length: 300 }, (_, i) => 17 * i + 1);
  const share = (repeats: boolean): number => seeds.filter((seed) => miss(seed, repeats) > 0.05).length / 300;
  const [single, majority] = [share(false), share(true)];
  expect(majority).toBeLessThan(0.1);
  expect(majority).toBeLessThan(single / 1.5);
});
