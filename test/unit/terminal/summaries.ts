/** Summaries with known content, for golden files. */

import type {
  CallRow,
  CapacityProbe,
  ErrorGroup,
  MetricSummary,
  RequestRow,
  Summary,
} from '../../../runner/summary/model.ts';

export function trend(
  p50: number,
  p95: number,
  p99: number,
  max: number,
  count = 1000,
  thresholds?: MetricSummary['thresholds'],
): MetricSummary {
  const values = {
    count,
    avg: p50 * 1.2,
    min: p50 / 4,
    med: p50,
    max,
    stdev: p50 / 2,
    'p(50)': p50,
    'p(90)': (p50 + p95) / 2,
    'p(95)': p95,
    'p(99)': p99,
    'p(99.9)': (p99 + max) / 2,
  };
  return { type: 'trend', unit: 'ms', values, ...(thresholds === undefined ? {} : { thresholds }) };
}

export function counter(count: number, rate: number, unit: MetricSummary['unit'] = 'count'): MetricSummary {
  return { type: 'counter', unit, values: { count, rate } };
}

export function rate(passes: number, fails: number, thresholds?: MetricSummary['thresholds']): MetricSummary {
  const values = { rate: passes / (passes + fails), passes, fails };
  return { type: 'rate', unit: 'ratio', values, ...(thresholds === undefined ? {} : { thresholds }) };
}

export function gauge(
  value: number,
  min: number,
  max: number,
  unit: MetricSummary['unit'] = 'count',
): MetricSummary {
  return { type: 'gauge', unit, values: { value, min, max } };
}

export function request(
  method: string,
  name: string,
  count: number,
  failed = 0,
  duration: RequestRow['duration'] = { p50: 9.8, p95: 35, p99: 61, max: 120 },
): RequestRow {
  return { method, name, count, rate: count / 30, failed, duration };
}

export function call(
  protocol: string,
  kind: string,
  name: string,
  count: number,
  failed: number | null = 0,
  duration: CallRow['duration'] = { p50: 1.1, p95: 3.4, p99: 8, max: 41 },
): CallRow {
  return { protocol, kind, name, count, rate: count / 30, failed, duration };
}

export const EMPTY: Summary = {
  schema: 'brunt/summary@1',
  run: {
    script: 'checkout.ts',
    startedAt: '2025-01-01T00:00:00.000Z',
    durationMs: 30_412,
    verdict: 'passed',
    exitCode: 0,
    reasons: [],
    seed: 1,
    version: '0.1.0',
    node: 'v20.20.2',
    workers: 2,
  },
  options: {},
  scenarios: {},
  metrics: {},
  checks: [],
  requests: [],
  errors: [],
  generator: { valid: true, startLagP99Ms: null, loopBusyMax: 0, memoryMaxBytes: 0, notes: [] },
};

function run(changes: Partial<Summary['run']>): Summary['run'] {
  return { ...EMPTY.run, ...changes };
}

export const PASSED: Summary = {
  ...EMPTY,
  scenarios: {
    default: { executor: 'constant-vus', iterations: 48_211, failed: 0, interrupted: 0, dropped: 0 },
  },
  metrics: {
    http_reqs: counter(48_211, 1607.03),
    http_req_duration: trend(11.2, 142, 298, 351, 48_211, [
      { threshold: 'p(95)<400', ok: true, value: 142, limit: 400 },
      { threshold: 'p(99)<500', ok: true, value: 298, limit: 500 },
    ]),
    http_req_failed: rate(0, 48_211, [{ threshold: 'rate<0.01', ok: true, value: 0, limit: 0.01 }]),
    iterations: counter(48_211, 1607.03),
    iteration_duration: trend(31.1, 160, 312, 380, 48_211),
    checks: rate(96_422, 0, [{ threshold: 'rate>0.99', ok: true, value: 1, limit: 0.99 }]),
    vus: gauge(50, 1, 50),
    vus_max: gauge(50, 50, 50),
    data_sent: counter(5_912_345, 197_078, 'bytes'),
    data_received: counter(93_118_222, 3_103_940, 'bytes'),
  },
  checks: [
    { name: 'status is 200', group: '', passes: 48_211, fails: 0 },
    { name: 'has products', group: '', passes: 48_211, fails: 0 },
  ],
  requests: [request('GET', '/products', 48_211, 0, { p50: 11.2, p95: 142, p99: 298, max: 351 })],
  generator: { valid: true, startLagP99Ms: null, loopBusyMax: 0.61, memoryMaxBytes: 212_000_000, notes: [] },
};

