import { describe, expect, test } from 'vitest';
import { RateCurve } from '../../../workers/plan/rate-curve.ts';
import type { RateSegment } from '../../../workers/plan/types.ts';

const HOUR = 3_600_000;

function segment(durationMs: number, fromPerS: number, toPerS: number): RateSegment {
  return { durationMs, fromPerMs: fromPerS / 1000, toPerMs: toPerS / 1000 };
}

describe('timeOf is the inverse of areaAt', () => {
  const curves: readonly (readonly [name: string, segments: readonly RateSegment[]])[] = [
    ['flat', [segment(60_000, 1000, 1000)]],
    ['rising from zero', [segment(60_000, 0, 1000)]],
    ['falling to zero', [segment(60_000, 1000, 0)]],
    ['almost flat, rising', [segment(60_000, 1000, 1000 + 1e-9)]],
    ['almost flat, falling', [segment(60_000, 1000, 1000 - 1e-9)]],
    ['far below one per second', [segment(24 * HOUR, 0.001, 0.002)]],
    ['fast and long', [segment(24 * HOUR, 50_000, 20_000)]],
    ['up, hold, down', [segment(5000, 0, 1), segment(1000, 1, 1), segment(5000, 1, 0)]],
    ['with a pause', [segment(1000, 100, 100), segment(HOUR, 0, 0), segment(1000, 0, 100)]],
    ['with a jump', [segment(1000, 10, 10), segment(1000, 500, 500)]],
    ['a millisecond', [segment(1, 0, 1000)]],
  ];
  test.each(curves)('%s', (_, segments) => {
    const curve = new RateCurve(segments);
    let before = 0;
    for (let part = 0; part <= 1000; part++) {
      const area = (curve.area * part) / 1000;
      const ms = curve.timeOf(area) as number;
      expect(ms).toBeGreaterThanOrEqual(before);
      expect(ms).toBeLessThanOrEqual(curve.durationMs);
      expect(Math.abs(curve.areaAt(ms) - area)).toBeLessThanOrEqual(1e-9 * Math.max(1, curve.area));
      before = ms;
    }
  });
});

test('an arrival that a segment completes is not held back by the pause after it', () => {
  // Areas such as 0.1 + 0.2 don't add up exactly.
  const thirds = [segment(1000, 0.1, 0.1), segment(1000, 0.2, 0.2), segment(1000, 0.7, 0.7)];
  const curve = new RateCurve([...thirds, segment(HOUR, 0, 0), segment(10_000, 1, 1)]);
  expect(curve.timeOf(1)).toBeCloseTo(3000, 6);
});

test('past the end there is nothing, at the very end there is', () => {
  const curve = new RateCurve([segment(5000, 0, 1), segment(1000, 1, 1), segment(5000, 1, 0)]);
  expect(curve.timeOf(6)).toBeCloseTo(11_000, 6);
  expect(curve.timeOf(6.001)).toBeUndefined();
  expect(new RateCurve([]).timeOf(1)).toBeUndefined();
});

test('the rate at a time is on the line of its segment', () => {
  const curve = new RateCurve([segment(5000, 0, 10), segment(0, 10, 50), segment(1000, 50, 50)]);
  expect([-1, 0, 2500, 5000, 5999, 6000].map((ms) => curve.rateAt(ms) * 1000)).toEqual([0, 0, 5, 50, 50, 0]);
});
