import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  formatRate,
  formatSpan,
  formatStat,
} from '../../../runner/terminal/format.ts';

describe('formatMs', () => {
  it.each([
    [0, '0 ms'],
    [0.0004, '<1 µs'],
    [0.001, '1 µs'],
    [0.085, '85 µs'],
    [0.0856, '86 µs'],
    [0.4, '400 µs'],
    [0.9994, '999 µs'],
    [0.9996, '1 ms'],
    [1, '1 ms'],
    [1.4, '1.4 ms'],
    [9.876, '9.88 ms'],
    [11.2, '11.2 ms'],
    [640, '640 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1200, '1.2 s'],
    [59_960, '60 s'],
    [119_900, '120 s'],
    [125_000, '2m05s'],
    [3_600_000, '1h00m'],
    [7_500_000, '2h05m'],
    [-12.5, '-12.5 ms'],
    [null, '–'],
    [undefined, '–'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%j is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('gives more digits when asked', () => {
    expect(formatMs(500.4, 4)).toBe('500.4 ms');
    expect(formatMs(0.08561, 4)).toBe('85.61 µs');
    expect(formatMs(125_400, 4)).toBe('125.4 s');
  });
});

describe('formatPercent', () => {
  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50.0 %'],
    [0.998, '99.8 %'],
    [0.9996, '99.96 %'],
    [0.99996, '>99.99 %'],
    [0.99999999, '>99.99 %'],
    [0.0004, '0.04 %'],
    [0.00004, '<0.01 %'],
    [1e-12, '<0.01 %'],
    [0.01, '1.0 %'],
    [1.25, '125.0 %'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('%j is %s', (share, text) => {
    expect(formatPercent(share)).toBe(text);
  });

  it('never says all or none of a count that is neither', () => {
    for (const total of [3, 999, 10_000, 1_000_000, 999_999_937]) {
      expect(formatPercent(1 / total)).not.toMatch(/^0(\.0+)? %$/);
      expect(formatPercent((total - 1) / total)).not.toMatch(/^100/);
    }
  });
});

describe('counts, rates, bytes, spans', () => {
  it.each([
    [0, '0'],
    [9999, '9999'],
    [10_000, '10 000'],
    [1_234_567, '1 234 567'],
    [-16_071, '-16 071'],
    [2_147_483_648, '2 147 483 648'],
    [0.5, '0.5'],
    [12_345.678, '12 346'],
    [0.000000123, '0.000000123'],
    [null, '–'],
  ])('count %j is %s', (value, text) => {
    expect(formatCount(value)).toBe(text);
  });

  it.each([
    [0, '0'],
    [1 / 3, '0.333'],
    [53.57, '53.6'],
    [1607.03, '1607'],
    [16_071.9, '16 072'],
    [undefined, '–'],
  ])('rate %j is %s', (value, text) => {
    expect(formatRate(value)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.9, '1 kB'],
    [1500, '1.5 kB'],
    [999_999, '1 MB'],
    [212_000_000, '212 MB'],
    [3.1e12, '3.1 TB'],
    [-2048, '-2.05 kB'],
  ])('%j bytes are %s', (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it.each([
    [412, 'tenths', '0.4 s'],
    [30_412, 'tenths', '30.4 s'],
    [59_960, 'tenths', '1m00s'],
    [90_000, 'tenths', '1m30s'],
    [7_500_000, 'tenths', '2h05m'],
    [59_960, 'whole', '59s'],
    [0, 'whole', '0s'],
    [-1, 'whole', '–'],
  ] as const)('a span of %i ms in %s is %s', (ms, precision, text) => {
    expect(formatSpan(ms, precision)).toBe(text);
  });
});

describe('formatStat', () => {
  it.each([
    ['p(95)', 12.5, 'trend', 'ms', '12.5 ms'],
    ['count', 16_071, 'trend', 'ms', '16 071'],
    ['count', 5_912_345, 'counter', 'bytes', '5.91 MB'],
    ['rate', 197_078, 'counter', 'bytes', '197 kB/s'],
    ['rate', 1607, 'counter', 'count', '1607/s'],
    ['rate', 0.998, 'rate', 'ratio', '99.8 %'],
    ['passes', 5, 'rate', 'ratio', '5'],
    ['value', 0.61, 'gauge', 'ratio', '61.0 %'],
    ['slope', 1000, 'gauge', 'bytes', '1 kB/s'],
    ['max', undefined, 'gauge', 'none', '–'],
    ['rate', undefined, 'counter', 'count', '–'],
  ] as const)('%s %j of a %s in %s is %s', (stat, value, type, unit, text) => {
    expect(formatStat(stat, value, { type, unit })).toBe(text);
  });
});
