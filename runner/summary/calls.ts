/**
 * Rows of the protocols beside HTTP: what REQUESTS is for `http`, by protocol and name.
 *
 *     protocol   kind         count                               times                     failed
 *     grpc                    grpc_reqs                           grpc_req_duration, or     grpc_req_failed
 *                                                                 grpc_stream_duration
 *     sql                     sql_queries                         sql_query_duration        sql_query_failed
 *     redis                   redis_reqs                          redis_req_duration        redis_req_failed
 *     measure                 measure_failed, both ways           measure_duration          measure_failed
 *     <package>               <package>_reqs                      <package>_req_duration    <package>_req_failed
 *     ws         connect      ws_connecting + refused             ws_connecting             ws_errors, not with status 101
 *                request      ws_msg_rtt                          ws_msg_rtt                unknown
 *     sse        connect      sse_connecting + refused            sse_connecting            sse_errors of no open stream
 *                first event  sse_time_to_first_event             sse_time_to_first_event   unknown
 *
 * What fails on an open socket or stream is no request, and stands under ERRORS.
 */

import type { Aggregate, SeriesState } from '../aggregate/types.ts';
import type { CallRow } from './model.ts';
import { shortenNames } from './requests.ts';

/** A protocol whose calls are requests with an answer. */
export interface Exchanges {
  readonly protocol: string;
  /** Counter; undefined where the rate of failures counts them. */
  readonly count: string | undefined;
  readonly times: readonly string[];
  readonly failed: string;
}

const EXCHANGES: readonly Exchanges[] = [
  {
    protocol: 'grpc',
    count: 'grpc_reqs',
    times: ['grpc_req_duration', 'grpc_stream_duration'],
    failed: 'grpc_req_failed',
  },
  { protocol: 'sql', count: 'sql_queries', times: ['sql_query_duration'], failed: 'sql_query_failed' },
  { protocol: 'redis', count: 'redis_reqs', times: ['redis_req_duration'], failed: 'redis_req_failed' },
  { protocol: 'measure', count: undefined, times: ['measure_duration'], failed: 'measure_failed' },
];

/** A protocol of connections that stay open. */
interface Sessions {
  readonly protocol: string;
  readonly connecting: string;
  readonly errors: string;
  /** Kind and metric of what is timed while it is open. */
  readonly inside: readonly [kind: string, metric: string];
  /** Whether an error came before it was open. */
  readonly refused: (status: string, errorCode: string) => boolean;
}

const SESSIONS: readonly Sessions[] = [
  {
    protocol: 'ws',
    connecting: 'ws_connecting',
    errors: 'ws_errors',
    inside: ['request', 'ws_msg_rtt'],
    refused: (status) => status !== '101',
  },
  {
    protocol: 'sse',
    connecting: 'sse_connecting',
    errors: 'sse_errors',
    inside: ['first event', 'sse_time_to_first_event'],
    // An answer with status 200 that is no stream, or a compressed one.
    refused: (status, errorCode) => status !== '200' || errorCode === '1851' || errorCode === '1701',
  },
];

/** What counts, times and judges the exchanges of a protocol; `custom`: of packages. */
export function exchangesOf(protocol: string): Exchanges {
  return (
    EXCHANGES.find((each) => each.protocol === protocol) ?? {
      protocol,
      count: `${protocol}_reqs`,
      times: [`${protocol}_req_duration`],
      failed: `${protocol}_req_failed`,
    }
  );
}

/** Metrics that the rows of a protocol show. */
export function metricsInRows(protocol: string): readonly string[] {
  const sessions = SESSIONS.find((each) => each.protocol === protocol);
  if (sessions !== undefined) return [sessions.connecting, sessions.inside[1]];
  const { count, times, failed } = exchangesOf(protocol);
  return [...(count === undefined ? [] : [count]), ...times, failed];
}

