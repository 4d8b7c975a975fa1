/** Resolved options in the names that users write; durations are numbers of milliseconds, as options take them. */

import type { ResolvedNetwork } from '../../dsl/network.ts';
import type {
  ResolvedOptions,
  ResolvedScenario,
  ResolvedStage,
  ResolvedThreshold,
} from '../../dsl/options.ts';

type Plain = Readonly<Record<string, unknown>>;

/**
 * The same shape as the `options` export, with every default filled in. The `env` of scenarios is left out: results
 * are passed around, and what stands in an environment may be a secret.
 */
export function plainOptions(options: ResolvedOptions): Plain {
  return {
    scenarios: Object.fromEntries(
      options.scenarios.map((scenario) => [scenario.name, plainScenario(scenario)]),
    ),
    thresholds: plainThresholds(options.thresholds),
    breakdown: options.breakdown,
    tags: options.tags,
    setupTimeout: options.setupTimeoutMs,
    teardownTimeout: options.teardownTimeoutMs,
    minIterationDuration: options.minIterationDurationMs,
    summaryTrendStats: options.summaryTrendStats,
    validity: { maxStartLag: options.validity.maxStartLagMs },
    workers: options.workers,
    seed: options.seed,
    batch: options.batch,
    batchPerHost: options.batchPerHost,
    connections: options.connections,
    maxRedirects: options.maxRedirects,
    discardResponseBodies: options.discardResponseBodies,
    userAgent: options.userAgent,
    throw: options.throw,
    noConnectionReuse: options.noConnectionReuse,
    noVUConnectionReuse: options.noVUConnectionReuse,
    noCookiesReset: options.noCookiesReset,
    traceContext: options.traceContext,
    insecureSkipTLSVerify: options.insecureSkipTLSVerify,
    ...plainNetwork(options.network),
    httpDebug: options.httpDebug === 'heads' ? true : options.httpDebug,
  };
}

/** Keys and passwords stay out: results are passed around. */
function plainNetwork(network: ResolvedNetwork): Plain {
  const { dns, proxy, tlsAuth, tlsCA, tlsVersion, ...rest } = network;
  const plain: Record<string, unknown> = {
    ...rest,
    proxy: typeof proxy === 'string' ? proxy.replace(/\/\/[^/]*@/, '//***@') : proxy,
    dns: { ttl: Number.isFinite(dns.ttlMs) ? dns.ttlMs : 'inf', select: dns.select, policy: dns.policy },
    tlsAuth: tlsAuth.map(({ domains }) => ({ domains })),
    tlsVersion: tlsVersion.min === tlsVersion.max ? tlsVersion.min : tlsVersion,
    tlsCA: tlsCA.map((pem) => `${pem.length} characters`),
  };
  // What says nothing is left out, as most runs set none of it.
  for (const [key, value] of Object.entries(plain)) {
    const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    if (value === undefined || empty) delete plain[key];
  }
  return plain;
}

function plainThresholds(thresholds: readonly ResolvedThreshold[]): Plain {
  const byMetric: Record<string, unknown[]> = {};
  for (const { metric, threshold, abortOnFail, delayAbortEvalMs, noData } of thresholds) {
    byMetric[metric] ??= [];
    byMetric[metric].push(
      abortOnFail || noData === 'pass'
        ? { threshold, abortOnFail, delayAbortEval: delayAbortEvalMs, noData }
        : threshold,
    );
  }
  return byMetric;
}

function plainStages(stages: readonly ResolvedStage[]): readonly Plain[] {
  return stages.map(({ durationMs, target }) => ({ duration: durationMs, target }));
}

function plainScenario(scenario: ResolvedScenario): Plain {
  const { executor, exec, startTimeMs, gracefulStopMs, tags } = scenario;
  return {
    executor,
    ...plainLoad(scenario),
    exec,
    startTime: startTimeMs,
    gracefulStop: gracefulStopMs,
    tags,
  };
}

function plainLoad(scenario: ResolvedScenario): Plain {
  switch (scenario.executor) {
    case 'shared-iterations':
    case 'per-vu-iterations':
      return { vus: scenario.vus, iterations: scenario.iterations, maxDuration: scenario.maxDurationMs };
    case 'constant-vus':
      return { vus: scenario.vus, duration: scenario.durationMs };
    case 'ramping-vus':
      return {
        startVUs: scenario.startVUs,
        stages: plainStages(scenario.stages),
        gracefulRampDown: scenario.gracefulRampDownMs,
      };
    case 'constant-arrival-rate':
      return {
        rate: scenario.rate,
        timeUnit: scenario.timeUnitMs,
        duration: scenario.durationMs,
        ...plainOpenModel(scenario),
      };
    case 'ramping-arrival-rate':
      return {
        startRate: scenario.startRate,
        timeUnit: scenario.timeUnitMs,
        stages: plainStages(scenario.stages),
        ...plainOpenModel(scenario),
      };
    case 'burst':
      return {
        size: scenario.size,
        every: scenario.everyMs,
        count: scenario.count,
        ...plainOpenModel(scenario, false),
      };
    case 'capacity':
      return {
        thresholds: plainThresholds(scenario.thresholds),
        startRate: scenario.startRate,
        maxRate: scenario.maxRate,
        timeUnit: scenario.timeUnitMs,
        probe: scenario.probeMs,
        warmUp: scenario.warmUpMs,
        settle: scenario.settleMs,
        precision: scenario.precision,
        maxDuration: scenario.maxDurationMs,
        ...plainOpenModel(scenario),
      };
  }
}

/** Bursts have an instant instead of a spacing, so `arrivals` says nothing there. */
function plainOpenModel(scenario: Extract<ResolvedScenario, { whenBusy: string }>, spaced = true): Plain {
  const { arrivals, whenBusy, preAllocatedVUs, maxVUs } = scenario;
  return { ...(spaced ? { arrivals } : {}), whenBusy, preAllocatedVUs, maxVUs };
}
