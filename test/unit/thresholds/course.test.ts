import { describe, expect, it } from 'vitest';
import { growth, slope } from '../../../runner/thresholds/course.ts';

/** One point a second. */
const points = (values: readonly number[]) => values.map((value, i) => ({ atMs: (i + 1) * 1000, value }));
const line = (n: number, perSecond: number) => Array.from({ length: n }, (_, i) => 100 + perSecond * i);

describe('growth', () => {
  it.each<[string, number[], number | undefined]>([
    ['nothing', [], undefined],
    ['too few points after the warm-up', [1, 2, 3], undefined],
    ['the fewest points: the first is warm-up', [99, 2, 3, 7], 5],
    ['a tenth of 20 points is two', [0, 50, ...line(18, 1)], 17],
    ['a fall', line(11, -2), -16],
  ])('%s', (_title, values, expected) => {
    expect(growth(points(values))).toBe(expected);
  });
});

describe('slope', () => {
  it('of a straight line is its rise per second', () => {
    expect(slope(points(line(60, 2.5)))).toBeCloseTo(2.5, 9);
  });

  it('of a flat course is 0, and undefined with too few points', () => {
    expect(slope(points(line(10, 0)))).toBe(0);
    expect(slope(points([1, 2, 3]))).toBeUndefined();
  });

  it('does not see a warm-up', () => {
    expect(slope(points([0, 10, 20, 30, 40, 50, ...Array.from({ length: 54 }, () => 60)]))).toBe(0);
  });

  it('is not moved by a quarter of outliers', () => {
    const values = line(100, 1).map((v, i) => (i % 4 === 0 ? v + 10_000 : v));
    expect(slope(points(values))).toBeCloseTo(1, 6);
  });

  it('is per second whatever the spacing of the points', () => {
    expect(slope(line(40, 1).map((value, i) => ({ atMs: i * 250, value })))).toBeCloseTo(4, 9);
  });

  it('takes a day of points in a moment and stays exact on a line', () => {
    const startedMs = performance.now();
    expect(slope(points(line(86_400, 0.25)))).toBeCloseTo(0.25, 6);
    // All 3.7 thousand million pairs would take a minute.
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('finds a leak of 10 KiB per request at 100/s under a sawtooth of collections', () => {
    const leak = Array.from({ length: 120 }, (_, s) => 50e6 + s * 1000 * 1024 + (s % 7) * 500_000);
    const found = slope(points(leak))!;
    expect(Math.abs(found / (1000 * 1024) - 1)).toBeLessThan(0.05);
  });
});
