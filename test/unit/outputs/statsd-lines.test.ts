import { describe, expect, test } from 'vitest';
import type { MetricDef } from '../../../dsl/metrics.ts';
import { batchLines, packetsOf, type StatsdStyle } from '../../../runner/outputs/statsd/lines.ts';
import { samplesOf, weightsOf } from '../../../runner/outputs/statsd/samples.ts';
import { batch, metric, series, trendOf } from '../../helpers/measured.ts';

const DURATION = metric('http_req_duration');
const DOG: StatsdStyle = { prefix: 'brunt.', tags: 'dogstatsd', runTags: new Map() };
const FLAT: StatsdStyle = { ...DOG, tags: 'name' };

const CUSTOM: MetricDef = { ...DURATION, name: 'basket_size', unit: 'none', custom: true };

const ALL = batch([
  series(metric('http_reqs'), { method: 'GET', name: 'GET /a|b,c#d' }, { type: 'counter', sum: 12 }),
  series(metric('checks'), { check: 'ok: 1' }, { type: 'rate', passes: 3, fails: 1 }),
  series(metric('vus'), {}, { type: 'gauge', value: 7, min: 1, max: 9 }),
  series(metric('vus_max'), {}, { type: 'gauge', value: -2, min: -2, max: 9 }),
  series(DURATION, { status: '200' }, trendOf(DURATION, [1, 2.5])),
  series(CUSTOM, {}, trendOf(CUSTOM, [3])),
]);

describe('lines', () => {
  test('with tags of their own', () => {
    expect(batchLines(ALL, DOG)).toEqual([
      'brunt.http_reqs:12|c|#method:GET,name:GET /a_b_c_d',
      'brunt.checks.passes:3|c|#check:ok: 1',
      'brunt.checks.fails:1|c|#check:ok: 1',
      'brunt.vus:7|g',
      'brunt.vus_max:0|g\nbrunt.vus_max:-2|g',
      'brunt.http_req_duration:1|ms|#status:200',
      'brunt.http_req_duration:2.5|ms|#status:200',
      'brunt.basket_size:3|h',
    ]);
  });

  test('with tags as a part of the name', () => {
    expect(batchLines(ALL, FLAT)).toEqual([
      'brunt.http_reqs.method.GET.name.GET__a_b_c_d:12|c',
      'brunt.checks.passes.check.ok__1:3|c',
      'brunt.checks.fails.check.ok__1:1|c',
      'brunt.vus:7|g',
      'brunt.vus_max:0|g\nbrunt.vus_max:-2|g',
      'brunt.http_req_duration.status.200:1|ms',
      'brunt.http_req_duration.status.200:2.5|ms',
      'brunt.basket_size:3|ms',
    ]);
  });

  test('with the tags of the run', () => {
    const style = { ...DOG, prefix: '', runTags: new Map([['team', 'shop']]) };
    const one = batch([series(metric('http_reqs'), { method: 'GET' }, { type: 'counter', sum: 1 })]);
    expect(batchLines(one, style)).toEqual(['http_reqs:1|c|#team:shop,method:GET']);
  });
});

describe('samples', () => {
  test.each([1, 2, 511, 512, 513, 514, 1023, 1024, 1025, 12_345, 1_000_003])(
    '%i are counted exactly',
    (count) => {
      const weights = weightsOf(count);
      expect(weights.reduce((a, b) => a + b, 0)).toBe(count);
      expect(weights.length).toBeLessThanOrEqual(560);
      // As servers do that count with integers.
      expect(weights.reduce((sum, weight) => sum + Math.trunc(1 / Number(String(1 / weight))), 0)).toBe(
        count,
      );
      for (const weight of weights) expect(String(1 / weight)).toMatch(/^[\d.]+$/);
    },
  );

  test('up to 512 are sent as they are', () => {
    const values = Array.from({ length: 512 }, (_, i) => 1 + i / 8);
    const samples = samplesOf(DURATION, trendOf(DURATION, values));
    expect(samples.map(({ weight }) => weight)).toEqual(new Array(512).fill(1));
    for (const [i, { value }] of samples.entries()) expect(value).toBeCloseTo(values[i] as number, 1);
  });

  /** Uniform, so that the value at a rank is known. */
  const MANY = Array.from({ length: 40_000 }, (_, i) => 100 + i / 100);
  const samples = samplesOf(DURATION, trendOf(DURATION, MANY));
  const measured = MANY.reduce((a, b) => a + b);

  test('of more, sum, minimum and maximum stay', () => {
    expect(samples[0]?.value).toBe(MANY[0]);
    expect(samples.at(-1)?.value).toBe(MANY.at(-1));
    const sum = samples.reduce((total, { value, weight }) => total + value * weight, 0);
    expect(Math.abs(sum / measured - 1)).toBeLessThan(0.0005);
  });

  test.each([1, 50, 90, 95, 99, 99.9])('p%d is right by weight', (p) => {
    let seen = 0;
    const found = samples.find(({ weight }) => {
      seen += weight;
      return seen >= (p / 100) * MANY.length;
    });
    const exact = MANY[Math.ceil((p / 100) * MANY.length) - 1] as number;
    expect(Math.abs((found?.value ?? 0) / exact - 1)).toBeLessThan(0.006);
  });

  test.each([50, 90, 95, 99])('p%d is right for a server that ignores rates there', (p) => {
    const found = samples[Math.ceil((p / 100) * samples.length) - 1]?.value ?? 0;
    const exact = MANY[Math.ceil((p / 100) * MANY.length) - 1] as number;
    expect(Math.abs(found / exact - 1)).toBeLessThan(0.005);
  });

  test('of many series each has fewer, so that all are some thousands', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1 + i);
    const many = Array.from({ length: 100 }, (_, i) =>
      series(DURATION, { name: `${i}` }, trendOf(DURATION, values)),
    );
    const lines = batchLines(batch(many), DOG);
    expect(lines.length).toBeGreaterThan(7000);
    expect(lines.length).toBeLessThan(16_384);
    const few = many.map((one) => ({ ...one, delta: trendOf(DURATION, values.slice(0, 60)) }));
    expect(batchLines(batch(few), DOG)).toHaveLength(6000);
  });

  test('rates are written in full', () => {
    const lines = batchLines(batch([series(DURATION, {}, trendOf(DURATION, MANY))]), DOG);
    expect(lines).toContain('brunt.http_req_duration:100|ms');
    expect(lines.filter((one) => one.endsWith('|ms|@0.0078125')).length).toBeGreaterThan(100);
  });
});

describe('packets', () => {
  test('are filled up to the limit, by bytes', () => {
    const packets = packetsOf(['ééé', 'bbb', 'c', 'dddddddddddddddd', 'e'], 10).map(String);
    expect(packets).toEqual(['ééé\nbbb', 'c', 'dddddddddddddddd', 'e']);
  });

  test('lose nothing', () => {
    const lines = Array.from(
      { length: 500 },
      (_, i) => `brunt.http_req_duration:${i}|ms|#name:${'x'.repeat(i % 90)}`,
    );
    const packets = packetsOf(lines, 1432);
    for (const packet of packets) expect(packet.length).toBeLessThanOrEqual(1432);
    expect(packets.flatMap((packet) => String(packet).split('\n'))).toEqual(lines);
  });

  test('of nothing are none', () => {
    expect(packetsOf([], 1432)).toEqual([]);
  });
});
