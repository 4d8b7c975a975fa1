/** What the OTLP output sends, read by the definitions that OpenTelemetry publishes. */

import { describe, expect, test } from 'vitest';
import { DEFAULT_BOUNDS, explicitBuckets, exponentialBuckets } from '../../../runner/outputs/otlp/buckets.ts';
import { encodeMessage } from '../../../runner/outputs/otlp/protobuf.ts';
import { exportRequest, type RequestStyle } from '../../../runner/outputs/otlp/request.ts';
import { partialSuccess } from '../../../runner/outputs/otlp/response.ts';
import { EXPORT_METRICS_REQUEST } from '../../../runner/outputs/otlp/schema.ts';
import { batch, metric, series, trendOf } from '../../helpers/measured.ts';
import { decodeRequest, encodeResponse } from '../../helpers/otlp.ts';

const DURATION = metric('http_req_duration');
const STYLE: RequestStyle = {
  temporality: 'delta',
  histograms: 'exponential',
  attributes: new Map([['service.name', 'brunt']]),
  version: '1.2.3',
};

const VALUES = [0, 0.002, 3, 3.5, 4, 4.25, 90, 1000, 2500.125];

const EVERYTHING = batch([
  series(
    metric('http_reqs'),
    { method: 'GET', name: 'ü/"\n' },
    { type: 'counter', sum: 3 },
    { type: 'counter', sum: 2 ** 40 + 0.5 },
  ),
  series(metric('http_reqs'), { method: 'POST' }, { type: 'counter', sum: 0 }),
  series(
    metric('checks'),
    { check: 'ok' },
    { type: 'rate', passes: 7, fails: 0 },
    { type: 'rate', passes: 9, fails: 1 },
  ),
  series(metric('vus'), {}, { type: 'gauge', value: -5, min: -5, max: 7 }),
  series(DURATION, { status: '200' }, trendOf(DURATION, VALUES)),
  series(DURATION, { status: '204' }, trendOf(DURATION, [0, 0])),
  series(metric('generator_gc_pause'), {}, trendOf(metric('generator_gc_pause'), [0.1, 200])),
]);

/** JSON holds fields at their defaults, which the wire leaves out, and counts as numbers. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, one]) =>
      ['asDouble', 'sum', 'min', 'max', 'stringValue'].includes(key) ||
      !(one === '' || one === 0 || one === '0' || (Array.isArray(one) && one.length === 0)),
  );
  return Object.fromEntries(
    kept.map(([key, one]) => [
      key,
      key === 'bucketCounts' ? (one as number[]).map(String) : withoutDefaults(one),
    ]),
  );
}

describe.each([
  ['delta', 'exponential'],
  ['delta', 'explicit'],
  ['cumulative', 'exponential'],
  ['cumulative', 'explicit'],
] as const)('%s, %s histograms', (temporality, histograms) => {
  const { message, points } = exportRequest(EVERYTHING, new Date(Date.UTC(2026, 0, 1)), {
    ...STYLE,
    temporality,
    histograms,
  });

  test('protobuf and JSON say the same', () => {
    const json = JSON.parse(JSON.stringify(message)) as unknown;
    expect(decodeRequest(encodeMessage(EXPORT_METRICS_REQUEST, message))).toEqual(withoutDefaults(json));
  });

  test('every point is counted: a rate has two', () => {
    expect(points).toBe(8);
  });
});

test('the parts of a request stand where they belong', () => {
  const since = new Date(Date.UTC(2025, 11, 31));
  const { message } = exportRequest(EVERYTHING, since, { ...STYLE, temporality: 'cumulative' });
  const request = decodeRequest(encodeMessage(EXPORT_METRICS_REQUEST, message));
  expect(request).toMatchObject({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'brunt' } }] },
        scopeMetrics: [
          {
            scope: { name: 'brunt', version: '1.2.3' },
            metrics: [
              {
                name: 'http_reqs',
                unit: '1',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [
                    {
                      attributes: [
                        { key: 'method', value: { stringValue: 'GET' } },
                        { key: 'name', value: { stringValue: 'ü/"\n' } },
                      ],
                      startTimeUnixNano: `${since.getTime()}000000`,
                      timeUnixNano: `${EVERYTHING.to.getTime()}000000`,
                      asDouble: 2 ** 40 + 0.5,
                    },
                    { asDouble: 0 },
                  ],
                },
              },
              {
                name: 'checks',
                sum: {
                  dataPoints: [
                    {
                      asDouble: 9,
                      attributes: [{ key: 'check' }, { key: 'condition', value: { stringValue: 'nonzero' } }],
                    },
                    {
                      asDouble: 1,
                      attributes: [{ key: 'check' }, { key: 'condition', value: { stringValue: 'zero' } }],
                    },
                  ],
                },
              },
              { name: 'vus', gauge: { dataPoints: [{ asDouble: -5 }] } },
              {
                name: 'http_req_duration',
                unit: 'ms',
                exponentialHistogram: {
                  dataPoints: [
                    { count: '9', sum: 3604.877, min: 0, max: 2500.125, zeroCount: '1' },
                    { count: '2', sum: 0, zeroCount: '2' },
                  ],
                },
              },
              { name: 'generator_gc_pause' },
            ],
          },
        ],
      },
    ],
  });
});

/** The value at a rank, as a backend reads it: the middle of its bucket. */
function valueAt(
  rank: number,
  { scale, zeroCount, offset, counts }: ReturnType<typeof exponentialBuckets>,
): number {
  let seen = zeroCount;
  if (rank <= seen) return 0;
  const base = 2 ** (2 ** -scale);
  for (const [i, count] of counts.entries()) {
    seen += count;
    if (rank <= seen) return (2 * base ** (offset + i + 1)) / (base + 1);
  }
  return Number.NaN;
}

