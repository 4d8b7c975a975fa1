/** What `options` may hold, as users write it, and the same after validation with every default filled in. */

import type { Duration } from './duration.ts';
import type { ResolvedNetwork, TlsVersion } from './network.ts';

/** A step of a ramp: reach `target` (VUs, or iterations per `timeUnit`) in `duration`. */
export interface Stage {
  duration: Duration;
  target: number;
}

export interface ThresholdObject {
  /** `p(95)<400`, `rate>0.99`, `count<10`, `avg<200`, `stdev<50`, `p(95)<500 over 30s`, `slope<1`, `growth<100`. */
  threshold: string;
  /** Ends the run as soon as the threshold fails. Default false. */
  abortOnFail?: boolean;
  /** How long to wait before `abortOnFail` may act. Default 0. */
  delayAbortEval?: Duration;
  /** What a threshold without any data means. Default `'fail'`. */
  noData?: 'fail' | 'pass';
}

export type ThresholdInput = string | ThresholdObject;

interface ScenarioBase {
  /** Name of the exported function to run. Default `'default'`. */
  exec?: string;
  /** Delay after the start of the test. Default 0. */
  startTime?: Duration;
  /** How long iterations under way may go on when the scenario's time is over. Default 30s. */
  gracefulStop?: Duration;
  /** Added to `env` for this scenario's VUs. */
  env?: Record<string, string>;
  tags?: Record<string, string>;
}

/** A fixed number of iterations, shared by all VUs: a fast VU does more of them. */
export interface SharedIterations extends ScenarioBase {
  executor: 'shared-iterations';
  /** Default 1. */
  vus?: number;
  /** Default 1. */
  iterations?: number;
  /** Default 10m. */
  maxDuration?: Duration;
}

/** Every VU does the same number of iterations. */
export interface PerVuIterations extends ScenarioBase {
  executor: 'per-vu-iterations';
  /** Default 1. */
  vus?: number;
  /** Per VU. Default 1. */
  iterations?: number;
  /** Default 10m. */
  maxDuration?: Duration;
}

/** A fixed number of VUs for a time. */
export interface ConstantVus extends ScenarioBase {
  executor: 'constant-vus';
  /** Default 1. */
  vus?: number;
  duration: Duration;
}

/** A number of VUs that follows the stages. */
export interface RampingVus extends ScenarioBase {
  executor: 'ramping-vus';
  /** Default 1. */
  startVUs?: number;
  stages: Stage[];
  /** How long a VU that is ramped down may finish its iteration. Default 30s. */
  gracefulRampDown?: Duration;
}

interface OpenModel extends ScenarioBase {
  /** Spacing of arrivals: even, or random with the same mean. Default `'uniform'`. */
  arrivals?: 'uniform' | 'poisson';
  /** What becomes of an arrival for which no VU is free: counted in `dropped_iterations`, or started late. Default `'drop'`. */
  whenBusy?: 'drop' | 'queue';
  /** VUs made before the start. */
  preAllocatedVUs: number;
  /** Upper bound of VUs; more than `preAllocatedVUs` are made when needed. Default `preAllocatedVUs`. */
  maxVUs?: number;
}

/** A fixed rate of iteration starts, whatever the system's speed. */
export interface ConstantArrivalRate extends OpenModel {
  executor: 'constant-arrival-rate';
  /** Iterations per `timeUnit`; may be below 1. */
  rate: number;
  /** Default 1s. */
  timeUnit?: Duration;
  duration: Duration;
}

/** A rate of iteration starts that follows the stages. */
export interface RampingArrivalRate extends OpenModel {
  executor: 'ramping-arrival-rate';
  /** Iterations per `timeUnit` at the start. Default 0. */
  startRate?: number;
  /** Default 1s. */
  timeUnit?: Duration;
  stages: Stage[];
}

/** Many arrivals at one instant, again and again. */
export interface Burst extends ScenarioBase {
  executor: 'burst';
  /** Arrivals at each instant. */
  size: number;
  /** Time between two bursts. */
  every: Duration;
  /** Number of bursts. */
  count: number;
  whenBusy?: 'drop' | 'queue';
  /** Default 0: VUs are made when needed. */
  preAllocatedVUs?: number;
  /** Default `size`. */
  maxVUs?: number;
}

/**
 * Finds the highest rate of iteration starts at which `thresholds` hold: doubles the rate until a probe fails, then
 * halves the bracket between held and failed rates until it is within `precision`. See docs/capacity.md.
 */
