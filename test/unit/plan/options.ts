/** Resolved options and scenarios for tests: what matters is given, the rest is a plain default. */

import { DEFAULT_NETWORK } from '../../../dsl/network.ts';
import type { ResolvedOptions, ResolvedScenario } from '../../../dsl/options.ts';

export function optionsWith(
  scenarios: readonly ResolvedScenario[],
  some: Partial<Pick<ResolvedOptions, 'workers' | 'seed'>> = {},
): ResolvedOptions {
  return {
    scenarios,
    thresholds: [],
    breakdown: [],
    tags: {},
    setupTimeoutMs: 60_000,
    teardownTimeoutMs: 60_000,
    minIterationDurationMs: 0,
    summaryTrendStats: [],
    validity: { maxStartLagMs: 100 },
    workers: 1,
    seed: 1,
    batch: 20,
    batchPerHost: 6,
    connections: 'vu',
    maxRedirects: 10,
    discardResponseBodies: false,
    userAgent: 'test',
    throw: false,
    noConnectionReuse: false,
    noVUConnectionReuse: false,
    noCookiesReset: false,
    traceContext: false,
    insecureSkipTLSVerify: false,
    network: DEFAULT_NETWORK,
    httpDebug: false,
    ...some,
  };
}

const BASE = { name: 's', exec: 'default', startTimeMs: 0, gracefulStopMs: 30_000, env: {}, tags: {} };

/** The variant of one executor, without what all scenarios share. */
type Variant<E extends ResolvedScenario['executor']> = ResolvedScenario & { readonly executor: E };
type Base = keyof typeof BASE | 'executor';
type Optional<E extends ResolvedScenario['executor']> = Partial<Pick<ResolvedScenario, keyof typeof BASE>> &
  Omit<Variant<E>, Base>;

export function scenario<E extends ResolvedScenario['executor']>(
  executor: E,
  rest: Optional<E>,
): ResolvedScenario {
  return { ...BASE, executor, ...rest } as unknown as ResolvedScenario;
}

const OPEN = {
  arrivals: 'uniform',
  whenBusy: 'drop',
  preAllocatedVUs: 10,
  maxVUs: 10,
  timeUnitMs: 1000,
} as const;

type OpenRest = Partial<
  Pick<ResolvedScenario, keyof typeof BASE> & {
    readonly arrivals: 'uniform' | 'poisson';
    readonly whenBusy: 'drop' | 'queue';
    readonly preAllocatedVUs: number;
    readonly maxVUs: number;
    readonly timeUnitMs: number;
  }
>;

export function constantRate(rate: number, durationMs: number, rest: OpenRest = {}): ResolvedScenario {
  return scenario('constant-arrival-rate', { ...OPEN, rate, durationMs, ...rest });
}

/** Stages as [target per second, ms]. */
export function rampingRate(
  startRate: number,
  stages: readonly (readonly [target: number, ms: number])[],
  rest: OpenRest = {},
): ResolvedScenario {
  return scenario('ramping-arrival-rate', {
    ...OPEN,
    startRate,
    stages: stages.map(([target, durationMs]) => ({ target, durationMs })),
    ...rest,
  });
}

/** Stages as [target VUs, ms]. */
export function rampingVus(
  startVUs: number,
  stages: readonly (readonly [target: number, ms: number])[],
  rest: Partial<Optional<'ramping-vus'>> = {},
): ResolvedScenario {
  return scenario('ramping-vus', {
    startVUs,
    stages: stages.map(([target, durationMs]) => ({ target, durationMs })),
    gracefulRampDownMs: 30_000,
    ...rest,
  });
}
