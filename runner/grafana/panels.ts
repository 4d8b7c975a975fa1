/**
 * The panels of the dashboard: rows of what is shown, with the PromQL behind it. In queries stand Grafana's variables
 * `$run`, `$scenario`, `$name`, `$system` and `$__rate_interval`.
 *
 * Histograms may be classic or native, as the run chose: a query asks for the one or else for the other.
 */

import type { BuiltinMetric } from '../../dsl/metrics.ts';
import { BUILTIN_METRICS, M, type MetricDef } from '../../dsl/metrics.ts';
import { familiesOf } from '../outputs/prometheus/names.ts';

export type PanelKind = 'timeseries' | 'gauge' | 'stat' | 'heatmap';

/** Grafana's names of units. */
export type PanelUnit = 's' | 'reqps' | 'percentunit' | 'bytes' | 'Bps' | 'short' | 'ops';

export interface Query {
  readonly expr: string;
  /** `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: PanelKind;
  readonly unit: PanelUnit;
  /** Of 24 columns. */
  readonly width: number;
  readonly queries: readonly Query[];
  /** Colours from the value on: green, yellow, red; absent: one colour. */
  readonly limits?: readonly [yellow: number, red: number];
  /** Higher is better: red, yellow, green. */
  readonly descending?: boolean;
  /** Ends of the axis. */
  readonly range?: readonly [min: number, max: number];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const RATE = '[$__rate_interval]';
const ALL = 'run=~"$run", scenario=~"$scenario", group!~"::(setup|teardown).*"';
const NAMED = `${ALL}, name=~"$name"`;

function def(metric: BuiltinMetric): MetricDef {
  return BUILTIN_METRICS[M[metric]] as MetricDef;
}

/** Names of a metric's samples; of a rate: what it counts, all. */
function names(metric: BuiltinMetric): readonly [string, string] {
  const [first, second] = familiesOf(def(metric)).map(({ name }) => name);
  return [first as string, second ?? ''];
}

/** A query's clause of grouping. */
function by(labels: readonly string[]): string {
  return labels.length === 0 ? '' : ` by (${labels.join(', ')})`;
}

function perSecond(metric: BuiltinMetric, matchers: string, labels: readonly string[] = []): string {
  return `sum${by(labels)} (rate(${names(metric)[0]}{${matchers}}${RATE}))`;
}

function share(metric: BuiltinMetric, matchers: string, labels: readonly string[] = []): string {
  const [passes, all] = names(metric).map((name) => `sum${by(labels)} (rate(${name}{${matchers}}${RATE}))`);
  return `${passes} / ${all}`;
}

function quantile(
  q: number,
  metric: BuiltinMetric,
  matchers: string,
  labels: readonly string[] = [],
): string {
  const [name] = names(metric);
  const rate = (suffix: string, grouping: readonly string[]): string =>
    `sum${by(grouping)} (rate(${name}${suffix}{${matchers}}${RATE}))`;
  const classic = `histogram_quantile(${q}, ${rate('_bucket', ['le', ...labels])})`;
  return `${classic} or histogram_quantile(${q}, ${rate('', labels)})`;
}

function gauge(metric: BuiltinMetric, aggregation: 'sum' | 'max', labels: readonly string[] = []): string {
  return `${aggregation}${by(labels)} (${names(metric)[0]}{${ALL}})`;
}

const quantiles = (metric: BuiltinMetric, matchers: string): readonly Query[] =>
  ([0.5, 0.95, 0.99] as const).map((q) => ({ expr: quantile(q, metric, matchers), legend: `p${q * 100}` }));

const LATENCY: Row = {
  title: 'Latency',
  panels: [
    {
      title: 'p95',
      description:
        'Of HTTP requests: 95 % took at most this long. The colours are a start; set them to your limits.',
      kind: 'gauge',
      unit: 's',
      width: 4,
      queries: [{ expr: quantile(0.95, 'http_req_duration', NAMED), legend: 'p95' }],
      limits: [0.2, 0.4],
      range: [0, 1],
    },
    {
      title: 'p99',
      description: 'Of HTTP requests: 99 % took at most this long.',
      kind: 'gauge',
      unit: 's',
      width: 4,
      queries: [{ expr: quantile(0.99, 'http_req_duration', NAMED), legend: 'p99' }],
      limits: [0.35, 0.5],
      range: [0, 1],
    },
    {
      title: 'Request duration',
      description: 'HTTP requests from sending to the end of the response.',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      queries: quantiles('http_req_duration', NAMED),
    },
    {
      title: 'p95 by request',
      description: 'HTTP requests by their name.',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: quantile(0.95, 'http_req_duration', NAMED, ['method', 'name']),
          legend: '{{method}} {{name}}',
        },
      ],
    },
    {
      title: 'Distribution',
      description: 'How many requests took how long. Of classic histograms only.',
      kind: 'heatmap',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: `sum by (le) (increase(${names('http_req_duration')[0]}_bucket{${NAMED}}${RATE}))`,
          legend: '{{le}}',
        },
      ],
    },
    {
      title: 'Waited from the schedule',
      description:
        'Iterations from when they should have started to their end: what a user who came on time waited.',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      queries: quantiles('iteration_response_time', ALL),
    },
    {
      title: 'Other protocols, p95',
      description: 'WebSocket round trips, first events of streams, gRPC, SQL, Redis and measured code.',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      queries: [
        { expr: quantile(0.95, 'ws_msg_rtt', ALL), legend: 'WebSocket round trip' },
        { expr: quantile(0.95, 'sse_time_to_first_event', ALL), legend: 'first event of a stream' },
        { expr: quantile(0.95, 'grpc_req_duration', ALL), legend: 'gRPC' },
        { expr: quantile(0.95, 'sql_query_duration', ALL), legend: 'SQL' },
        { expr: quantile(0.95, 'redis_req_duration', ALL), legend: 'Redis' },
        { expr: quantile(0.95, 'measure_duration', ALL), legend: 'measured' },
      ],
    },
  ],
};

