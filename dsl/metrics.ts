/** What is measured: the table of built-in metrics, with type, unit, precision and the tags that split them. */

export type MetricType = 'counter' | 'gauge' | 'rate' | 'trend';

export type MetricUnit = 'ms' | 'bytes' | 'count' | 'ratio' | 'none';

export interface MetricDef {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  /** Trends only: significant decimal digits of the histogram; 3 keeps every percentile within 0.1 %. */
  readonly digits: 2 | 3;
  /**
   * Which system tags make series of their own: all that the sample carries, or only the scenario. Tags that a
   * threshold or `breakdown` names are kept for every metric.
   */
  readonly split: 'system' | 'scenario';
  readonly custom: boolean;
}

type Row = readonly [
  name: string,
  type: MetricType,
  unit: MetricUnit,
  split: MetricDef['split'],
  digits?: 2 | 3,
];

const ROWS = [
  ['http_reqs', 'counter', 'count', 'system'],
  ['http_req_duration', 'trend', 'ms', 'system', 3],
  ['http_req_failed', 'rate', 'ratio', 'system'],
  ['http_retries', 'counter', 'count', 'system'],
  ['http_req_blocked', 'trend', 'ms', 'scenario', 2],
  ['http_req_looking_up', 'trend', 'ms', 'scenario', 2],
  ['http_req_connecting', 'trend', 'ms', 'scenario', 2],
  ['http_req_tls_handshaking', 'trend', 'ms', 'scenario', 2],
  ['http_req_sending', 'trend', 'ms', 'scenario', 2],
  ['http_req_waiting', 'trend', 'ms', 'scenario', 3],
  ['http_req_receiving', 'trend', 'ms', 'scenario', 2],
  ['iterations', 'counter', 'count', 'scenario'],
  ['iteration_duration', 'trend', 'ms', 'scenario', 3],
  ['iteration_response_time', 'trend', 'ms', 'scenario', 3],
  ['iteration_start_lag', 'trend', 'ms', 'scenario', 3],
  ['iteration_errors', 'counter', 'count', 'scenario'],
  ['dropped_iterations', 'counter', 'count', 'scenario'],
  ['checks', 'rate', 'ratio', 'system'],
  ['vus', 'gauge', 'count', 'scenario'],
  ['vus_max', 'gauge', 'count', 'scenario'],
  ['data_sent', 'counter', 'bytes', 'scenario'],
  ['data_received', 'counter', 'bytes', 'scenario'],
  ['group_duration', 'trend', 'ms', 'system', 3],
  ['ws_sessions', 'counter', 'count', 'system'],
  ['ws_connecting', 'trend', 'ms', 'system', 3],
  ['ws_session_duration', 'trend', 'ms', 'system', 3],
  ['ws_msgs_sent', 'counter', 'count', 'system'],
  ['ws_msgs_received', 'counter', 'count', 'system'],
  ['ws_ping', 'trend', 'ms', 'system', 3],
  ['ws_msg_rtt', 'trend', 'ms', 'system', 3],
  ['ws_errors', 'counter', 'count', 'system'],
  ['sse_streams', 'counter', 'count', 'system'],
  ['sse_connecting', 'trend', 'ms', 'system', 3],
  ['sse_time_to_first_byte', 'trend', 'ms', 'system', 3],
  ['sse_time_to_first_event', 'trend', 'ms', 'system', 3],
  ['sse_event_gap', 'trend', 'ms', 'system', 3],
  ['sse_events', 'counter', 'count', 'system'],
  ['sse_stream_duration', 'trend', 'ms', 'system', 3],
  ['sse_reconnects', 'counter', 'count', 'system'],
  ['sse_errors', 'counter', 'count', 'system'],
  ['sql_queries', 'counter', 'count', 'system'],
  ['sql_query_duration', 'trend', 'ms', 'system', 3],
  ['sql_query_failed', 'rate', 'ratio', 'system'],
  ['sql_query_timeouts', 'counter', 'count', 'system'],
  ['sql_rows', 'counter', 'count', 'system'],
  ['sql_transaction_duration', 'trend', 'ms', 'system', 3],
  ['sql_acquire_duration', 'trend', 'ms', 'system', 3],
  ['sql_connecting', 'trend', 'ms', 'scenario', 2],
  ['sql_pool_timeouts', 'counter', 'count', 'system'],
  ['sql_pool_size', 'gauge', 'count', 'system'],
  ['sql_pool_in_use', 'gauge', 'count', 'system'],
  ['sql_pool_waiting', 'gauge', 'count', 'system'],
  ['redis_reqs', 'counter', 'count', 'system'],
  ['redis_req_duration', 'trend', 'ms', 'system', 3],
  ['redis_req_failed', 'rate', 'ratio', 'system'],
  ['redis_commands', 'counter', 'count', 'system'],
  ['redis_hits', 'rate', 'ratio', 'system'],
  ['redis_connecting', 'trend', 'ms', 'scenario', 2],
  ['grpc_reqs', 'counter', 'count', 'system'],
  ['grpc_req_duration', 'trend', 'ms', 'system', 3],
  ['grpc_req_failed', 'rate', 'ratio', 'system'],
  ['grpc_connecting', 'trend', 'ms', 'scenario', 3],
  ['grpc_streams', 'counter', 'count', 'system'],
  ['grpc_stream_duration', 'trend', 'ms', 'system', 3],
  ['grpc_streams_msgs_sent', 'counter', 'count', 'system'],
  ['grpc_streams_msgs_received', 'counter', 'count', 'system'],
  ['measure_duration', 'trend', 'ms', 'system', 3],
  ['measure_failed', 'rate', 'ratio', 'system'],
  ['generator_start_lag', 'trend', 'ms', 'scenario', 3],
  ['generator_loop_busy', 'gauge', 'ratio', 'scenario'],
  ['generator_loop_lag', 'trend', 'ms', 'scenario', 3],
  ['generator_gc_pause', 'trend', 'ms', 'scenario', 2],
  ['generator_cpu', 'gauge', 'ratio', 'scenario'],
  ['generator_memory', 'gauge', 'bytes', 'scenario'],
  ['capacity_rate', 'gauge', 'count', 'scenario'],
] as const satisfies readonly Row[];

export type BuiltinMetric = (typeof ROWS)[number][0];

/** Every metric that Brunt itself feeds, in the order in which they are printed. A metric's id is its place here. */
export const BUILTIN_METRICS: readonly MetricDef[] = (ROWS as readonly Row[]).map(
  ([name, type, unit, split, digits = 3]) => ({
    name,
    type,
    unit,
    split,
    digits,
    custom: false,
  }),
);

/** Ids of the built-in metrics by name: `M.http_reqs`. Custom metrics get the ids that follow. */
export const M = Object.fromEntries(BUILTIN_METRICS.map((m, id) => [m.name, id])) as Readonly<
  Record<BuiltinMetric, number>
>;

/** Tags that Brunt sets itself and that make series (k6's names; `url` and others go to raw samples only). */
export const SYSTEM_TAGS = [
  'scenario',
  'group',
  'name',
  'method',
  'status',
  'proto',
  'error_code',
  'expected_response',
  'check',
] as const;

/** Name of a custom metric: a letter or underscore, then letters, digits, underscores; at most 128 characters. */
export const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