/** Spread over a range in equal steps of the logarithm. */
function spread(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
}

describe('exponential histograms', () => {
  test.each([
    ['a range of 250', 4, 1000, 7, 0.0038],
    ['a range of 60,000', 0.5, 30_000, 6, 0.0065],
    ['all that can be measured', 0.01, 3_600_000, 5, 0.0122],
  ])('%s: percentiles are as exact as the scale says', (_what, from, to, scale, error) => {
    const values = spread(from, to, 5000);
    const buckets = exponentialBuckets(DURATION, trendOf(DURATION, values));
    expect(buckets.scale).toBe(scale);
    expect(buckets.counts.length).toBeLessThanOrEqual(1024);
    expect(buckets.counts.reduce((a, b) => a + b)).toBe(5000);
    for (let rank = 1; rank <= 5000; rank += 7) {
      const exact = values[rank - 1] as number;
      // A microsecond is the least that is told apart.
      expect(Math.abs(valueAt(rank, buckets) - exact)).toBeLessThanOrEqual(exact * error + 0.001);
    }
  });

  test('a power of two is the end of a bucket, not the start of the next', () => {
    const buckets = exponentialBuckets(DURATION, trendOf(DURATION, [1]));
    expect(buckets).toEqual({ scale: 7, zeroCount: 0, offset: -1, counts: [1] });
  });

  test('metrics of two digits claim no more than they have', () => {
    const def = metric('http_req_receiving');
    expect(exponentialBuckets(def, trendOf(def, [1, 2])).scale).toBe(4);
  });

  test('nothing and less count as zero', () => {
    const buckets = exponentialBuckets(DURATION, trendOf(DURATION, [-3, 0]));
    expect(buckets).toEqual({ scale: 7, zeroCount: 2, offset: 0, counts: [] });
  });
});

test('explicit bounds hold what is at most as great', () => {
  const values = [0, 4.99, 5.01, 9.99, 9900, 10_050, 20_000];
  const counts = explicitBuckets(DURATION, trendOf(DURATION, values), DEFAULT_BOUNDS);
  expect(counts).toEqual([1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
});

describe('answers', () => {
  const answer = (body: Uint8Array | string, contentType: string) => ({
    status: 200,
    contentType,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
  });
  const partial = { partialSuccess: { rejectedDataPoints: 300, errorMessage: 'too old' } };

  test.each([
    ['protobuf', encodeResponse(partial), 'application/x-protobuf'],
    ['JSON', '{"partialSuccess":{"rejectedDataPoints":"300","errorMessage":"too old"}}', 'application/json'],
  ])('%s: a part was rejected', (_what, body, type) => {
    expect(partialSuccess(answer(body, type))).toEqual({ rejectedPoints: 300, message: 'too old' });
  });

  test.each([
    ['', ''],
    ['', 'application/x-protobuf'],
    ['{}', 'application/json'],
    ['{"partialSuccess":{}}', 'application/json'],
    ['{"partialSuccess":null}', 'application/json'],
  ])('%j of type %j: all was taken', (body, type) => {
    expect(partialSuccess(answer(body, type))).toEqual({ rejectedPoints: 0, message: '' });
  });

  test.each([
    ['<html>', 'text/html'],
    ['<html>', 'application/json'],
    ['\u0001', 'application/x-protobuf'],
    ['\u000f\u0001', 'application/x-protobuf'],
    ['hello', ''],
  ])('%j of type %j is no answer', (body, type) => {
    expect(() => partialSuccess(answer(body, type))).toThrow('no answer of an OTLP receiver');
  });
});
