/** What the live view shows, read from the shared counters and the merged measurements. */

import { targetRateAt } from '../../workers/plan/plan.ts';
import type { RunPlan, ScenarioPlan } from '../../workers/plan/types.ts';
import type { Aggregate, Tracked } from '../aggregate/types.ts';
import type { CapacityTeam } from '../capacity/team.ts';
import type { LiveScenario, LiveState } from '../summary/model.ts';
import type { Session } from './session.ts';

/** Of the rates: two reports, as the newest second may not be in from every worker yet. */
const WINDOW_MS = 2000;

function perSecond(counter: Tracked): number {
  return ((counter.window(WINDOW_MS).stat('count') ?? 0) * 1000) / WINDOW_MS;
}

/** Selectors of the live view; to be made before the first snapshot. */
export class LiveMeter {
  readonly #requests: Tracked;
  readonly #duration: Tracked;
  readonly #failed: Tracked;
  readonly #iterations: Tracked;
  readonly #errors: Tracked;

  constructor(aggregate: Aggregate) {
    const track = (metric: string, windowMs = 0) => aggregate.track({ metric, tags: [] }, { windowMs });
    this.#requests = track('http_reqs', WINDOW_MS);
    this.#duration = track('http_req_duration');
    this.#failed = track('http_req_failed');
    this.#iterations = track('iterations', WINDOW_MS);
    this.#errors = track('iteration_errors');
  }

  read(): Pick<
    LiveState,
    'requestsPerSecond' | 'requests' | 'iterationsPerSecond' | 'p95Ms' | 'failedRate' | 'iterationErrors'
  > {
    return {
      requestsPerSecond: perSecond(this.#requests),
      requests: this.#requests.stat('count') ?? 0,
      iterationsPerSecond: perSecond(this.#iterations),
      p95Ms: this.#duration.stat('p(95)') ?? null,
      failedRate: this.#failed.stat('rate') ?? null,
      iterationErrors: this.#errors.stat('count') ?? 0,
    };
  }
}

/** Iterations to do in all, where the executor counts them. */
function iterationsInAll({ load }: ScenarioPlan): number | undefined {
  if (load.kind !== 'iterations') return undefined;
  return load.mode === 'shared' ? load.iterations : load.iterations * load.vus;
}

function liveScenario(
  plan: ScenarioPlan,
  session: Session,
  workers: number,
  elapsedMs: number,
  capacity: CapacityTeam | undefined,
): LiveScenario {
  const control = session.control(plan.index);
  const get = (field: Parameters<NonNullable<typeof control>['get']>[0]): number => control?.get(field) ?? 0;
  const sinceStartMs = elapsedMs - plan.startTimeMs;
  const iterations = iterationsInAll(plan);
  const ended = get('complete') + get('failed') + get('interrupted');
  const byTime = plan.durationMs === 0 ? 1 : Math.max(0, sinceStartMs) / plan.durationMs;
  const targetRate = targetRateAt(plan, Math.min(Math.max(0, sinceStartMs), plan.durationMs));
  const state =
    get('finishedWorkers') >= workers
      ? 'done'
      : elapsedMs < plan.startTimeMs
        ? 'waiting'
        : session.state !== 'running' || sinceStartMs > plan.durationMs
          ? 'stopping'
          : 'running';
  return {
    name: plan.name,
    executor: plan.executor,
    state,
    progress: state === 'done' ? 1 : Math.min(1, iterations === undefined ? byTime : ended / iterations),
    activeVUs: get('active'),
    maxVUs: plan.maxVUs,
    elapsedMs: sinceStartMs,
    durationMs: plan.durationMs,
    complete: get('complete'),
    ...(iterations === undefined ? {} : { iterations }),
    dropped: get('dropped'),
    ...(targetRate === undefined ? {} : { targetRate }),
    ...(state === 'running' ? capacity?.live(plan.name) : {}),
  };
}

/**
 * When the last scenario that goes by time ends. One that goes by iterations is over when they are done; its
 * `maxDuration` (10 minutes unless told) says nothing of how long that takes. 0 where none goes by time.
 */
function knownDurationMs(plan: RunPlan): number {
  return Math.max(
    0,
    ...plan.scenarios
      .filter(({ load }) => load.kind !== 'iterations' && load.kind !== 'capacity')
      .map(({ startTimeMs, durationMs }) => startTimeMs + durationMs),
  );
}

export interface LiveFacts {
  readonly script: string;
  readonly phase: LiveState['phase'];
  readonly plan: RunPlan | undefined;
  readonly session: Session | undefined;
  readonly meter: LiveMeter | undefined;
  readonly capacity: CapacityTeam | undefined;
  readonly thresholdsFailing: readonly string[];
}

export function liveState(facts: LiveFacts): LiveState {
  const { script, phase, plan, session, meter, capacity, thresholdsFailing } = facts;
  const elapsedMs = session?.elapsedMs() ?? 0;
  const none = { requestsPerSecond: 0, requests: 0, iterationsPerSecond: 0, p95Ms: null, failedRate: null };
  const measured = meter?.read() ?? { ...none, iterationErrors: 0 };
  const scenarios =
    plan === undefined || session === undefined || phase === 'preparing' || phase === 'setup'
      ? []
      : plan.scenarios.map((scenario) => liveScenario(scenario, session, plan.workers, elapsedMs, capacity));
  return {
    script,
    phase,
    elapsedMs,
    durationMs: plan === undefined ? 0 : knownDurationMs(plan),
    scenarios,
    ...measured,
    // Before the first snapshots there is no last second yet.
    iterationsPerSecond:
      measured.iterationsPerSecond > 0 || elapsedMs === 0
        ? measured.iterationsPerSecond
        : scenarios.reduce((sum, scenario) => sum + scenario.complete, 0) / (elapsedMs / 1000),
    thresholdsFailing,
  };
}