const THROUGHPUT: Row = {
  title: 'Throughput',
  panels: [
    {
      title: 'Success rate',
      description: 'HTTP requests that did not fail.',
      kind: 'gauge',
      unit: 'percentunit',
      width: 4,
      queries: [{ expr: `1 - ${share('http_req_failed', NAMED)}`, legend: 'success' }],
      limits: [0.9, 0.99],
      descending: true,
      range: [0, 1],
    },
    {
      title: 'Checks',
      description: 'Checks that passed.',
      kind: 'gauge',
      unit: 'percentunit',
      width: 4,
      queries: [{ expr: share('checks', ALL), legend: 'checks' }],
      limits: [0.9, 0.99],
      descending: true,
      range: [0, 1],
    },
    {
      title: 'Requests per second',
      description: 'HTTP requests by their name.',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      queries: [
        { expr: perSecond('http_reqs', NAMED, ['method', 'name']), legend: '{{method}} {{name}}' },
        { expr: perSecond('http_reqs', NAMED), legend: 'all' },
      ],
    },
    {
      title: 'Messages per second',
      description: 'Over WebSockets, event streams and gRPC streams.',
      kind: 'timeseries',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: perSecond('ws_msgs_sent', ALL), legend: 'WebSocket, sent' },
        { expr: perSecond('ws_msgs_received', ALL), legend: 'WebSocket, received' },
        { expr: perSecond('sse_events', ALL), legend: 'events' },
        { expr: perSecond('grpc_streams_msgs_sent', ALL), legend: 'gRPC, sent' },
        { expr: perSecond('grpc_streams_msgs_received', ALL), legend: 'gRPC, received' },
      ],
    },
    {
      title: 'Iterations per second',
      description: 'Complete ones, those that threw, and arrivals that no virtual user was free for.',
      kind: 'timeseries',
      unit: 'ops',
      width: 8,
      queries: [
        { expr: perSecond('iterations', ALL), legend: 'complete' },
        { expr: perSecond('iteration_errors', ALL), legend: 'failed' },
        { expr: perSecond('dropped_iterations', ALL), legend: 'dropped' },
      ],
    },
    {
      title: 'Requests by status',
      description: '0: no response.',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      queries: [{ expr: perSecond('http_reqs', NAMED, ['status']), legend: '{{status}}' }],
    },
    {
      title: 'Data',
      description: 'Bytes on the sockets.',
      kind: 'timeseries',
      unit: 'Bps',
      width: 8,
      queries: [
        { expr: perSecond('data_received', ALL), legend: 'received' },
        { expr: perSecond('data_sent', ALL), legend: 'sent' },
      ],
    },
  ],
};

const RESOURCES: Row = {
  title: 'Resources',
  panels: [
    {
      title: 'Cache hit rate',
      description: 'Redis reads of the script that found a value.',
      kind: 'gauge',
      unit: 'percentunit',
      width: 4,
      queries: [{ expr: share('redis_hits', ALL), legend: 'hits' }],
      limits: [0.5, 0.9],
      descending: true,
      range: [0, 1],
    },
    {
      title: 'Virtual users',
      description: 'Running now.',
      kind: 'stat',
      unit: 'short',
      width: 4,
      queries: [{ expr: gauge('vus', 'sum'), legend: 'VUs' }],
    },
    {
      title: 'Connections',
      description: "The script's pools of database connections.",
      kind: 'timeseries',
      unit: 'short',
      width: 8,
      queries: [
        { expr: gauge('sql_pool_in_use', 'sum'), legend: 'in use' },
        { expr: gauge('sql_pool_waiting', 'sum'), legend: 'waiting for one' },
        { expr: gauge('sql_pool_size', 'sum'), legend: 'open' },
      ],
    },
    {
      title: 'Memory',
      description:
        'Resident: of Brunt, and of the jobs that Prometheus itself scrapes (the variable `system`).',
      kind: 'timeseries',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: gauge('generator_memory', 'max', ['run']), legend: 'Brunt, {{run}}' },
        {
          expr: 'max by (job, instance) (process_resident_memory_bytes{job=~"$system"})',
          legend: '{{job}} {{instance}}',
        },
      ],
    },
    {
      title: 'Virtual users over time',
      description: 'Running, and made.',
      kind: 'timeseries',
      unit: 'short',
      width: 8,
      queries: [
        { expr: gauge('vus', 'sum', ['scenario']), legend: '{{scenario}}' },
        { expr: gauge('vus_max', 'sum'), legend: 'made' },
      ],
    },
    {
      title: 'Generator',
      description: 'How busy Brunt itself is: near 100 % the numbers are those of the generator.',
      kind: 'timeseries',
      unit: 'percentunit',
      width: 8,
      queries: [
        { expr: gauge('generator_loop_busy', 'max'), legend: 'event loop' },
        { expr: gauge('generator_cpu', 'max'), legend: 'processor' },
      ],
    },
    {
      title: 'Generator start lag, p99',
      description: 'How much later than scheduled iterations began although a virtual user was free.',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.99, 'generator_start_lag', ALL), legend: 'p99' }],
    },
  ],
};

export const ROWS: readonly Row[] = [LATENCY, THROUGHPUT, RESOURCES];
