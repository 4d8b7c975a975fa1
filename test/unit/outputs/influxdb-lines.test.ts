import { describe, expect, test } from 'vitest';
import { lineOf } from '../../../runner/outputs/influxdb/lines.ts';
import type { OutputSeries } from '../../../runner/outputs/output.ts';
import { metric, series, trendOf } from '../../helpers/measured.ts';

const NO_TAGS = { tags: new Map<string, string>() };
const line = (one: OutputSeries, style = NO_TAGS) => lineOf(one, 1_700_000_000_000, style);

test.each([
  [
    'a counter',
    series(
      metric('http_reqs'),
      { method: 'GET' },
      { type: 'counter', sum: 12 },
      { type: 'counter', sum: 99 },
    ),
    'http_reqs,method=GET value=12 1700000000000',
  ],
  [
    'a rate',
    series(metric('checks'), {}, { type: 'rate', passes: 3, fails: 1 }),
    'checks passes=3i,fails=1i,rate=0.75 1700000000000',
  ],
  [
    'a gauge',
    series(metric('vus'), {}, { type: 'gauge', value: 2, min: -1, max: 5 }),
    'vus value=2,min=-1,max=5 1700000000000',
  ],
  [
    'a trend',
    series(metric('http_req_duration'), {}, trendOf(metric('http_req_duration'), [1, 2, 3, 4.5])),
    'http_req_duration count=4i,sum=10.5,min=1,max=4.5,avg=2.625,p50=2,p90=4.5,p95=4.5,p99=4.5 1700000000000',
  ],
])('%s', (_what, one, expected) => {
  expect(line(one)).toBe(expected);
});

test('the middle percentile is the one of the summary: the upper end of its bucket', () => {
  const def = metric('http_req_duration');
  const values = Array.from({ length: 1000 }, (_, i) => i + 1);
  expect(line(series(def, {}, trendOf(def, values)))).toMatch(/p50=500(?:\.\d+)?,p90=900(?:\.\d+)?,p95=950/);
});

test("tags of the run stand on every point; a series' own win", () => {
  const style = {
    tags: new Map([
      ['team', 'shop'],
      ['scenario', 'run'],
    ]),
  };
  const one = series(metric('http_reqs'), { scenario: 'own' }, { type: 'counter', sum: 1 });
  expect(line(one, style)).toBe('http_reqs,team=shop,scenario=own value=1 1700000000000');
});

describe('tags that the protocol has signs for', () => {
  const tagged = (tags: Record<string, string>) =>
    line(series(metric('http_reqs'), tags, { type: 'counter', sum: 1 }))?.replace(/ value=.*/, '');

  test.each([
    [{ name: 'GET /a b,c=d' }, 'http_reqs,name=GET\\ /a\\ b\\,c\\=d'],
    [{ 'a b': 'x' }, 'http_reqs,a\\ b=x'],
    [{ name: 'two\r\nlines\tand a tab' }, 'http_reqs,name=two\\ lines\\ and\\ a\\ tab'],
    [{ name: 'ends\\\\', other: 'x' }, 'http_reqs,name=ends,other=x'],
    [{ name: '', other: '\\' }, 'http_reqs'],
    [{ name: '"quoted" ü 😀' }, 'http_reqs,name="quoted"\\ ü\\ 😀'],
    [{ time: 'x', _field: 'y' }, 'http_reqs,time_=x,_field_=y'],
  ])('%j', (tags, expected) => {
    expect(tagged(tags as unknown as Record<string, string>)).toBe(expected);
  });
});

test('numbers that InfluxDB has none for are left out', () => {
  const rate = series(metric('checks'), {}, { type: 'rate', passes: 0, fails: 0 });
  expect(line(rate)).toBe('checks passes=0i,fails=0i 1700000000000');
  const nothing = series(
    metric('vus'),
    {},
    { type: 'gauge', value: Number.NaN, min: Infinity, max: -Infinity },
  );
  expect(line(nothing)).toBeUndefined();
});