export interface Capacity extends ScenarioBase {
  executor: 'capacity';
  /** What must hold, of the measured part of each probe alone: `{ iteration_response_time: ['p(99)<250'] }`. */
  thresholds: Record<string, ThresholdInput | ThresholdInput[]>;
  /** Rate of the first probe: iterations per `timeUnit`. */
  startRate: number;
  /** Highest rate to try. */
  maxRate: number;
  /** Default 1s. */
  timeUnit?: Duration;
  /** Measured part of a probe; made longer where the thresholds need more samples. Default 10s. */
  probe?: Duration;
  /** Part of each probe before that, with load but not judged. Default 3s. */
  warmUp?: Duration;
  /** Pause between probes, from when nothing runs or waits any more. Default 2s. */
  settle?: Duration;
  /** Width of the bracket at which the search ends, as a share of the rate. Default 0.05. */
  precision?: number;
  /** No probe is begun that could not end by then. Default 10m. */
  maxDuration?: Duration;
  /** Spacing of arrivals: even, or random with the same mean. Default `'uniform'`. */
  arrivals?: 'uniform' | 'poisson';
  /** Default `'queue'`: overload shows as response time. */
  whenBusy?: 'drop' | 'queue';
  /** VUs made before the start. */
  preAllocatedVUs: number;
  /** Upper bound of VUs; more than `preAllocatedVUs` are made when needed. Default `preAllocatedVUs`. */
  maxVUs?: number;
}

export type ScenarioOptions =
  | SharedIterations
  | PerVuIterations
  | ConstantVus
  | RampingVus
  | ConstantArrivalRate
  | RampingArrivalRate
  | Burst
  | Capacity;

export type ExecutorName = ScenarioOptions['executor'];

/** The shape of the `options` export. Every field is optional; a number given as a duration is milliseconds. */
export interface Options {
  /** VUs of the shortcut forms. Default 1. */
  vus?: number;
  /** Shortcut for one `constant-vus` scenario. */
  duration?: Duration;
  /** Shortcut for one `shared-iterations` scenario; with `duration`, its `maxDuration`. */
  iterations?: number;
  /** Shortcut for one `ramping-vus` scenario. */
  stages?: Stage[];
  scenarios?: Record<string, ScenarioOptions>;
  /** Thresholds by metric or sub-metric: `{ 'http_req_duration{scenario:buy}': ['p(95)<400'] }`. */
  thresholds?: Record<string, ThresholdInput | ThresholdInput[]>;
  /** Sub-metrics to report without a threshold: `'http_req_duration{region:eu}'`; or tag keys that split every metric: `'region'`. */
  breakdown?: string[];
  /** Tags of every sample. */
  tags?: Record<string, string>;
  /** Default 60s. */
  setupTimeout?: Duration;
  /** Default 60s. */
  teardownTimeout?: Duration;
  /** Shortest time of an iteration: the rest is slept. Default 0. */
  minIterationDuration?: Duration;
  /** Columns of trends in the summary. Default `['count', 'avg', 'min', 'med', 'max', 'stdev', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)']`. */
  summaryTrendStats?: string[];
  /** Conditions under which the result counts. */
  validity?: {
    /** Highest p(99) of `iteration_start_lag` of open-model scenarios. Default 100ms. */
    maxStartLag?: Duration;
  };
  /** Threads. Default: the number of cores, at most one per VU. */
  workers?: number;
  /** Start of every random sequence (`Math.random`, feeds, Poisson arrivals). Default: chosen and reported. */
  seed?: number;

  /** Requests of one `http.batch` under way at once. Default 20. */
  batch?: number;
  /** The same per host. Default 6. */
  batchPerHost?: number;
  /** `'vu'`: every VU has its own connections, as every user has a browser. `'shared'`: one pool per thread. Default `'vu'`. */
  connections?: 'vu' | 'shared';
  /** Most redirects to follow. Default 10. */
  maxRedirects?: number;
  /** Bodies are read and counted but not kept. Default false. */
  discardResponseBodies?: boolean;
  /** Default `Brunt/<version>`. */
  userAgent?: string;
  /** Failed requests throw. Default false. */
  throw?: boolean;
  /** A new connection for every request. Default false. */
  noConnectionReuse?: boolean;
  /** Connections are closed at the end of every iteration. Default false. */
  noVUConnectionReuse?: boolean;
  /** Cookies survive the iteration. Default false: every iteration is a new visitor. */
  noCookiesReset?: boolean;
  /** Requests carry a W3C `traceparent` header; its ids are in `response.trace`. Default false. */
  traceContext?: boolean;
  /** Accepts any certificate of servers. Default false. */
  insecureSkipTLSVerify?: boolean;
  /** `'auto'`: HTTP/2 where an https server speaks it. `true`: HTTP/2 only, over http without asking. Default false: HTTP/1.1. */
  http2?: boolean | 'auto';
  /** `http://[user:password@]host:port` (or https) for all requests; false: none. Default: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  proxy?: string | false;
  /** Addresses in place of name resolution: `{ 'shop.test': '10.0.0.1', 'shop.test:443': '10.0.0.1:8443', '*.cdn.test': '::1' }`. */
  hosts?: Record<string, string>;
  /** Name resolution. */
  dns?: {
    /** How long answers are kept; `'inf'` for ever, 0 not at all. Default 5m. */
    ttl?: Duration;
    /** Which of several addresses is tried first. Default `'roundRobin'`. */
    select?: 'first' | 'random' | 'roundRobin';
    /** Default `'any'`: the family that worked last first. */
    policy?: 'any' | 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6';
  };
  /** Addresses that are never dialed: `['10.0.0.0/8', '::1']`. Requests fail with code 1110. */
  blacklistIPs?: string[];
  /** Hosts that are never asked: `['*.example.com']`. Requests fail with code 1111. */
  blockHostnames?: string[];
  /** Addresses of this machine to send from, by turns of the VUs: `'10.0.0.1-10.0.0.9,10.0.1.0/24'`. */
  localIPs?: string | string[];
  /** Certificates that the client shows to hosts; PEM. */
  tlsAuth?: { domains?: string[]; cert: string; key: string; password?: string }[];
  /** `'tls1.2'`: that one only. */
  tlsVersion?: TlsVersion | { min?: TlsVersion; max?: TlsVersion };
  /** By IANA's or OpenSSL's names: `['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']`. */
  tlsCipherSuites?: string[];
  /** Authorities to trust beside those that Node knows; PEM. */
  tlsCA?: string | string[];
  /** Prints requests and responses: heads, or with `'full'` bodies too. */
  httpDebug?: boolean | 'full';
}

