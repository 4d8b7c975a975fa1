/** What the targets and variables of the outputs for receivers mean, and what is refused. */

import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../dsl/errors.ts';
import { readInfluxSettings } from '../../../runner/outputs/influxdb/settings.ts';
import { readOtlpSettings } from '../../../runner/outputs/otlp/settings.ts';
import { parseOutput } from '../../../runner/outputs/spec.ts';
import { readStatsdSettings } from '../../../runner/outputs/statsd/settings.ts';

type Env = Readonly<Record<string, string>>;

/** `where: message` of every problem. */
function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ where, message }) => `${where ?? 'target'}: ${message}`);
  }
  throw new Error('nothing was refused');
}

describe('otlp', () => {
  const read = (given: string, env: Env = {}) => readOtlpSettings(parseOutput(given), env);

  test.each<[string, Env, string]>([
    ['otlp', {}, 'http://127.0.0.1:4318/v1/metrics'],
    ['otlp=http://a:1', {}, 'http://a:1/v1/metrics'],
    ['otlp=https://a/otlp/v1/metrics', {}, 'https://a/otlp/v1/metrics'],
    ['otlp', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1/base/' }, 'http://a:1/base/v1/metrics'],
    [
      'otlp',
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a:1/m?k=v', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' },
      'http://a:1/m?k=v',
    ],
    ['otlp=http://a:1/x', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://b' }, 'http://a:1/x'],
  ])('%s with %j goes to %s', (given, env, url) => {
    expect(read(given, env).url.href).toBe(url);
  });

  test('defaults', () => {
    expect(read('otlp')).toMatchObject({
      protocol: 'protobuf',
      gzip: true,
      temporality: 'cumulative',
      histograms: 'exponential',
      timeoutMs: 10_000,
      headers: {},
    });
  });

  test('variables of OpenTelemetry', () => {
    const settings = read('otlp', {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x=y, api-key = k',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'explicit_bucket_histogram',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=loser,deployment.environment.name=staging',
      OTEL_SERVICE_NAME: 'shop-load',
    });
    expect(settings).toMatchObject({
      protocol: 'json',
      headers: { authorization: 'Bearer x=y', 'api-key': 'k' },
      gzip: false,
      timeoutMs: 2500,
      temporality: 'delta',
      histograms: 'explicit',
    });
    expect(Object.fromEntries(settings.attributes)).toEqual({
      'service.name': 'shop-load',
      'deployment.environment.name': 'staging',
    });
  });

  test('parameters of the target beat variables, and the receiver does not see them', () => {
    const settings = read(
      'otlp=http://u%40:p@a:1?protocol=json&temporality=delta&histograms=explicit&compression=none',
      {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
      },
    );
    expect(settings).toMatchObject({
      protocol: 'json',
      temporality: 'delta',
      histograms: 'explicit',
      gzip: false,
    });
    expect(settings.url.href).toBe('http://a:1/v1/metrics');
    expect(settings.headers).toEqual({ authorization: `Basic ${Buffer.from('u@:p').toString('base64')}` });
  });

  test('every problem is told at once', () => {
    expect(
      problemsOf(() =>
        read('otlp=http://a?protokol=json&temporality=weekly', {
          OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
          OTEL_EXPORTER_OTLP_HEADERS: 'secret',
          OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
          OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'fine',
        }),
      ),
    ).toEqual([
      "target: there is no parameter 'protokol'; there is protocol, temporality, histograms or compression.",
      'OTEL_EXPORTER_OTLP_HEADERS: part 1 is no key=value with a percent-encoded value.',
      'OTEL_EXPORTER_OTLP_PROTOCOL: Brunt sends OTLP over HTTP, not over gRPC.',
      "target: temporality is 'weekly': it must be cumulative or delta.",
      "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: it is 'fine': it must be base2_exponential_bucket_histogram or explicit_bucket_histogram.",
      "OTEL_EXPORTER_OTLP_TIMEOUT: it is '10s': it must be milliseconds above 0.",
    ]);
  });

  test.each(['otlp=localhost:4318', 'otlp=grpc://a:4317', 'otlp=http://'])(
    '%s is no URL to post to',
    (given) => {
      expect(problemsOf(() => read(given))).toEqual([
        'target: the target is no URL that begins with http:// or https://.',
      ]);
    },
  );
});

describe('influxdb', () => {
  const read = (given: string, env: Env = {}) => readInfluxSettings(parseOutput(given), env);

  test.each([
    ['influxdb', 'http://127.0.0.1:8086/write?db=brunt&precision=ms', 'http://127.0.0.1:8086/query'],
    [
      'influxdb=http://h:1/my%20db?rp=week',
      'http://h:1/write?db=my+db&rp=week&precision=ms',
      'http://h:1/query',
    ],
    ['influxdb=https://h/influx/db/', 'https://h/influx/write?db=db&precision=ms', 'https://h/influx/query'],
    ['influxdb=http://h:1?org=o&bucket=b', 'http://h:1/api/v2/write?org=o&bucket=b&precision=ms', undefined],
    ['influxdb=http://h:1/p?bucket=b', 'http://h:1/p/api/v2/write?bucket=b&precision=ms', undefined],
  ])('%s writes to %s', (given, writeUrl, queryUrl) => {
    const settings = read(given);
    expect(settings.writeUrl.href).toBe(writeUrl);
    expect(settings.queryUrl?.href).toBe(queryUrl);
  });

  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

  test.each<[string, Env, object]>([
    ['influxdb=http://h/db', {}, {}],
    ['influxdb=http://u:p%3A@h/db', {}, basic('u:p:')],
    ['influxdb=http://h/db', { INFLUX_USERNAME: 'u', INFLUX_PASSWORD: 'p' }, basic('u:p')],
    ['influxdb=http://h?org=o&bucket=b', { INFLUX_TOKEN: 't' }, { authorization: 'Token t' }],
  ])('%s with %j shows who it is', (given, env, headers) => {
    const settings = read(given, env);
    expect(settings.headers).toEqual(headers);
    expect(settings.writeUrl.username).toBe('');
  });

  test.each([
    ['influxdb=http://h:8086', ['target: the target names no database.']],
    [
      'influxdb=http://h?org=o&rp=x',
      [
        'target: an organisation without a bucket is not enough for InfluxDB 2.',
        'target: a retention policy (rp) is of InfluxDB 1: buckets of InfluxDB 2 have their own.',
      ],
    ],
    [
      'influxdb=http://h/db?database=x',
      ["target: there is no parameter 'database'; there is org, bucket or rp."],
    ],
    ['influxdb=h:8086/db', ['target: the target is no URL that begins with http:// or https://.']],
  ])('%s is refused', (given, problems) => {
    expect(problemsOf(() => read(given))).toEqual(problems);
  });
});

describe('statsd', () => {
  const read = (given: string) => readStatsdSettings(parseOutput(given));

  test.each([
    ['statsd', { transport: 'udp', host: '127.0.0.1', port: 8125, prefix: 'brunt.', tags: 'dogstatsd' }],
    ['statsd=agent', { transport: 'udp', host: 'agent', port: 8125 }],
    ['statsd=agent:9125?tags=name&prefix=', { host: 'agent', port: 9125, prefix: '', tags: 'name' }],
    ['statsd=tcp://[::1]:1?prefix=load.', { transport: 'tcp', host: '::1', port: 1, prefix: 'load.' }],
  ])('%s', (given, settings) => {
    expect(read(given)).toMatchObject(settings);
  });

  test.each([
    ['statsd=http://h:1', ['target: the target is no URL that begins with udp:// or tcp://.']],
    [
      'statsd=unix:///run/statsd.sock',
      ['target: Unix sockets of StatsD servers take datagrams, which Node.js has only for UDP.'],
    ],
    [
      'statsd=h:1/path?tags=some&prefix=a:b',
      [
        "target: a StatsD server has no path, and '/path' is one.",
        "target: prefix is 'a:b': it must be of letters, digits, dots, dashes and underscores.",
        "target: tags is 'some': it must be dogstatsd or name.",
      ],
    ],
    ['statsd=h:99999', ['target: the target is no URL that begins with udp:// or tcp://.']],
  ])('%s is refused', (given, problems) => {
    expect(problemsOf(() => read(given))).toEqual(problems);
  });
});