const THROWN: ErrorGroup = {
  label: 'iteration buy',
  code: 0,
  message: "TypeError: Cannot read properties of undefined (reading 'items')",
  stack: [
    "TypeError: Cannot read properties of undefined (reading 'items')",
    '    at payForCart (/home/ann/load/checkout.ts:41:19)',
    '    at default (/home/ann/load/checkout.ts:28:9)',
    '    at node:internal/process/task_queues:95:5',
  ].join('\n'),
  count: 3,
};

export const FAILED: Summary = {
  ...PASSED,
  run: run({
    verdict: 'failed',
    exitCode: 99,
    reasons: ['http_req_duration{scenario:buy} p(99)<500: 812 ms, 62 % over the limit of 500 ms'],
  }),
  scenarios: {
    browse: { executor: 'constant-vus', iterations: 32_140, failed: 0, interrupted: 0, dropped: 0 },
    buy: { executor: 'ramping-vus', iterations: 16_059, failed: 0, interrupted: 12, dropped: 0 },
  },
  metrics: {
    ...PASSED.metrics,
    http_req_duration: trend(11.2, 142, 640, 1230, 48_211, [
      { threshold: 'p(95)<400', ok: true, value: 142, limit: 400 },
    ]),
    'http_req_duration{scenario:buy}': trend(24, 310, 812, 1230, 16_071, [
      { threshold: 'p(99)<500', ok: false, value: 812, limit: 500 },
      { threshold: 'max<5000', ok: true, value: 1230, limit: 5000 },
    ]),
    http_req_failed: rate(16, 48_195, [
      { threshold: 'rate<0.01', ok: true, value: 16 / 48_211, limit: 0.01 },
    ]),
    checks: rate(47_979, 482, [{ threshold: 'rate>0.995', ok: false, value: 0.99, limit: 0.995 }]),
  },
  requests: [
    request('GET', '/products', 32_140),
    request('POST', '/cart', 16_071, 16, { p50: 24, p95: 310, p99: 812, max: 1230 }),
  ],
  checks: [
    { name: 'status is 200', group: '', passes: 32_390, fails: 0 },
    { name: 'cart has 3 items', group: '::buy', passes: 15_589, fails: 482 },
  ],
  errors: [{ label: 'POST /cart', code: 1220, message: 'connection reset', count: 16 }],
};

export const OPEN: Summary = {
  ...PASSED,
  scenarios: {
    buy: { executor: 'constant-arrival-rate', iterations: 16_071, failed: 0, interrupted: 0, dropped: 12 },
  },
  metrics: {
    ...PASSED.metrics,
    iteration_response_time: trend(36, 402, 1100, 1420, 16_071),
    iteration_duration: trend(35, 340, 905, 1210, 16_071),
    iteration_start_lag: trend(0.05, 0.2, 0.4, 3, 16_071),
    queue_wait: trend(1.2, 3.4, 5.6, 7.8, 16_071),
    orders: counter(16_071, 535.7),
    coupon_accepted: rate(9_642, 6_429),
    basket_size: gauge(3, 1, 12),
  },
  generator: { ...PASSED.generator, startLagP99Ms: 0.4 },
};

