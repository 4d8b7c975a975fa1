import { describe, expect, it } from 'vitest';
import type { MetricType, MetricUnit } from '../../../dsl/metrics.ts';
import { describeMiss, measuredText, missText, statOf } from '../../../runner/terminal/miss.ts';

type Case = readonly [
  threshold: string,
  value: number | null,
  limit: number | null,
  unit: MetricUnit,
  type: MetricType,
  sentence: string,
];

const CASES: readonly Case[] = [
  ['p(99)<500', 812, 500, 'ms', 'trend', '812 ms, 62 % over the limit of 500 ms'],
  ['p(99)<500', 500.4, 500, 'ms', 'trend', '500.4 ms, 0.1 % over the limit of 500 ms'],
  ['p(99)<500', 500.001, 500, 'ms', 'trend', '500.001 ms, <0.01 % over the limit of 500 ms'],
  ['p(99)<500', 500, 500, 'ms', 'trend', '500 ms, at the limit'],
  ['p(99)<500', 5000, 500, 'ms', 'trend', '5 s, 10x the limit of 500 ms'],
  ['p(99)<500', 1600, 500, 'ms', 'trend', '1.6 s, 3.2x the limit of 500 ms'],
  ['min>10', 4, 10, 'ms', 'trend', '4 ms, 60 % under the limit of 10 ms'],
  ['count>1000', 10, 1000, 'ms', 'trend', '10, 99 % under the limit of 1000'],
  ['rate>0.99', 0.95, 0.99, 'ratio', 'rate', '95.0 %, 4.0 points under the limit of 99.0 %'],
  ['rate<0.0001', 0.0004, 0.0001, 'ratio', 'rate', '0.04 %, 0.03 points over the limit of 0.01 %'],
  ['rate>0.99999', 0.99998, 0.99999, 'ratio', 'rate', '99.998 %, <0.01 points under the limit of 99.999 %'],
  ['rate>100', 53.57, 100, 'count', 'counter', '53.6/s, 46 % under the limit of 100/s'],
  ['count<1', 16, 1, 'count', 'counter', '16, 16x the limit of 1'],
  ['count==0', 5, 0, 'count', 'counter', '5, 5 over the limit of 0'],
  ['slope<1000', 2000, 1000, 'bytes', 'gauge', '2 kB/s, 100 % over the limit of 1 kB/s'],
  ['p(95)<400', null, 400, 'ms', 'trend', 'no data'],
  ['p(95)<400', 12, null, 'ms', 'trend', '12 ms'],
];

describe('describeMiss', () => {
  it.each(CASES)('%s with %j against %j (%s, %s): %s', (threshold, value, limit, unit, type, sentence) => {
    expect(describeMiss({ threshold, ok: false, value, limit }, unit, type)).toBe(sentence);
  });

  it('finds the type by the unit where none is given', () => {
    const result = { threshold: 'rate>100', ok: false, value: 50, limit: 100 };
    expect(describeMiss(result, 'count')).toBe('50/s, 50 % under the limit of 100/s');
    expect(describeMiss({ ...result, threshold: 'rate>0.99', value: 0.5, limit: 0.99 }, 'ratio')).toMatch(
      /^50.0 %/,
    );
  });

  it('tells the note where there is no number', () => {
    const result = {
      threshold: 'p(95)<1',
      ok: false,
      value: null,
      limit: 1,
      note: 'no data in the last 30s',
    };
    expect(describeMiss(result, 'ms', 'trend')).toBe('no data in the last 30s');
    expect(missText(result, 'ms', 'trend')).toBe('no data in the last 30s');
    expect(measuredText(result, 'ms', 'trend')).toBe('–');
  });
});

describe('statOf', () => {
  it.each([
    ['p(95)<400', 'p(95)'],
    [' p(99.9) < 1s over 30s', 'p(99.9)'],
    ['rate>0.99', 'rate'],
    ['slope<1', 'slope'],
    ['', 'value'],
  ])('%j starts with %s', (threshold, stat) => {
    expect(statOf(threshold)).toBe(stat);
  });
});