/** Fields that every resolved scenario has. */
interface ResolvedScenarioBase {
  readonly name: string;
  readonly exec: string;
  readonly startTimeMs: number;
  readonly gracefulStopMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ResolvedStage {
  readonly durationMs: number;
  readonly target: number;
}

interface ResolvedOpenModel {
  readonly arrivals: 'uniform' | 'poisson';
  readonly whenBusy: 'drop' | 'queue';
  readonly preAllocatedVUs: number;
  readonly maxVUs: number;
}

export type ResolvedScenario = ResolvedScenarioBase &
  (
    | {
        readonly executor: 'shared-iterations' | 'per-vu-iterations';
        readonly vus: number;
        readonly iterations: number;
        readonly maxDurationMs: number;
      }
    | { readonly executor: 'constant-vus'; readonly vus: number; readonly durationMs: number }
    | {
        readonly executor: 'ramping-vus';
        readonly startVUs: number;
        readonly stages: readonly ResolvedStage[];
        readonly gracefulRampDownMs: number;
      }
    | (ResolvedOpenModel & {
        readonly executor: 'constant-arrival-rate';
        readonly rate: number;
        readonly timeUnitMs: number;
        readonly durationMs: number;
      })
    | (ResolvedOpenModel & {
        readonly executor: 'ramping-arrival-rate';
        readonly startRate: number;
        readonly timeUnitMs: number;
        readonly stages: readonly ResolvedStage[];
      })
    | (ResolvedOpenModel & {
        readonly executor: 'burst';
        readonly size: number;
        readonly everyMs: number;
        readonly count: number;
      })
    | (ResolvedOpenModel & {
        readonly executor: 'capacity';
        readonly thresholds: readonly ResolvedThreshold[];
        readonly startRate: number;
        readonly maxRate: number;
        readonly timeUnitMs: number;
        readonly probeMs: number;
        readonly warmUpMs: number;
        readonly settleMs: number;
        readonly precision: number;
        readonly maxDurationMs: number;
      })
  );

export interface ResolvedThreshold {
  /** Metric or sub-metric as written. */
  readonly metric: string;
  readonly threshold: string;
  readonly abortOnFail: boolean;
  readonly delayAbortEvalMs: number;
  readonly noData: 'fail' | 'pass';
}

/** Options after validation: plain data (it crosses threads), every default filled in. */
export interface ResolvedOptions {
  readonly scenarios: readonly ResolvedScenario[];
  readonly thresholds: readonly ResolvedThreshold[];
  readonly breakdown: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly setupTimeoutMs: number;
  readonly teardownTimeoutMs: number;
  readonly minIterationDurationMs: number;
  readonly summaryTrendStats: readonly string[];
  readonly validity: { readonly maxStartLagMs: number };
  readonly workers: number;
  readonly seed: number;
  readonly batch: number;
  readonly batchPerHost: number;
  readonly connections: 'vu' | 'shared';
  readonly maxRedirects: number;
  readonly discardResponseBodies: boolean;
  readonly userAgent: string;
  readonly throw: boolean;
  readonly noConnectionReuse: boolean;
  readonly noVUConnectionReuse: boolean;
  readonly noCookiesReset: boolean;
  readonly traceContext: boolean;
  readonly insecureSkipTLSVerify: boolean;
  readonly network: ResolvedNetwork;
  readonly httpDebug: false | 'heads' | 'full';
}

/** Types the `options` export: `export const options = defineOptions({ … })`. Returns its argument. */
export function defineOptions(options: Options): Options {
  return options;
}
