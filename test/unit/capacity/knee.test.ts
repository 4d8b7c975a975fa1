import { expect, test } from 'vitest';
import { kneeOf } from '../../../runner/capacity/knee.ts';

/** The curve of a queue with service time 1 ms, by utilization in percent. */
const curve = (wait: (rho: number) => number, step = 1) =>
  Array.from({ length: Math.floor(99 / step) }, (_, i) => {
    const rho = ((i + 1) * step) / 100;
    return { rate: 1000 * rho, achieved: 1000 * rho, avgMs: 1 + wait(rho) };
  });

test('of M/M/1: half of the capacity', () => {
  expect(kneeOf(curve((rho) => rho / (1 - rho)))).toBe(500);
});

test('of M/D/1: 2 - sqrt(2) = 58.6 %', () => {
  expect(kneeOf(curve((rho) => rho / (2 * (1 - rho))))).toBe(590);
});

test('without waiting: where it is full', () => {
  expect(kneeOf(curve(() => 0))).toBe(990);
});

test('above the capacity throughput no longer grows', () => {
  const points = [
    { rate: 100, achieved: 100, avgMs: 10 },
    { rate: 200, achieved: 200, avgMs: 12 },
    { rate: 400, achieved: 250, avgMs: 900 },
  ];
  expect(kneeOf(points)).toBe(200);
});

test('probes of one rate count as their mean', () => {
  const lucky = { rate: 200, achieved: 200, avgMs: 5 };
  const unlucky = { rate: 200, achieved: 200, avgMs: 40 };
  const steady = { rate: 100, achieved: 100, avgMs: 5 };
  expect(kneeOf([lucky, steady])).toBe(200);
  expect(kneeOf([lucky, unlucky, unlucky, steady])).toBe(100);
});

test('nothing completed: none', () => {
  expect(kneeOf([])).toBeNull();
  expect(kneeOf([{ rate: 5, achieved: 0, avgMs: null }])).toBeNull();
});