function probe(
  number: number,
  rate: number,
  achieved: number,
  [p50, p95, p99]: readonly [number, number, number],
  reasons: readonly string[] = [],
): CapacityProbe {
  return {
    number,
    rate,
    achieved,
    windowMs: 10_000,
    responseTime: { count: achieved * 10, avg: p50 * 1.1, p50, p95, p99, max: p99 * 1.5 },
    failedShare: reasons.length > 1 ? 0.031 : 0,
    dropped: 0,
    held: reasons.length === 0,
    clear: true,
    reasons,
  };
}

const LATE = 'iteration_response_time p(99)<250: 412 ms';

export const CAPACITY: Summary = {
  ...OPEN,
  scenarios: {
    limit: {
      executor: 'capacity',
      iterations: 41_210,
      failed: 0,
      interrupted: 0,
      dropped: 1204,
      capacity: {
        rate: 436,
        failedAt: 455,
        limitedBy: [LATE],
        end: 'found',
        knee: 400,
        probes: [
          probe(1, 200, 200, [9.1, 14, 21]),
          probe(2, 400, 400, [10.4, 31, 88]),
          probe(3, 800, 502, [2100, 3900, 4200], ['completions fell 37 % behind arrivals', LATE]),
          probe(4, 566, 500, [840, 1510, 1620], ['completions fell 12 % behind arrivals', LATE]),
          probe(5, 476, 476, [24, 410, 690], [LATE]),
          probe(6, 436, 436, [12.9, 61, 190]),
          probe(7, 455, 455, [16.2, 180, 412], [LATE]),
          probe(8, 455, 454, [15.8, 172, 405], [LATE]),
        ],
        notes: [
          'at 800/s arrivals waited longer for a VU than for the system: if it could serve more than 200 at once, raise maxVUs',
        ],
      },
    },
  },
  metrics: { ...OPEN.metrics, capacity_rate: gauge(436, 436, 436) },
};

export const BROKEN: Summary = {
  ...FAILED,
  run: run({ verdict: 'failed', exitCode: 99, reasons: ['iteration_errors: 3 iterations threw an error'] }),
  scenarios: {
    buy: { executor: 'constant-vus', iterations: 16_056, failed: 3, interrupted: 12, dropped: 0 },
  },
  metrics: {
    ...PASSED.metrics,
    http_reqs: counter(16_071, 535.7),
    http_req_duration: trend(24, 310, 812, 1230, 12_000, [
      { threshold: 'p(95)<400', ok: true, value: 310, limit: 400 },
    ]),
    'http_req_duration{region:eu}': {
      type: 'trend',
      unit: 'ms',
      values: { count: 0 },
      thresholds: [{ threshold: 'p(95)<400', ok: false, value: null, limit: 400, note: 'no data' }],
    },
    http_req_failed: rate(4_071, 12_000, [
      { threshold: 'rate<0.01', ok: false, value: 4_071 / 16_071, limit: 0.01 },
    ]),
    checks: rate(40_000, 8_213),
  },
  checks: [
    { name: 'status is 200', group: '::shop::cart', passes: 12_000, fails: 4_071 },
    { name: 'cart has 3 items', group: '::shop::cart', passes: 16_039, fails: 32 },
    { name: 'has a title', group: '::shop', passes: 16_071, fails: 0 },
    {
      name: 'the body is JSON and holds a list of products with a price each, in the currency of the shop',
      group: '',
      passes: 11_961,
      fails: 4_110,
    },
  ],
  requests: [
    request('POST', '/cart', 12_000, 30, { p50: 24, p95: 310, p99: 812, max: 1230 }),
    request(
      'GET',
      'https://shop.example.com/api/v2/products/by-category/kitchen/and-garden?page=1&size=100',
      4_041,
      4_041,
      null,
    ),
  ],
  errors: [
    { label: 'GET /products', code: 1211, message: 'request timed out after 1s', count: 4_041 },
    { label: 'POST /cart', code: 1220, message: 'connection reset', count: 30 },
    THROWN,
    {
      label: 'iteration buy',
      code: 0,
      message: 'Error: the cart differs\nexpected: 3 items\nreceived: 2 items',
      count: 1,
    },
  ],
};

