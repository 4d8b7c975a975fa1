import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../../dsl/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['200ms', 200],
    ['1s', 1000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['500us', 0.5],
    ['500µs', 0.5],
    ['10ns', 1e-5],
    ['250', 250],
    [' 3s ', 3000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9);
  });

  it.each(['', 's', '1 s', '1y', '-1s', '1s2', 'abc', '1s,', '1e3s', 'Infinity'])("'%s' is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [5, '5ms'],
    [999.5, '999.5ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [90_061_000, '1d1h1m1s'],
  ])('%d ms is %s, and back', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
