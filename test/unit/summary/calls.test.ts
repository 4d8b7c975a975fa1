/** Rows of the protocols beside HTTP. */

import { expect, test } from 'vitest';
import { callRows, metricsInRows } from '../../../runner/summary/calls.ts';
import { custom, FakeAggregate } from '../thresholds/fake-aggregate.ts';

function aggregate(packages: readonly string[] = []): FakeAggregate {
  const made = new FakeAggregate(
    packages.flatMap((name) => [
      custom(`${name}_reqs`, 'counter'),
      custom(`${name}_req_duration`, 'trend'),
      custom(`${name}_req_failed`, 'rate'),
    ]),
  );
  made.durationMs = 10_000;
  return made;
}

const shown = (from: FakeAggregate) =>
  callRows(from).map(({ protocol, kind, name, count, failed, duration }) => [
    protocol,
    kind,
    name,
    count,
    failed,
    duration === null ? null : duration.max,
  ]);

test('nothing but HTTP: no rows', () => {
  const made = aggregate();
  made.add('http_reqs', 1, { name: 'a', method: 'GET' });
  expect(callRows(made)).toEqual([]);
});

test('a row for each name, over all methods, statuses and codes, busiest first', () => {
  const made = aggregate();
  for (let i = 1; i <= 4; i++) {
    const tags = { name: 'select 1', method: 'SELECT', proto: 'postgresql' };
    made.add('sql_queries', 1, tags);
    made.add('sql_query_duration', i, tags);
    made.add('sql_query_failed', 0, tags);
  }
  made.add('sql_queries', 1, { name: 'select 1', error_code: '2021' });
  made.add('sql_query_failed', 1, { name: 'select 1', error_code: '2021' });
  for (let i = 1; i <= 9; i++) {
    made.add('redis_reqs', 1, { name: i > 3 ? 'GET' : 'SET' });
    made.add('redis_req_failed', 0, { name: i > 3 ? 'GET' : 'SET' });
    made.add('redis_req_duration', i, { name: i > 3 ? 'GET' : 'SET' });
  }
  expect(callRows(made)[0]).toEqual({
    protocol: 'sql',
    kind: '',
    name: 'select 1',
    count: 5,
    rate: 0.5,
    failed: 1,
    duration: { p50: 2, p95: 4, p99: 4, max: 4 },
  });
  expect(shown(made)).toEqual([
    ['sql', '', 'select 1', 5, 1, 4],
    ['redis', '', 'GET', 6, 0, 9],
    ['redis', '', 'SET', 3, 0, 3],
  ]);
});

test('calls and streams of gRPC have the time of their kind', () => {
  const made = aggregate();
  for (const [name, metric, ms] of [
    ['shop.Orders/Get', 'grpc_req_duration', 7],
    ['shop.Orders/Watch', 'grpc_stream_duration', 900],
  ] as const) {
    made.add('grpc_reqs', 1, { name });
    made.add('grpc_req_failed', 0, { name });
    made.add(metric, ms, { name });
  }
  made.add('grpc_reqs', 1, { name: 'shop.Orders/Lost' });
  made.add('grpc_req_failed', 1, { name: 'shop.Orders/Lost' });
  expect(shown(made)).toEqual([
    ['grpc', '', 'shop.Orders/Get', 1, 0, 7],
    ['grpc', '', 'shop.Orders/Lost', 1, 1, null],
    ['grpc', '', 'shop.Orders/Watch', 1, 0, 900],
  ]);
});

test('measured work, and packages in the order of their metrics', () => {
  const made = aggregate(['mqtt', 'line']);
  made.add('measure_failed', 0, { name: 'render' });
  made.add('measure_failed', 1, { name: 'render' });
  made.add('measure_duration', 3, { name: 'render' });
  made.add('line_reqs', 1, { name: 'PING' });
  made.add('line_req_failed', 0, { name: 'PING' });
  made.add('line_req_duration', 4, { name: 'PING' });
  made.add('mqtt_reqs', 1, { name: 'PUBLISH' });
  made.add('mqtt_req_failed', 1, { name: 'PUBLISH' });
  expect(shown(made)).toEqual([
    ['measure', '', 'render', 2, 1, 3],
    ['mqtt', '', 'PUBLISH', 1, 1, null],
    ['line', '', 'PING', 1, 0, 4],
  ]);
  expect(metricsInRows('mqtt')).toEqual(['mqtt_reqs', 'mqtt_req_duration', 'mqtt_req_failed']);
});

test('a custom counter that only looks like a package is none', () => {
  const made = new FakeAggregate([custom('my_reqs', 'counter'), custom('my_req_failed', 'counter')]);
  made.add('my_reqs', 1, {});
  made.add('my_req_failed', 1, {});
  expect(callRows(made)).toEqual([]);
});

test('sockets and streams: connecting with what was refused, and what is timed while they are open', () => {
  const made = aggregate();
  const url = 'ws://127.0.0.1:1/chat';
  const hello = 'hello';
  for (const ms of [1, 2, 3]) made.add('ws_connecting', ms, { name: url, status: '101' });
  made.add('ws_errors', 1, { name: url, status: '403', error_code: '1403' });
  // On an open socket: no failed handshake.
  made.add('ws_errors', 1, { name: url, status: '101', error_code: '1050' });
  for (let i = 0; i < 9; i++) made.add('ws_msg_rtt', 5, { name: hello, status: '101' });
  made.add('sse_connecting', 4, { name: 'http://h/events', status: '200' });
  made.add('sse_time_to_first_event', 6, { name: 'http://h/events', status: '200' });
  made.add('sse_errors', 1, { name: 'http://h/events', status: '200', error_code: '1851' });
  made.add('sse_errors', 1, { name: 'http://h/events', status: '200', error_code: '1220' });
  made.add('sse_errors', 1, { name: 'http://h/gone', status: '0', error_code: '1212' });
  expect(shown(made)).toEqual([
    ['ws', 'request', 'hello', 9, null, 5],
    ['ws', 'connect', '/chat', 4, 1, 3],
    ['sse', 'connect', '/events', 2, 1, 4],
    ['sse', 'connect', '/gone', 1, 1, null],
    ['sse', 'first event', '/events', 1, null, 6],
  ]);
});
