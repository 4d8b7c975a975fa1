import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { PoolUse } from './pool.ts';

/** Upper bounds of the duration histogram, in seconds; around the 10, 50 and 100 ms that the demo is made of. */
const BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.08, 0.1, 0.13, 0.2, 0.5, 1, 5] as const;

interface Durations {
  readonly counts: number[];
  count: number;
  sum: number;
}

/** The monitor's timer; what it records is the time between two of its ticks. */
const LOOP_TICK_MS = 10;

/** What other parts know at the moment of a scrape. */
export interface Gauges {
  readonly pool: PoolUse | undefined;
  readonly cacheEntries: number | undefined;
  readonly sessions: number;
  readonly webSockets: number;
  readonly tokens: { readonly prompt: number; readonly completion: number };
}

function labels(pairs: Readonly<Record<string, string | number>>): string {
  const inner = Object.entries(pairs).map(([key, value]) => `${key}="${value}"`);
  return inner.length === 0 ? '' : `{${inner.join(',')}}`;
}

/** Counts what happens and prints it in Prometheus' text format. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Durations>();
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_TICK_MS });
  #inFlight = 0;
  #hits = 0;
  #misses = 0;

  constructor() {
    this.#loop.enable();
  }

  requestStarted(): void {
    this.#inFlight += 1;
  }

  /** `route` is the pattern, not the path: one series per route, however many ids there are. */
  requestEnded(method: string, route: string, status: number, seconds: number): void {
    this.#inFlight -= 1;
    const key = labels({ method, route, status });
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    let durations = this.#durations.get(route);
    if (durations === undefined) {
      durations = { counts: BUCKETS.map(() => 0), count: 0, sum: 0 };
      this.#durations.set(route, durations);
    }
    durations.count += 1;
    durations.sum += seconds;
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) durations.counts[bucket]! += 1;
  }

  cacheRead(hit: boolean): void {
    if (hit) this.#hits += 1;
    else this.#misses += 1;
  }

  close(): void {
    this.#loop.disable();
  }

  /** The event loop's delay is that since the last call. */
  render(gauges: Gauges): string {
    const lines: string[] = [];
    const metric = (
      name: string,
      type: string,
      help: string,
      rows: Iterable<readonly [string, number]>,
    ): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [suffix, value] of rows) lines.push(`${name}${suffix} ${value}`);
    };
    const single = (name: string, type: string, help: string, value: number): void =>
      metric(name, type, help, [['', value]]);

    metric('http_requests_total', 'counter', 'Requests answered.', this.#requests);
    metric('http_request_duration_seconds', 'histogram', 'Time to answer.', this.#durationRows());
    single('http_requests_in_flight', 'gauge', 'Requests being worked on.', this.#inFlight);
    if (gauges.pool !== undefined) {
      single('db_pool_size', 'gauge', 'Database connections.', gauges.pool.size);
      single('db_pool_in_use', 'gauge', 'Connections in use.', gauges.pool.inUse);
      single('db_pool_waiting', 'gauge', 'Requests that wait for a connection.', gauges.pool.waiting);
      single('db_pool_timeouts_total', 'counter', 'Requests that waited too long.', gauges.pool.timeouts);
    }
    single('cache_hits_total', 'counter', 'Cache reads that found a value.', this.#hits);
    single('cache_misses_total', 'counter', 'Cache reads that did not.', this.#misses);
    if (gauges.cacheEntries !== undefined) {
      single('cache_entries', 'gauge', 'Values in the cache.', gauges.cacheEntries);
    }
    single('sessions', 'gauge', 'Users logged in.', gauges.sessions);
    single('websocket_connections', 'gauge', 'Open WebSockets.', gauges.webSockets);
    metric('llm_tokens_total', 'counter', 'Tokens of chat answers.', [
      ['{kind="prompt"}', gauges.tokens.prompt],
      ['{kind="completion"}', gauges.tokens.completion],
    ]);
    const memory = process.memoryUsage();
    single('process_resident_memory_bytes', 'gauge', 'Resident memory.', memory.rss);
    single('nodejs_heap_size_used_bytes', 'gauge', 'JavaScript heap in use.', memory.heapUsed);
    metric('nodejs_eventloop_delay_seconds', 'gauge', 'Delay of the event loop since the last scrape.', [
      ['{quantile="0.5"}', this.#lateness(this.#loop.percentile(50))],
      ['{quantile="0.99"}', this.#lateness(this.#loop.percentile(99))],
      ['{quantile="1"}', this.#lateness(this.#loop.max)],
    ]);
    this.#loop.reset();
    return `${lines.join('\n')}\n`;
  }

  /** Seconds by which a tick came late; an empty histogram has no maximum worth the name. */
  #lateness(intervalNs: number): number {
    return this.#loop.count === 0 ? 0 : Math.max(0, intervalNs / 1e6 - LOOP_TICK_MS) / 1000;
  }

  *#durationRows(): Iterable<readonly [string, number]> {
    for (const [route, durations] of this.#durations) {
      let below = 0;
      for (const [at, bound] of BUCKETS.entries()) {
        below += durations.counts[at] as number;
        yield [`_bucket${labels({ route, le: bound })}`, below];
      }
      yield [`_bucket${labels({ route, le: '+Inf' })}`, durations.count];
      yield [`_sum${labels({ route })}`, durations.sum];
      yield [`_count${labels({ route })}`, durations.count];
    }
  }
}