export const INVALID: Summary = {
  ...OPEN,
  run: run({
    verdict: 'invalid',
    exitCode: 96,
    reasons: [
      'the generator started iterations late: p(99) of iteration_start_lag was 450 ms, validity.maxStartLag is 100 ms; use more workers or a lower rate',
    ],
  }),
  generator: {
    valid: false,
    startLagP99Ms: 450,
    loopBusyMax: 0.99,
    memoryMaxBytes: 388_000_000,
    notes: ['worker 1 was busy 99 % of the time for 21 seconds'],
  },
};

export const INTERRUPTED: Summary = {
  ...EMPTY,
  run: run({ verdict: 'interrupted', exitCode: 105, durationMs: 412, reasons: ['interrupted by Ctrl-C'] }),
  scenarios: {
    default: { executor: 'constant-vus', iterations: 0, failed: 0, interrupted: 0, dropped: 0 },
  },
};

/** Everything but HTTP. */
export const PROTOCOLS: Summary = {
  ...EMPTY,
  metrics: {
    iterations: counter(16_071, 535.7),
    grpc_reqs: counter(9_001, 300),
    grpc_req_duration: trend(2.2, 5.1, 9.8, 77, 9_000),
    grpc_stream_duration: trend(812, 1_310, 1_900, 2_010, 1),
    grpc_req_failed: rate(3, 8_998),
    grpc_connecting: trend(3, 5, 7, 7.5, 50),
    sql_queries: counter(48_213, 1_607.1),
    sql_query_duration: trend(1.1, 3.4, 8, 41, 48_200),
    sql_query_failed: rate(13, 48_200),
    sql_acquire_duration: trend(0.02, 0.4, 2, 9, 48_213),
    sql_pool_in_use: gauge(7, 0, 10),
    redis_reqs: counter(500, 16.7),
    redis_req_duration: trend(0.2, 0.4, 0.9, 2, 500),
    redis_req_failed: rate(0, 500),
    redis_hits: rate(410, 90),
    ws_sessions: counter(199, 6.6),
    ws_connecting: trend(2.2, 3.9, 5, 5.2, 199),
    ws_msg_rtt: trend(4.1, 9.8, 16, 80, 9_600),
    ws_msgs_sent: counter(9_700, 323),
    measure_duration: trend(31, 48, 60, 61, 40),
    measure_failed: rate(2, 40),
    mqtt_reqs: counter(120, 4),
    mqtt_req_duration: trend(1, 2, 3, 4, 120),
    mqtt_req_failed: rate(0, 120),
    mqtt_in_flight: gauge(3, 0, 20),
  },
  calls: [
    call('grpc', '', 'shop.v1.Orders/Create', 9_000, 3, { p50: 2.2, p95: 5.1, p99: 9.8, max: 77 }),
    call('grpc', '', 'shop.v1.Orders/Watch', 1, 0, { p50: 812, p95: 1_310, p99: 1_900, max: 2_010 }),
    call('sql', '', 'select * from orders where id = ?', 32_140, 0),
    call('sql', '', 'insert into orders (id, product, amount, at) values (?, ?, ?, ?)', 16_060, 0),
    call('sql', '', 'commit', 13, 13, null),
    call('redis', '', 'GET', 500, 0, { p50: 0.2, p95: 0.4, p99: 0.9, max: 2 }),
    call('measure', '', 'render the invoice', 42, 2, { p50: 31, p95: 48, p99: 60, max: 61 }),
    call('mqtt', '', 'PUBLISH orders', 120, 0, { p50: 1, p95: 2, p99: 3, max: 4 }),
    call('ws', 'request', '/chat', 9_600, null, { p50: 4.1, p95: 9.8, p99: 16, max: 80 }),
    call('ws', 'connect', '/chat', 200, 1, { p50: 2.2, p95: 3.9, p99: 5, max: 5.2 }),
  ],
};