/** Protocols that packages have declared. */
function packages(aggregate: Aggregate): readonly string[] {
  const types = new Map(
    aggregate.metrics().flatMap(({ def }) => (def.custom ? [[def.name, def.type] as const] : [])),
  );
  return [...types].flatMap(([name, type]) => {
    const protocol = /^(.+)_reqs$/.exec(name)?.[1];
    if (protocol === undefined || type !== 'counter') return [];
    return types.get(`${protocol}_req_failed`) === 'rate' ? [protocol] : [];
  });
}

function timesOf(state: SeriesState | undefined): CallRow['duration'] {
  if (state === undefined || state.samples === 0) return null;
  return {
    p50: state.stat('p(50)') ?? 0,
    p95: state.stat('p(95)') ?? 0,
    p99: state.stat('p(99)') ?? 0,
    max: state.stat('max') ?? 0,
  };
}

function nameOf(state: SeriesState): string {
  return state.tags.get('name') ?? '';
}

type Counted = Omit<CallRow, 'rate'>;

function exchangeRows(aggregate: Aggregate, { protocol, count, times, failed }: Exchanges): Counted[] {
  const failures = new Map(aggregate.grouped(failed, ['name']).map((state) => [nameOf(state), state]));
  const durations = times.map(
    (metric) => new Map(aggregate.grouped(metric, ['name']).map((state) => [nameOf(state), state])),
  );
  const counts =
    count === undefined
      ? [...failures].map(([name, state]) => [name, state.samples] as const)
      : aggregate.grouped(count, ['name']).map((state) => [nameOf(state), state.stat('count') ?? 0] as const);
  return counts.map(([name, total]) => ({
    protocol,
    kind: '',
    name,
    count: total,
    failed: failures.get(name)?.stat('passes') ?? 0,
    duration: timesOf(durations.map((byName) => byName.get(name)).find((state) => state !== undefined)),
  }));
}

function sessionRows(
  aggregate: Aggregate,
  { protocol, connecting, errors, inside, refused }: Sessions,
): Counted[] {
  const failed = new Map<string, number>();
  for (const state of aggregate.grouped(errors, ['name', 'status', 'error_code'])) {
    if (!refused(state.tags.get('status') ?? '', state.tags.get('error_code') ?? '')) continue;
    const name = nameOf(state);
    failed.set(name, (failed.get(name) ?? 0) + (state.stat('count') ?? 0));
  }
  const opened = new Map(aggregate.grouped(connecting, ['name']).map((state) => [nameOf(state), state]));
  const names = new Set([...opened.keys(), ...failed.keys()]);
  const [kind, metric] = inside;
  return [
    ...[...names].map((name) => ({
      protocol,
      kind: 'connect',
      name,
      count: (opened.get(name)?.samples ?? 0) + (failed.get(name) ?? 0),
      failed: failed.get(name) ?? 0,
      duration: timesOf(opened.get(name)),
    })),
    ...aggregate.grouped(metric, ['name']).map((state) => ({
      protocol,
      kind,
      name: nameOf(state),
      count: state.samples,
      failed: null,
      duration: timesOf(state),
    })),
  ];
}

/** Names as those of requests: without the scheme and host that all of a protocol share. */
function shortened(rows: readonly Counted[]): readonly Counted[] {
  const short = shortenNames(rows.map(({ kind, name }) => ({ method: kind, name })));
  return rows.map((row, i) => ({ ...row, name: short[i]?.name ?? row.name }));
}

/** In the order of the table above, each protocol's busiest first; without setup and teardown. */
export function callRows(aggregate: Aggregate): readonly CallRow[] {
  const seconds = aggregate.durationMs / 1000;
  const own = packages(aggregate).map((protocol) => exchangesOf(protocol));
  return [
    ...[...EXCHANGES, ...own].map((each) => exchangeRows(aggregate, each)),
    ...SESSIONS.map((each) => sessionRows(aggregate, each)),
  ].flatMap((rows) =>
    shortened(rows)
      .map((row) => ({ ...row, rate: seconds > 0 ? row.count / seconds : 0 }))
      .toSorted((a, b) => b.count - a.count || (label(a) < label(b) ? -1 : 1)),
  );
}

function label({ kind, name }: Pick<CallRow, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}
